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
_results: queue.SimpleQueue[str | NanoBananaError] = queue.SimpleQueue()


def start(work: Callable[[], str], title: str) -> None:
    """Do `work`, which touches no Blender data, in a thread; its words are shown when it has ended."""
    panel_state.show_notice("CHORE", title, "This runs in the background; you can continue working.")
    threading.Thread(target=_run_task, args=(work,), name="nano-banana-chore", daemon=True).start()
    if not bpy.app.timers.is_registered(_poll):
        bpy.app.timers.register(_poll, first_interval=_INTERVAL, persistent=True)


def stop() -> None:
    """Forget words that are still to come."""
    if bpy.app.timers.is_registered(_poll):
        bpy.app.timers.unregister(_poll)


def _run_task(work: Callable[[], str]) -> None:
    try:
        _results.put(work())
    except NanoBananaError as error:
        _results.put(error)
    except Exception:  # the top of the thread
        log.exception("a background task failed")
        _results.put(NanoBananaError(ErrorKind.INTERNAL))


def _poll() -> float | None:
    try:
        result = _results.get_nowait()
    except queue.Empty:
        return _INTERVAL
    if isinstance(result, NanoBananaError):
        panel_state.show_error(result)
    else:
        panel_state.show_notice("CHORE", result)
    events.history_changed.emit()
    return None
