# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancelling a call from another thread, in any phase."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from ...core.errors import ErrorKind, NanoBananaError


class CancelToken:
    """Shared by the thread that makes a call and the one that may cancel it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """End the call: its sockets are shut down at once; it raises CANCELLED. May be called twice."""
        self._event.set()
        with self._lock:
            closers = tuple(self._closers)
        for close in closers:
            with suppress(OSError):
                close()

    def check(self) -> None:
        """Raise `NanoBananaError` (CANCELLED) if `cancel` was called."""
        if self._event.is_set():
            raise NanoBananaError(ErrorKind.CANCELLED)

    def wait(self, seconds: float) -> bool:
        """Sleep; returns True at once when it is cancelled."""
        return self._event.wait(seconds)

    @contextmanager
    def close_on_cancel(self, close: Callable[[], None]) -> Generator[None, None, None]:
        """While the block runs, `cancel` calls `close` as well."""
        self.register(close)
        try:
            yield
        finally:
            self.unregister(close)

    def register(self, close: Callable[[], None]) -> None:
        """Let `cancel` call `close`; at once if it was cancelled already."""
        with self._lock:
            self._closers.append(close)
        if self._event.is_set():
            with suppress(OSError):
                close()

    def unregister(self, close: Callable[[], None]) -> None:
        """Undo `register`; unknown ones are ignored."""
        with self._lock, suppress(ValueError):
            self._closers.remove(close)
