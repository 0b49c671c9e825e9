# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work without Blender's data (export, import, clean-up, the crop of an edit) in a background thread."""

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
#: What a task returns: a message that is shown, or what is then done on the main thread.
Outcome = str | Callable[[], object]
_results: queue.SimpleQueue[Outcome | NanoBananaError] = queue.SimpleQueue()
_running: list[str] = []


def is_running() -> bool:
    """Whether a task is under way."""
    return bool(_running)


def start(work: Callable[[], Outcome], title: str) -> None:
    """Run `work`, which accesses no Blender data, in a thread; what it returns is shown, or done, at the end."""
    _running.append(title)
    panel_state.show_notice("TASK", title, "This runs in the background; you can continue working.")
    threading.Thread(target=_run_task, args=(work,), name="nano-banana-task", daemon=True).start()
    if not bpy.app.timers.is_registered(_poll):
        bpy.app.timers.register(_poll, first_interval=_INTERVAL, persistent=True)


def stop() -> None:
    """Discard messages that are still to come."""
    _running.clear()
    if bpy.app.timers.is_registered(_poll):
        bpy.app.timers.unregister(_poll)


def _run_task(work: Callable[[], Outcome]) -> None:
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
    if _running:
        _running.pop()
    _finish(result)
    events.history_changed.emit()
    panel_state.redraw()
    return _INTERVAL if _running else None


def _finish(result: Outcome | NanoBananaError) -> None:
    if callable(result):
        panel_state.clear_notice()
        try:
            result()
        except NanoBananaError as error:
            panel_state.show_error(error)
    elif isinstance(result, NanoBananaError):
        panel_state.show_error(result)
    else:
        panel_state.show_notice("TASK", result)
