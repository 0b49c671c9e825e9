# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work on files (export, import, clean-up) beside Blender's main thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

import bpy

from ..core.errors import ErrorKind, NanoBananaError
from . import events, panel_state

log = logging.getLogger(__name__)
_INTERVAL = 0.2
_ended: queue.SimpleQueue[str | NanoBananaError] = queue.SimpleQueue()


def start(work: Callable[[], str], title: str) -> None:
    """Do `work`, which touches no Blender data, in a thread; its words are shown when it has ended."""
    panel_state.notice("CHORE", title, "Go on working: this is done in the background.")
    threading.Thread(target=_do, args=(work,), name="nano-banana-chore", daemon=True).start()
    if not bpy.app.timers.is_registered(_take):
        bpy.app.timers.register(_take, first_interval=_INTERVAL, persistent=True)


def stop() -> None:
    """Forget words that are still to come."""
    if bpy.app.timers.is_registered(_take):
        bpy.app.timers.unregister(_take)


def _do(work: Callable[[], str]) -> None:
    try:
        _ended.put(work())
    except NanoBananaError as error:
        _ended.put(error)
    except Exception:  # the top of the thread
        log.exception("a chore failed")
        _ended.put(NanoBananaError(ErrorKind.INTERNAL))


def _take() -> float | None:
    try:
        said = _ended.get_nowait()
    except queue.Empty:
        return _INTERVAL
    if isinstance(said, NanoBananaError):
        panel_state.notice_error(said)
    else:
        panel_state.notice("CHORE", said)
    events.history_changed.emit()
    return None
