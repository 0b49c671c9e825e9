# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's side of the worker process.

The caller's thread only puts commands into a queue; everything that could block (starting a process, a full pipe, the
process's end) happens in `supervisor`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..core.constants import END_STATES
from ..core.result import Generation
from ..storage.store import Store
from ..wire.providers import Endpoint
from .protocol import Cancel, Command, Limit, Quit, Submit
from .supervisor import Supervisor

#: Seconds without work after which a worker process ends; starting it again takes half a second.
IDLE = 120.0
#: The default number of concurrent requests.
LIMIT = 4
_POLL = 0.05


class WorkerClient:
    """One Blender's worker process. All methods but `wait` return at once and are thread-safe."""

    def __init__(
        self,
        home: Path,
        *,
        package_root: Path,
        paths: Sequence[str],
        python: str = sys.executable,
        limit: int = LIMIT,
        idle: float = IDLE,
    ) -> None:
        """Prepare the client; nothing is started yet.

        `package_root` holds `nano_banana_addon`; `paths` is this Python's sys.path, `limit` the number of concurrent
        requests, `idle` the seconds without work after which the worker process ends.
        """
        self._home = Path(home).absolute()
        roots = list(dict.fromkeys(path for path in (str(package_root), *paths) if path))
        hello = {"home": str(self._home), "limit": limit, "idle": idle, "paths": roots}
        self._worker = Supervisor(self._home, python, hello)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, id: str, *, key: str, endpoint: Endpoint) -> None:
        """Carry out a recorded generation. It stays QUEUED until the worker process sends it."""
        self._put(Submit(id, endpoint.provider.id, endpoint.base_url, key))

    def cancel(self, id: str) -> None:
        """End a generation in any phase. One that is DONE stays DONE."""
        self._put(Cancel(id))

    def set_limit(self, count: int) -> None:
        """Set the number of concurrent requests, now and for later worker processes. Starts none."""
        self._put(Limit(count))

    @property
    def alive(self) -> bool:
        """Whether a worker process is running."""
        return self._worker.alive

    @property
    def process_id(self) -> int | None:
        """The process number of the worker process, for the log and for tests."""
        return self._worker.process_id

    def close(self, *, wait: float = 0.0) -> None:
        """Let the worker process finish what is in progress and end.

        Waits at most `wait` seconds for that; with 0 it returns at once. A later `submit` starts another.
        """
        if self._thread is None:
            return
        self._put(Quit())
        if wait > 0:
            self._worker.at_rest.wait(wait)

    def wait(
        self,
        ids: Iterable[str],
        on_change: Callable[[Generation], None] = lambda _generation: None,
        timeout: float | None = None,
    ) -> list[Generation]:
        """Block until all have ended, or `timeout` seconds have passed, and return them; for scripts.

        `on_change` is called for every change, in the caller's thread. Raises DISK.
        """
        wanted = list(ids)
        deadline = None if timeout is None else time.monotonic() + timeout
        store = Store(self._home)
        try:
            revision = 0
            found: dict[str, Generation] = {}
            while True:
                revision, changed = store.changes_since(revision)
                changed_ids = set(changed)
                news = [id for id in wanted if id in changed_ids]
                found = {id: generation for id, generation in found.items() if id not in news}  # without deleted ones
                for generation in store.many(news):
                    found[generation.id] = generation
                    on_change(generation)
                late = deadline is not None and time.monotonic() > deadline
                if late or all(generation.state in END_STATES for generation in found.values()):
                    return [found[id] for id in wanted if id in found]
                time.sleep(_POLL)
        finally:
            store.close()

    def _put(self, command: Command) -> None:
        with self._lock:
            self._worker.at_rest.clear()
            self._worker.inbox.put(command)
            if self._thread is None:
                # A daemon: Blender's exit must not wait for it, and the worker process does not need it.
                self._thread = threading.Thread(target=self._worker.run, name="nano-banana-link", daemon=True)
                self._thread.start()
