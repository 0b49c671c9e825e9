# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a process at a chosen moment of its work, or lets its disk fail from then on.

`python -m tests.support.crash_points` reads one JSON object a line and answers each with one line: the moments reached
before the end. Each runs in a fork of its own, so that imports cost nothing. A moment is every opening of a
file for writing, write without a buffer, rename, removal, synchronisation, COMMIT (before and after), piece sent or
received, and the end of an answer.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Moments at which the system may refuse.
_REFUSABLE = {"open", "write", "rename", "sync", "remove"}


class Tracer:
    """Counts the moments of this process, and ends it at number `point`, or lets its disk fail from there on."""

    def __init__(self, home: str, point: int, error: int, told: int) -> None:
        self.home, self.point, self.error, self.told = home, point, error, told
        self.count = 0

    def reach(self, name: str) -> None:
        """A moment: told before anything happens."""
        self.count += 1
        reached = self.point and self.count >= self.point
        if reached and not self.error:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(self.told, f"{name}\n".encode())
        if reached and name in _REFUSABLE:
            raise OSError(self.error, os.strerror(self.error))
        if reached and name == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")

    def install(self) -> None:
        """From here on every moment is seen."""
        for name, function in (("rename", "replace"), ("rename", "rename"), ("sync", "fsync"), ("remove", "unlink")):
            self._wrap(os, function, name)
        sys.addaudithook(self._see)
        io.open = self._open  # type: ignore[assignment]
        tracer = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if sql != "COMMIT":
                    return super().execute(sql, *values)
                tracer.reach("COMMIT")
                done = super().execute(sql)
                tracer.reach("committed")
                return done

        connect = sqlite3.connect
        sqlite3.connect = lambda *a, **k: connect(*a, factory=Connection, **k)  # type: ignore[assignment]
        self._trace_wire()

    def _wrap(self, place: Any, function: str, name: str) -> None:
        original = getattr(place, function)

        def wrapped(*values: Any, **named: Any) -> Any:
            self.reach(name)
            return original(*values, **named)

        setattr(place, function, wrapped)

    def _see(self, event: str, values: tuple[Any, ...]) -> None:
        if event != "open" or not str(values[0]).startswith(self.home) or "/alive/" in str(values[0]):
            return
        if isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR):
            self.reach("open")

    def _open(self, path: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        """Files without a buffer, in which answers arrive."""
        if buffering or "w" not in mode:
            return builtins.open(path, mode, buffering, *rest, **named)  # noqa: PTH123
        tracer = self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                tracer.reach("write")
                return super().write(data)

        return File(path, mode)

    def _trace_wire(self) -> None:
        from nano_banana_addon.wire.http.raw_copy import RawCopy
        from nano_banana_addon.wire.http.sockets import CancellableStream

        self._wrap(CancellableStream, "read", "receive")
        self._wrap(CancellableStream, "write", "send")
        record = RawCopy.record

        def recorded(copy: RawCopy, chunks: Any) -> Iterator[bytes]:
            yield from record(copy, chunks)
            if copy._path is not None:
                self.reach("received")

        RawCopy.record = recorded  # type: ignore[method-assign]


def generate(home: Path, id: str, url: str, provider: str) -> None:
    """One generation, as a worker process carries it out: ordered, or asked for by its ticket."""
    from nano_banana_addon.storage.database import transitions
    from nano_banana_addon.storage.database.uploads import StoredUploads
    from nano_banana_addon.storage.store import Store
    from nano_banana_addon.wire.services import sdapi, tasks
    from nano_banana_addon.worker import full_disk, job
    from nano_banana_addon.worker.protocol import Submit
    from nano_banana_addon.worker.services import Services

    tasks._FIRST_WAIT = sdapi._WAIT = 0.01
    full_disk.INSIST_EVERY, full_disk.INSIST_FOR = 0.0, 0.02
    store = Store(home, role="courier")
    me = store.identity().id
    if not store.claim(id, me):
        transitions.claim_open(store.database, id, me)
    services = Services(store.places, StoredUploads(store.database))
    job.Job(store, services, Submit(id, provider, url, "test-key")).run()
    store.close()


def batch(home: Path, ids: str, url: str, _provider: str) -> None:
    """Requests as a worker process carries them out in a batch: submitted, or followed, to the end."""
    from nano_banana_addon.storage.database import batch_jobs
    from nano_banana_addon.storage.database.uploads import StoredUploads
    from nano_banana_addon.storage.store import Store
    from nano_banana_addon.wire.http.cancel import CancelToken
    from nano_banana_addon.worker import batch_follower
    from nano_banana_addon.worker.batch_submitter import BatchSubmitter, Submission
    from nano_banana_addon.worker.protocol import Submit
    from nano_banana_addon.worker.services import Services

    batch_follower.SETTLE_FOR = 0.0
    store, token = Store(home, role="courier"), CancelToken()
    services = Services(store.places, StoredUploads(store.database))
    commands = [Submit(id, "google", url, "test-key") for id in ids.split()]
    submitter = BatchSubmitter(store, services, token)
    follower = batch_follower.BatchFollower(store, services, token)
    for _turn in range(6):
        for job in batch_jobs.list_jobs(store.database):
            follower.look(job.id, commands[0])
        submitter.submit(
            [command for command in commands if store.claim(command.id, store.identity().id)], Submission()
        )
    store.close()


def chain(home: Path, ids: str, url: str, provider: str) -> None:
    """Requests that need each other's results, as a worker process carries them out, one after another."""
    from nano_banana_addon.core.constants import State
    from nano_banana_addon.storage.database.uploads import StoredUploads
    from nano_banana_addon.storage.store import Store
    from nano_banana_addon.worker import full_disk, job
    from nano_banana_addon.worker.protocol import Submit
    from nano_banana_addon.worker.services import Services

    full_disk.INSIST_EVERY, full_disk.INSIST_FOR = 0.0, 0.02
    store = Store(home, role="courier")
    services = Services(store.places, StoredUploads(store.database))
    waiting = [id for id in ids.split() if store.claim(id, store.identity().id)]
    for id in waiting:  # each needs only what stands before it
        if store.unblock(id) is State.QUEUED:
            job.Job(store, services, Submit(id, provider, url, "test-key")).run()
    store.close()


def recover(home: Path, *_rest: str) -> None:
    """The next start."""
    from nano_banana_addon.storage import recovery
    from nano_banana_addon.storage.store import Store

    store = Store(home)
    recovery.recover(store)
    store.close()


def prune(home: Path, *_rest: str) -> None:
    """A clean-up of everything that may go."""
    from nano_banana_addon.storage import prune as cleaning
    from nano_banana_addon.storage.store import Store

    cleaning._YOUNG = -1.0
    store = Store(home)
    cleaning.prune(store, older_than_days=0.0)
    store.close()


def open_store(home: Path, *_rest: str) -> None:
    """A history is opened, and brought to the present schema."""
    from nano_banana_addon.storage.store import Store

    Store(home).close()


_ACTS = {"generate": generate, "batch": batch, "chain": chain, "recover": recover, "prune": prune, "open": open_store}


def _run(told: int, act: str, home: str, id: str, url: str, provider: str, point: int, error: int) -> None:
    Tracer(home, point, error, told).install()
    try:
        _ACTS[act](Path(home), id, url, provider)
    except Exception as problem:  # noqa: BLE001 - told
        os.write(told, f"raised {type(problem).__name__}: {problem}\n".encode())


def main() -> None:
    """Carry out what is told, each in a fork."""
    import httpx  # noqa: F401

    for line in sys.stdin:
        ours, theirs = os.pipe()
        child = os.fork()
        if not child:
            os.close(ours)
            _run(theirs, **json.loads(line))
            os._exit(0)
        os.close(theirs)
        with os.fdopen(ours) as file:
            moments = file.read().splitlines()
        os.waitpid(child, 0)
        sys.stdout.write(json.dumps(moments) + "\n")
        sys.stdout.flush()


class Runner:
    """The process that forks, seen from a test."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.crash_points"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def run(
        self,
        act: str,
        home: Path,
        id: str = "",
        url: str = "",
        provider: str = "google",
        *,
        point: int = 0,
        error: int = 0,
    ) -> list[str]:
        """Carry out an act; `point` 0: to its end. Returns the moments that were reached."""
        told = {
            "act": act,
            "home": str(home),
            "id": id,
            "url": url,
            "provider": provider,
            "point": point,
            "error": error,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate()


if __name__ == "__main__":
    main()
