# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays a case in Blender's real window: simulated mouse and keyboard, waiting for conditions, pictures.

A case is a generator; what it yields is the pause in seconds before its next step (None: the next turn of the
event loop). It ends Blender with status 0, 1 (the case failed) or 3 (Blender reported an error meanwhile).
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

PACKAGE = "bl_ext.user_default.nano_banana"
OUTPUT = Path(os.environ.get("NANO_BANANA_UI_OUTPUT", "."))
TURNS_PER_STEP = 4  # an event needs several turns of the loop before what it caused is drawn
PATIENCE = 4  # times as long as on a quiet machine may be waited on a busy one
Steps = Iterator[float | None]

_errors: list[str] = []


def _note(kind: type[BaseException], value: BaseException, trace: object) -> None:
    _errors.append("".join(traceback.format_exception(kind, value, trace)))
    sys.__excepthook__(kind, value, trace)


sys.excepthook = _note
threading.excepthook = lambda failed: _note(failed.exc_type, failed.exc_value, failed.exc_traceback)


class Mouse:
    """The mouse and keyboard of one window. Origin at the bottom left, in pixels, as areas and regions have it."""

    def __init__(self, window: bpy.types.Window) -> None:
        self.window, self.x, self.y = window, 0, 0

    def event(self, kind: str, value: str, **more: object) -> None:
        self.window.event_simulate(type=kind, value=value, x=self.x, y=self.y, **more)

    def move(self, x: float, y: float) -> Steps:
        self.x, self.y = int(x), int(y)
        self.event("MOUSEMOVE", "NOTHING")
        yield None

    def click(self, x: float, y: float) -> Steps:
        yield from self.move(x, y)
        for value in ("PRESS", "RELEASE"):
            self.event("LEFTMOUSE", value)
            yield None

    def key(self, kind: str, **modifiers: bool) -> Steps:
        self.event(kind, "PRESS", **modifiers)
        self.event(kind, "RELEASE", **modifiers)
        yield None

    def type(self, text: str) -> Steps:
        for character in text:  # F24 is bound to nothing: only its character counts
            self.event("F24", "PRESS", unicode=character)
            self.event("F24", "RELEASE")
            yield None


def provide_google(confirm_above: float = 5.0, painter: Any = None) -> Any:
    """Choose the provider Google, for which a test server on this machine answers: prices are shown, none is paid."""
    simulator = importlib.import_module("devtools.simulator.server").Simulator(painter, keys=None)
    simulator.start()
    os.environ["GEMINI_API_KEY"] = "a-key-of-the-tests"
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.provider, preferences.base_url = "google", simulator.base_url
    preferences.confirm_above = confirm_above
    bpy.context.preferences.system.use_online_access = True
    return simulator


def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> Steps:
    """Wait for a condition; fails with what was waited for."""
    end = time.monotonic() + seconds * PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not reached in {seconds * PATIENCE:g} s: {what}")
        yield 0.05


def picture(name: str, region: bpy.types.Region | None = None, height: int = 0) -> Path:
    """Save the screen, or a region of it (its upper `height` pixels), as OUTPUT/name.png."""
    path = OUTPUT / f"{name}.png"
    crop: list[str] = []
    if region is not None:
        screen = bpy.context.window_manager.windows[0].height
        tall = min(height or region.height, region.height)
        top = screen - (region.y + region.height)
        crop = ["-crop", f"{region.width}x{tall}+{region.x}+{top}", "+repage"]
    subprocess.run(["import", "-window", "root", *crop, str(path)], check=True)
    return path


def sidebar(area_type: str, tab: str) -> Iterator[float | None]:
    """Make the largest area an editor with its sidebar open at a tab; returns (area, region)."""
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    area.type = area_type
    yield None
    area.spaces.active.show_region_ui = True
    region = next(r for r in area.regions if r.type == "UI")
    yield from until(lambda: region.width > 50, "the sidebar opens")
    yield 0.2  # its tabs are known after the first draw
    region.active_panel_category = tab
    yield 0.2
    return area, region


def open_panel(name: str, tab: str) -> None:
    """Open a panel that is closed at first, in a tab of its own."""
    cls = next(c for c in bpy.types.Panel.__subclasses__() if c.__name__ == name)
    bpy.utils.unregister_class(cls)
    cls.bl_options, cls.bl_category, cls.bl_parent_id = set(), tab, ""
    bpy.utils.register_class(cls)


def scroll(area: bpy.types.Area, region: bpy.types.Region, steps: int) -> Steps:
    """Bring what lies farther down (negative: up) into the window, 40 pixels a step; Blender stops at the end."""
    operator = bpy.ops.view2d.scroll_down if steps > 0 else bpy.ops.view2d.scroll_up
    with bpy.context.temp_override(area=area, region=region):
        for _ in range(abs(steps)):
            operator()
    region.tag_redraw()
    yield 0.3


def bring_up(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region, part: str, above: int) -> Steps:
    """Scroll a property or operator to the top of its region, with so many pixels left above it."""
    yield from scroll(area, region, -60)
    for _ in range(20):
        try:
            _, y = yield from find(mouse, area, region, part)
        except LookupError:
            yield from scroll(area, region, 8)
            continue
        yield from scroll(area, region, round((region.y + region.height - y - above) / 40))
        return
    raise LookupError(f"{part} is not in the panel")


def under(area: bpy.types.Area, region: bpy.types.Region, window: bpy.types.Window | None = None) -> str:
    """The property or operator that lies under the mouse."""
    window = window or bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=region):
        if found := bpy.context.property:
            return str(found[1])
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
            return str(bpy.context.window_manager.clipboard)
    return ""


def find(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region, part: str) -> Iterator[float | None]:
    """Search a region from the top for a property or operator; returns its place."""
    for y in range(region.y + region.height - 6, region.y, -7):
        for share in (0.75, 0.4, 0.83, 0.93):
            yield from mouse.move(region.x + region.width * share, y)
            if part in under(area, region):
                return mouse.x, y - 3
    raise LookupError(f"{part} is not in the region")


def play(case: Callable[[], Steps]) -> None:
    """Play a case and end Blender with its status."""
    settings = bpy.context.preferences
    settings.view.show_splash = settings.view.use_save_prompt = settings.use_preferences_save = False
    settings.view.smooth_view = 0
    settings.filepaths.use_auto_save_temporary_files = False
    steps, turns = case(), [0]

    def turn() -> float:
        turns[0] += 1
        if turns[0] % TURNS_PER_STEP:
            return 0.0
        try:
            return next(steps) or 0.0
        except StopIteration:
            status = 3 if _errors else 0
        except Exception:  # whatever it is, the case has failed
            traceback.print_exc()
            picture("failed")
            status = 1
        sys.exit(status)

    bpy.app.timers.register(turn)
