# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages in the status bar and the Info editor for work that ended in the background."""

from __future__ import annotations

import bpy


def announce(message: str, level: str = "INFO") -> None:
    """Report a message as an operator would; `level` is INFO, WARNING or ERROR. Does nothing without a window."""
    manager = bpy.context.window_manager
    window = next(iter(manager.windows), None) if manager else None
    if window is None or bpy.app.background:
        return
    with bpy.context.temp_override(window=window):
        bpy.ops.nano_banana.report("INVOKE_DEFAULT", message=message, level=level)


def redraw_status_bars() -> None:
    """Redraw the status bars, which are in no screen's list of areas: they follow this message. Their text stays."""
    if not bpy.app.background:
        bpy.msgbus.publish_rna(key=(bpy.types.Window, "view_layer"))
