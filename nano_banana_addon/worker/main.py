# SPDX-License-Identifier: GPL-3.0-or-later
"""The main loop of the worker process: takes commands, runs jobs in threads, ends when it is no longer needed."""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..core.constants import State
from ..core.errors import NanoBananaError
from ..storage import backup, prune
from ..storage.database import search, transitions
from ..storage.database.uploads import StoredUploads
from ..storage.files import tickets
from ..storage.process_locks import HEARTBEAT
from ..storage.store import Store
from . import log
from .batches import BatchRunner
from .job import Job
from .protocol import Cancel, Command, Limit, Quit, Submit, listen
from .services import Services
from .supervisor import cancel_unsent

_log = logging.getLogger(__name__)
_ALL = 1_000_000
#: The niceness of the worker process: enough that a frame is drawn first, not so much that it starves.
NICE = 5
#: Seconds until a command that failed on a full disk is tried again.
_POSTPONED_FOR = 2.0
#: Seconds between two checks for changes by other processes.
_LOOK_EVERY = 0.5


class WorkerProcess:
    """The jobs of one Blender. All methods run in the main thread."""

    def __init__(self, store: Store, *, limit: int, idle: float, secrets: log.SecretsCutOut) -> None:
        self._store = store
        self._me = store.identity()
        self._services = Services(store.places, StoredUploads(store.database))
        self._limit = limit
        self._idle = idle
        self._secrets = secrets
        self._blocked: dict[str, Submit] = {}  # until what they need has ended
        self._queued: deque[Submit] = deque()
        self._running: dict[str, Job] = {}
        self._postponed: list[tuple[float, Command]] = []
        self._ended: queue.Queue[str] = queue.Queue()
        self._batches = BatchRunner(store, self._services)
        self._draining = False
        self._needed = self._seen = time.monotonic()
        self._looked = 0.0  # when `_blocked` was looked through; 0: something has ended since
        self._commits = (0, 0)

    def run(self, commands: queue.Queue[Command]) -> None:
        """Run until Blender has ended and all is done, or nothing was requested for a while."""
        while not self._is_done():
            with suppress(queue.Empty):
                self._take(commands.get(timeout=0.05 if self._running else 0.5))
                # All commands are read before anything is started: the last may be that Blender has ended.
                while True:
                    self._take(commands.get_nowait())
            self._take_postponed()
            self._collect()
            while not self._batches.given_back.empty():
                self._take(self._batches.given_back.get())
            self._unblock_all()
            self._start_jobs()
            self._give_sign_of_life()
        self._services.stop()
        self._tidy_up()

    def drain(self) -> None:
        """Start nothing new."""
        self._draining = True
        self._batches.drain()
        for job in self._running.values():
            job.drain()
        self._postponed.clear()
        given_back = [*(command.id for command in self._queued), *self._blocked]
        self._queued.clear()
        self._blocked.clear()
        for id in given_back:
            # One that cannot be returned is recovered after this process has ended.
            with suppress(NanoBananaError):
                self._store.release(id)

    def _take(self, command: Command) -> None:
        """Handle a command; when the disk is full, again later. Running jobs must continue."""
        try:
            self._handle(command)
        except NanoBananaError as error:
            _log.warning("%s %s", error.message, error.detail)
            self._postponed.append((time.monotonic() + _POSTPONED_FOR, command))

    def _take_postponed(self) -> None:
        now = time.monotonic()
        due = [command for moment, command in self._postponed if moment <= now]
        self._postponed = [entry for entry in self._postponed if entry[0] > now]
        for command in due:
            self._take(command)

    def _tidy_up(self) -> None:
        try:
            prune.clear_incoming(self._store)
            search.catch_up(self._store.database, _ALL)
            backup.copy_when_due(self._store)
        except NanoBananaError as error:
            _log.warning("%s %s", error.message, error.detail)

    def _handle(self, command: Command) -> None:
        self._needed = time.monotonic()
        if isinstance(command, Submit):
            self._secrets.hide(command.key)
            if self._has(command) or (not self._draining and self._batches.follow(command)):
                return
            if self._draining or not (self._store.claim(command.id, self._me.id) or self._claim_open(command.id)):
                _log.info("%s: not taken", command.id)
                return
            self._blocked[command.id] = command
            self._looked = 0.0
        elif isinstance(command, Cancel):
            self._cancel(command.id)
        elif isinstance(command, Limit):
            self._limit = command.count
        else:
            self.drain()

    def _claim_open(self, id: str) -> bool:
        """Take one of unknown outcome, to ask for its result by its ticket."""
        if not tickets.read(self._store.places, id):
            return False
        return transitions.claim_open(self._store.database, id, self._me.id)

    def _cancel(self, id: str) -> None:
        if id in self._running:
            self._running[id].cancel()
            return
        for command in tuple(self._queued):
            if command.id == id:
                self._queued.remove(command)
        self._blocked.pop(id, None)
        self._looked = 0.0
        cancel_unsent(self._store, id)
        self._batches.wake()

    def _has(self, command: Submit) -> bool:
        """Whether a generation is carried out here already: one that is submitted twice is sent once.

        The command for one that still runs is postponed: it may have just ended, and be requested a second time.
        """
        self._collect()
        if command.id in self._running:
            self._postponed.append((time.monotonic() + _POSTPONED_FOR, command))
        return command.id in self._running or any(queued.id == command.id for queued in self._queued)

    def _unblock_all(self) -> None:
        """Queue requests whose needs have ended, and forget those that have ended.

        Checks when something ended here, and periodically for changes by others.
        """
        if not self._blocked or (self._looked and time.monotonic() - self._looked < _LOOK_EVERY):
            return
        try:
            commits = self._store.database.commits()
            if not self._looked or commits != self._commits:
                for id in tuple(self._blocked):
                    self._unblock(id)
            self._commits = commits
        except NanoBananaError as error:
            _log.warning("%s %s", error.message, error.detail)
        self._looked = time.monotonic()

    def _unblock(self, id: str) -> None:
        try:
            state = self._store.unblock(id)
        except NanoBananaError as error:  # one that is damaged stops no other
            _log.warning("%s: %s %s", id, error.message, error.detail)
            return
        if state is State.BLOCKED:
            return
        command = self._blocked.pop(id)
        if state is State.QUEUED and self._batches.take(command):
            return
        if state in (State.QUEUED, State.GENERATING):  # or its result is asked for by its ticket
            self._queued.append(command)

    def _start_jobs(self) -> None:
        while self._queued and self._has_room():
            command = self._queued.popleft()
            job = Job(self._store, self._services, command)
            self._running[command.id] = job
            thread = threading.Thread(target=self._carry_out, args=(job,), name=command.id, daemon=True)
            thread.start()

    def _has_room(self) -> bool:
        """Whether one more may be sent. While an answer is recorded, which takes the disk's time, the next is sent."""
        sent = sum(not job.is_answered for job in self._running.values())
        return sent < self._limit and len(self._running) < 2 * self._limit

    def _carry_out(self, job: Job) -> None:
        try:
            job.run()
        finally:
            self._ended.put(job.id)

    def _collect(self) -> None:
        while not self._ended.empty():
            self._running.pop(self._ended.get(), None)
            self._needed = time.monotonic()
            self._looked = 0.0

    def _is_done(self) -> bool:
        if self._running or self._queued or self._blocked or self._postponed or self._batches.is_busy:
            return False
        return self._draining or time.monotonic() - self._needed > self._idle

    def _give_sign_of_life(self) -> None:
        if time.monotonic() - self._seen > HEARTBEAT:
            self._seen = time.monotonic()
            try:
                self._me.sign_of_life()
            except NanoBananaError as error:
                _log.warning("no sign of life: %s", error.detail)


def _step_back() -> None:
    """Lower this process's priority below Blender's main thread. On Windows the supervisor sets it at the start."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(NICE)


def main(hello: dict[str, Any], handle: int) -> int:
    """Run a worker process that takes commands through the file descriptor `handle`; returns its exit status.

    `hello` has `home`, `limit` (jobs at once) and `idle` (seconds without work after which it ends).
    """
    _step_back()
    home = Path(hello["home"])
    secrets = log.start(home / "log")
    _log.info("worker process begins")
    try:
        store = Store(home, role="courier")
        process = WorkerProcess(store, limit=hello["limit"], idle=hello["idle"], secrets=secrets)
        commands = listen(handle)
        # The system shuts down: what is in progress may still end before the kill signal.
        signal.signal(signal.SIGTERM, lambda _number, _frame: commands.put(Quit()))
        process.run(commands)
        store.close()
    except Exception:  # noqa: BLE001 - the top of the process
        _log.exception("worker process failed")
        return 1
    _log.info("worker process ends")
    return 0
