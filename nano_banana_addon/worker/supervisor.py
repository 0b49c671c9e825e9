# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread behind `WorkerClient`: starts worker processes, sends them commands, and cleans up after a crash."""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..core.constants import State
from ..core.errors import ERROR_TEXTS, ErrorKind, NanoBananaError
from ..core.files import open_private
from ..core.result import Failure
from ..storage import recovery
from ..storage.database import batch_jobs, states
from ..storage.files import tickets
from ..storage.store import Store
from . import child_process
from .protocol import Cancel, Command, Limit, Quit, Submit, encode

_log = logging.getLogger(__name__)

#: Worker processes in a row that may end early before their jobs are ended with an error.
_MAX_EARLY_DEATHS = 3
_EARLY = 10.0  # seconds
#: Seconds until what a worker process left is settled again, where the disk refused it.
_SETTLE_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class _Ended:
    """A worker process has ended."""

    process: subprocess.Popen[bytes]
    lived: float


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """What a worker process left could not be settled; `jobs` may have to be sent on then."""

    jobs: dict[str, Submit]


#: States in which a result may be asked for by its ticket.
_ASKED_FOR = states.PERHAPS_SENT | {State.UNKNOWN}


class Supervisor:
    """Everything but `inbox`, `alive` and `at_rest` belongs to its own thread."""

    def __init__(self, home: Path, python: str, hello: Mapping[str, Any]) -> None:
        self.inbox: queue.Queue[Command | _Ended | _Unsettled] = queue.Queue()
        self.at_rest = threading.Event()  # no worker process of ours lives and nothing waits to be done
        self._home = home
        self._python = python
        self._hello = dict(hello)
        self._jobs: dict[str, Submit] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._living = 0
        self._early_deaths = 0

    @property
    def alive(self) -> bool:
        """Whether the worker process that takes our commands is running."""
        process = self._process
        return process is not None and process.returncode is None

    @property
    def process_id(self) -> int | None:
        """Its process number."""
        process = self._process
        return process.pid if process else None

    def run(self) -> None:
        """Handle commands until the program ends."""
        while True:
            item = self.inbox.get()
            try:
                self._handle(item)
            except NanoBananaError as error:
                _log.warning("worker process: %s %s", error.message, error.detail)
            except Exception:  # noqa: BLE001 - a thread's top: the next command deserves its chance
                _log.exception("worker process: unexpected")
            if self._living == 0 and self.inbox.empty():
                self.at_rest.set()

    def _handle(self, item: Command | _Ended | _Unsettled) -> None:
        if isinstance(item, Submit):
            self._jobs[item.id] = item
            self._tell(item)
        elif isinstance(item, Cancel):
            self._cancel(item)
        elif isinstance(item, Limit):
            self._hello["limit"] = item.count
            self._write(encode(item))
        elif isinstance(item, Quit):
            self._dismiss()
        elif isinstance(item, _Unsettled):
            for submit in self._settle(item.jobs):
                self._jobs[submit.id] = submit
                self._tell(submit)
        else:
            self._restart_after_end(item)

    def _tell(self, command: Command) -> None:
        """Write a command; a worker process that is just ending misses it, which `_after_end` handles."""
        if self._process is None:
            try:
                self._process = self._start()
            except OSError as error:
                self._give_up(error.strerror or str(error))
                return
            self._write(json.dumps(self._hello).encode() + b"\n")
        self._write(encode(command))

    def _write(self, line: bytes) -> None:
        process = self._process
        if process and process.stdin:
            with suppress(OSError):
                process.stdin.write(line)
                process.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes]:
        command = child_process.command(self._python, "main")
        begun = time.monotonic()
        with _errors_file(self._home) as errors:
            process = subprocess.Popen[bytes](
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=self._home,
                env=child_process.environment(),
                **child_process.apart(),
            )
        self._living += 1

        def wait() -> None:
            process.wait()
            self.inbox.put(_Ended(process, time.monotonic() - begun))

        threading.Thread(target=wait, name="nano-banana-reaper", daemon=True).start()
        return process

    def _cancel(self, command: Cancel) -> None:
        if self.alive:
            self._tell(command)
            return
        self._jobs.pop(command.id, None)
        store = Store(self._home)
        try:
            cancel_unsent(store, command.id)
        finally:
            store.close()

    def _dismiss(self) -> None:
        """Close the worker process's input; what it does not send stays queued."""
        self._write(encode(Quit()))
        self._jobs.clear()
        process, self._process = self._process, None
        if process and process.stdin:
            with suppress(OSError):
                process.stdin.close()

    def _restart_after_end(self, ended: _Ended) -> None:
        self._living -= 1
        with suppress(OSError):
            if ended.process.stdin:
                ended.process.stdin.close()
        if ended.process is self._process:
            self._process = None
        code = ended.process.returncode
        early = code != 0 and ended.lived < _EARLY
        self._early_deaths = self._early_deaths + 1 if early else 0
        if code != 0:
            _log.warning("worker process %d ended with status %d", ended.process.pid, code)
        left = self._settle(self._jobs)
        self._jobs = {submit.id: submit for submit in left}
        if self._early_deaths >= _MAX_EARLY_DEATHS:
            self._give_up(f"it ended with status {code}")
            return
        for submit in left:
            self._tell(submit)

    def _settle(self, jobs: dict[str, Submit]) -> list[Submit]:
        """Settle what dead worker processes left, again in a while where the disk refuses it.

        Returns those of `jobs` that no worker process sent, so that another may, and those with a ticket.
        """
        store = Store(self._home)
        try:
            is_settled = recovery.settle_orphans(store)
            found = store.many(jobs)
            left = [
                jobs[g.id]
                for g in found
                if g.state in states.NOT_SENT
                or g.in_batch
                or (g.state in _ASKED_FOR and tickets.read(store.places, g.id))
            ]
        finally:
            store.close()
        if not is_settled:
            open_jobs = {g.id: jobs[g.id] for g in found if g.state in states.PERHAPS_SENT}
            timer = threading.Timer(_SETTLE_EVERY, self.inbox.put, (_Unsettled(open_jobs),))
            timer.daemon = True
            timer.start()
        return left

    def _give_up(self, reason: str) -> None:
        """No worker process can be started: end every job with an error instead of letting it wait for ever."""
        failure = Failure(
            ErrorKind.INTERNAL,
            "The worker process of the add-on could not be started; nothing was sent.",
            ERROR_TEXTS[ErrorKind.INTERNAL].next_step,
            f"{reason} {_last_words(self._home)}".strip()[:500],
        )
        jobs, self._jobs, self._early_deaths = self._jobs, {}, 0
        store = Store(self._home)
        try:
            for id in jobs:
                if store.claim(id, store.identity().id):
                    store.fail(id, failure, State.FAILED)
            recovery.recover(store)  # what was left to a next one
        finally:
            store.close()


def cancel_unsent(store: Store, id: str) -> bool:
    """Cancel one that is in a batch, or an unsent one that no living worker process has; False for any other."""
    if not store.claim(id, store.identity().id):
        return batch_jobs.cancel_member(store.database, store.home, id)
    words = ERROR_TEXTS[ErrorKind.CANCELLED]
    failure = Failure(ErrorKind.CANCELLED, words.message, words.next_step)
    store.fail(id, failure, State.CANCELLED)
    return True


def _errors_file(home: Path) -> IO[bytes]:
    """The file for Python's errors before the worker process's own log begins."""
    try:
        return open(home / "log" / "courier-start.txt", "wb", opener=open_private)
    except OSError:
        return Path(os.devnull).open("wb")


def _last_words(home: Path) -> str:
    try:
        text = (home / "log" / "courier-start.txt").read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return text.rsplit("\n", 1)[-1]
