# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that run once, a moment after Blender has started, so that enabling stays fast."""

from __future__ import annotations

import logging
from collections.abc import Callable

import bpy

from ..core import errors
from . import panel_state

log = logging.getLogger(__name__)
_DELAY = 1.0  # seconds: the first window is drawn by then
_tasks: list[Callable[[], object]] = []


def schedule(task: Callable[[], object]) -> None:
    """Run `work` soon. Does nothing without a window."""
    if bpy.app.background:
        return
    _tasks.append(task)
    bpy.app.timers.register(_run, first_interval=_DELAY, persistent=True)


def cancel() -> None:
    """Discard what was not run yet."""
    _tasks.clear()
    if bpy.app.timers.is_registered(_run):
        bpy.app.timers.unregister(_run)


def _run() -> None:
    while _tasks:
        try:
            _tasks.pop()()
        except errors.NanoBananaError as error:
            panel_state.show_error(error)
        except Exception:  # the top of the timer
            log.exception("a start-up step failed")
    panel_state.redraw()
