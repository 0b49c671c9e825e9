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
_NEXT_STEP = "This runs in the background; you can continue working."


class Task:
    """How far a task is, for those that say it, and whether it shall stop.

    `button`: the operator that started it, at whose button its notices stand, too.
    """

    def __init__(self, title: str, button: str = "") -> None:
        self.title, self.fraction, self.button = title, -1.0, button
        self.is_cancelled = False

    def advance(self, fraction: float) -> None:
        """Say, in the task's thread, what is done, 0 ... 1. Raises `NanoBananaError` CANCELLED."""
        self.fraction = fraction
        if self.is_cancelled:
            raise NanoBananaError(ErrorKind.CANCELLED)


_running: list[Task] = []
_results: queue.SimpleQueue[tuple[Task, Outcome | NanoBananaError]] = queue.SimpleQueue()


def is_running() -> bool:
    """Whether a task is under way."""
    return bool(_running)


def is_cancellable() -> bool:
    """Whether a task is under way that can be cancelled. For draw()."""
    return any(task.fraction >= 0 and not task.is_cancelled for task in _running)


def cancel() -> None:
    """Let the tasks that can be cancelled end soon."""
    for task in _running:
        task.is_cancelled = True


def start(work: Callable[[], Outcome], title: str, task: Task | None = None) -> None:
    """Run `work`, which accesses no Blender data, in a thread; what it returns is shown, or done, at the end.

    Work that calls `advance` of a task shows how far it is, and can be cancelled.
    """
    task = task or Task(title)
    _running.append(task)
    panel_state.show_notice("TASK", title, _NEXT_STEP, task.button)
    threading.Thread(target=_run_task, args=(work, task), name="nano-banana-task", daemon=True).start()
    if not bpy.app.timers.is_registered(_poll):
        bpy.app.timers.register(_poll, first_interval=_INTERVAL, persistent=True)


def stop() -> None:
    """Cancel tasks, and discard messages that are still to come."""
    cancel()
    _running.clear()
    if bpy.app.timers.is_registered(_poll):
        bpy.app.timers.unregister(_poll)


def _run_task(work: Callable[[], Outcome], task: Task) -> None:
    try:
        _results.put((task, work()))
    except NanoBananaError as error:
        _results.put((task, error))
    except Exception:  # the top of the thread
        log.exception("a background task failed")
        _results.put((task, NanoBananaError(ErrorKind.INTERNAL)))


def _poll() -> float | None:
    try:
        task, result = _results.get_nowait()
    except queue.Empty:
        _show_progress()
        return _INTERVAL
    if task in _running:
        _running.remove(task)
    _finish(result)
    panel_state.get_properties().notice_button = task.button
    events.history_changed.emit()
    panel_state.redraw()
    return _INTERVAL if _running else None


def _show_progress() -> None:
    for task in _running[-1:]:
        if task.fraction >= 0:
            panel_state.show_notice("TASK", f"{task.title} {task.fraction:.0%}", _NEXT_STEP, task.button)
            panel_state.redraw()


def _finish(result: Outcome | NanoBananaError) -> None:
    if callable(result):
        panel_state.clear_notice()
        try:
            result()
        except NanoBananaError as error:
            panel_state.show_error(error)
    elif isinstance(result, NanoBananaError):
        if result.kind is ErrorKind.CANCELLED:
            panel_state.show_notice("TASK", result.message, result.next_step)
        else:
            panel_state.show_error(result)
    else:
        panel_state.show_notice("TASK", result)
