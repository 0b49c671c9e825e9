# SPDX-License-Identifier: GPL-3.0-or-later
"""Long file operations (export, import, clean-up) in a background thread."""

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
    """Run `work`, which accesses no Blender data, in a thread; the message it returns is shown at the end."""
    panel_state.show_notice("TASK", title, "This runs in the background; you can continue working.")
    threading.Thread(target=_run_task, args=(work,), name="nano-banana-task", daemon=True).start()
    if not bpy.app.timers.is_registered(_poll):
        bpy.app.timers.register(_poll, first_interval=_INTERVAL, persistent=True)


def stop() -> None:
    """Discard messages that are still to come."""
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
        panel_state.show_notice("TASK", result)
    events.history_changed.emit()
    return None
