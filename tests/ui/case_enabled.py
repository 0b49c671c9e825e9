# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip is enabled in a real window as its installation left it, and its tab can be drawn."""

from __future__ import annotations

import sys

import bpy

EXTENSION = "bl_ext.user_default.nano_banana"


def check() -> None:
    assert EXTENSION in bpy.context.preferences.addons
    assert not bpy.app.background
    area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    bpy.app.timers.register(lambda: show_tab(area), first_interval=0.5)


def show_tab(area: bpy.types.Area) -> None:
    region = next(r for r in area.regions if r.type == "UI")
    region.active_panel_category = "Nano Banana"
    # The tab draws once more before Blender ends: what a panel prints then fails this case.
    bpy.app.timers.register(lambda: sys.exit(0), first_interval=0.5)


def start() -> None:
    status = 1
    try:
        check()
        status = 0
    finally:
        # An exception alone would only end the timer and leave the window open.
        if status:
            bpy.app.timers.register(lambda: sys.exit(status))


bpy.app.timers.register(start, first_interval=0.5)
