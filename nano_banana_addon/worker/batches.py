# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that go in batches: gathered, submitted, followed until the service is done. One thread, long intervals.

What a batch holds and how far it is stands in the store alone, so that any worker process can go on with it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from ..core.constants import BATCH
from ..core.errors import NanoBananaError
from ..storage.database import batch_jobs
from ..storage.store import Store
from ..wire.http.cancel import CancelToken
from .batch_follower import BatchFollower
from .batch_submitter import BatchSubmitter, Submission
from .protocol import Submit
from .services import Services

_log = logging.getLogger(__name__)

#: Seconds in which nothing was added, after which what was gathered is submitted.
_GATHER_FOR = 1.0
#: Seconds between two looks at a batch: more with each.
_FIRST_WAIT, _LONGEST_WAIT, _WAIT_FACTOR = 1.0, 60.0, 1.5
#: Seconds until the service is asked again to take what it refused for now: more with each time.
_FIRST_RETRY, _LONGEST_RETRY = 5.0, 600.0


@dataclass(slots=True)
class _Followed:
    """A batch that is followed: when it is looked at, and how long after that again. `command` has the key."""

    command: Submit
    due: float = 0.0
    wait: float = _FIRST_WAIT


class BatchRunner:
    """The batches of one worker process. All public methods belong to its main thread and return at once."""

    def __init__(self, store: Store, services: Services) -> None:
        self.given_back: queue.SimpleQueue[Submit] = queue.SimpleQueue()  # commands to be carried out anew
        self._store = store
        self._token = CancelToken()
        self._submitter = BatchSubmitter(store, services, self._token)
        self._follower = BatchFollower(store, services, self._token)
        self._pending: dict[str, Submit] = {}
        self._not_before = 0.0
        self._retry = _FIRST_RETRY
        self._followed: dict[str, _Followed] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._draining = False

    def take(self, command: Submit) -> bool:
        """Take a queued request that is to go in a batch; False for any other."""
        generation = self._store.get(command.id)
        if generation is None or generation.request.service_tier != BATCH:
            return False
        with self._lock:
            self._pending[command.id] = command
            self._not_before = max(self._not_before, time.monotonic() + _GATHER_FOR)
        self._start()
        return True

    def follow(self, command: Submit) -> bool:
        """Follow the open batch that holds a generation; False where there is none."""
        generation = self._store.get(command.id)
        if generation is None or not generation.job or not batch_jobs.find(self._store.database, generation.job):
            return False
        with self._lock:
            self._followed.setdefault(generation.job, _Followed(command)).due = 0.0
        self._start()
        self._wake.set()
        return True

    def wake(self) -> None:
        """Look at all batches now: something was decided about them."""
        with self._lock:
            for followed in self._followed.values():
                followed.due = 0.0
        self._wake.set()

    def drain(self) -> None:
        """Submit nothing new and follow nothing; what is being ordered at this moment is waited for."""
        self._draining = True
        self._token.cancel()
        self._wake.set()
        with self._lock:
            given_back, self._pending = list(self._pending), {}
        for id in given_back:
            with suppress(NanoBananaError):
                self._store.release(id)

    @property
    def is_busy(self) -> bool:
        """Whether anything is to be submitted or followed; when it was drained, whether anything is being done."""
        if self._draining:
            return self._thread is not None and self._thread.is_alive()
        with self._lock:
            return bool(self._pending or self._followed) or not self.given_back.empty()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="batches", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._draining:
            try:
                self._submit_due()
                self._look_at_due()
            except NanoBananaError as error:
                _log.warning("batches: %s %s", error.message, error.detail)
            except Exception:  # noqa: BLE001 - the top of the thread
                _log.exception("batches: unexpected")
            self._wake.wait(0.5)
            self._wake.clear()

    def _submit_due(self) -> None:
        with self._lock:
            if not self._pending or time.monotonic() < self._not_before:
                return
            commands = list(self._pending.values())
        submission = Submission()
        try:
            self._submitter.submit(commands, submission)
        except BaseException:
            submission.postponed.update(command.id for command in commands)
            raise
        finally:
            self._take_submission(commands, submission)

    def _take_submission(self, commands: list[Submit], submission: Submission) -> None:
        with self._lock:
            for command in commands:
                if command.id not in submission.postponed:
                    self._pending.pop(command.id, None)
            for job, command in submission.jobs.items():
                self._followed.setdefault(job, _Followed(command))
            if not submission.postponed:
                self._retry = _FIRST_RETRY
                return
            self._not_before = time.monotonic() + max(self._retry, submission.wait)
            self._retry = min(self._retry * 2, _LONGEST_RETRY)

    def _look_at_due(self) -> None:
        with self._lock:
            due = [(id, f) for id, f in self._followed.items() if f.due <= time.monotonic()]
        for id, followed in due:
            if self._draining:
                return
            followed.due = time.monotonic() + followed.wait
            followed.wait = min(followed.wait * _WAIT_FACTOR, _LONGEST_WAIT)
            look = self._follower.look(id, followed.command)
            for command in look.given_back:
                self.given_back.put(command)
            if look.has_ended:  # only now, so that the process does not end in between
                with self._lock:
                    self._followed.pop(id, None)
