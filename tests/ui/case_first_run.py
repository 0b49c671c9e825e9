# SPDX-License-Identifier: GPL-3.0-or-later
"""A new user with a fresh profile: from the first look at the tab to the first image with Offline, by clicks alone."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, picture, scroll, sidebar, until

PACKAGE = "bl_ext.user_default.nano_banana"
ADDON = f"{PACKAGE}.nano_banana_addon"
MOST_CLICKS = 6


class CountingMouse(Mouse):
    """Counts its clicks."""

    clicks = 0

    def click(self, x: float, y: float) -> Steps:
        self.clicks += 1
        yield from super().click(x, y)


def case() -> Steps:
    began = time.monotonic()
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    mouse = CountingMouse(bpy.context.window_manager.windows[0])
    mouse.clicks = 2  # N, and the tab
    own_scene, own_objects = bpy.context.scene, set(bpy.context.scene.objects)
    yield 0.5
    picture("first-run")
    picture("first-run-panel", region, 560)

    yield from press(mouse, area, region, "nano_banana.load_example")
    yield 1.0
    window = bpy.context.window_manager.windows[0]
    assert window.scene != own_scene, "a scene of its own"
    assert set(own_scene.objects) == own_objects, "the artist's scene is as it was"
    assert bpy.context.preferences.addons[PACKAGE].preferences.provider == "offline"
    yield from mouse.move(area.x + 100, area.y + 60)
    yield 1.0
    picture("example")

    drawn = watch_status_bar(window)
    yield from press(mouse, area, region, "nano_banana.restyle")
    shown = bpy.context.window_manager.nano_banana
    # The first capture compiles shaders, which can take longer than all that Offline does then.
    yield from until(lambda: shown.jobs or shown.results, "it generates", 90)
    drawn.clear()
    yield 1.5
    if shown.jobs:
        assert len(drawn) >= 2, "the status bar follows the progress"
        picture("working")
    yield from until(lambda: shown.results and shown.results[0].delivered, "it is delivered", 60)
    assert mouse.clicks <= MOST_CLICKS, mouse.clicks
    sys.stdout.write(f"The first image: {mouse.clicks} clicks, {time.monotonic() - began:.0f} s\n")
    yield from mouse.move(area.x + 100, area.y + 60)
    yield 1.0
    picture("first-image")
    yield from later(mouse, area, region)


def watch_status_bar(window: bpy.types.Window) -> list[bool]:
    """Show the text of another add-on there; a list that grows with each draw."""
    drawn: list[bool] = []
    bpy.types.STATUSBAR_HT_header.append(lambda _header, _context: drawn.append(True))
    with bpy.context.temp_override(window=window):
        window.workspace.status_text_set("Another add-on's text")
    return drawn


def later(mouse: CountingMouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """What is there after the first image: the example once, the pop-over, the workspace once."""
    count = len(bpy.data.scenes)
    bpy.ops.nano_banana.load_example()
    assert len(bpy.data.scenes) == count, "it is not made twice"
    yield from scroll(area, region, 8)
    picture("results")
    yield from mouse.move(area.x + 100, area.y + 60)
    yield from open_actions(mouse, area, region)
    yield from open_failure(mouse, area, region)
    yield from open_workspace()


def open_failure(mouse: CountingMouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """A failure is one line; the pop-over of a row that is not the active one tells of that row."""
    shown = bpy.context.window_manager.nano_banana
    for state, kind in (("FAILED", "OFFLINE"), ("REFUSED", "REFUSED"), ("FAILED", "BILLING")):
        item = shown.results.add()
        item.name, item.state, item.error_kind, item.title = f"{state} {kind}", state, kind, f"A night scene {kind}"
        item.message, item.next_step = f"This failed for {kind}. It is explained at length here.", "Do this next."
        item.ended = "2026-11-28 13:05:12"
    yield from mouse.move(area.x + 100, area.y + 60)
    region.tag_redraw()
    yield 0.5
    picture("failures")
    shown.active_result = 1
    region.tag_redraw()
    yield 0.5
    picture("failure-active")
    _x, y = yield from find(mouse, area, region, "nano_banana.use_settings")
    yield from mouse.click(region.x + region.width - 56, y)
    yield 0.8
    picture("failure-actions")
    yield from mouse.key("ESC")
    while len(shown.results) > 1:
        shown.results.remove(1)
    shown.active_result = 0
    yield 0.3


def open_actions(mouse: CountingMouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """The pop-over of the result: every action in words."""
    x, y = yield from find(mouse, area, region, "nano_banana.compare")
    yield from mouse.click(x, y - 24)  # "All Actions" below it
    yield 0.8
    picture("actions")
    yield from mouse.key("ESC")
    yield 0.3


def open_workspace() -> Steps:
    """The workspace is made once, with the camera's view, the image and the compositor."""
    window, count = bpy.context.window_manager.windows[0], len(bpy.data.workspaces)
    for _ in range(2):
        with bpy.context.temp_override(window=window):
            bpy.ops.nano_banana.open_workspace()
        yield from until(lambda: window.workspace.name == "Nano Banana", "the workspace is open")
        yield 1.5
    assert len(bpy.data.workspaces) == count + 1
    assert sorted(area.type for area in window.screen.areas) == ["IMAGE_EDITOR", "NODE_EDITOR", "VIEW_3D"]
    shown = next(area for area in window.screen.areas if area.type == "IMAGE_EDITOR").spaces.active
    assert shown.image is not None
    picture("workspace")
    yield from open_pie(window)
    yield from open_preferences()


def open_pie(window: bpy.types.Window) -> Steps:
    """The pie menu, which the keymap offers without a key."""
    items = [item for _, _, item in importlib.import_module(f"{ADDON}.blender.host.keymap").list_items()]
    assert len(items) == 5
    assert {item.type for item in items} == {"NONE"}
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    mouse = Mouse(window)
    yield from mouse.move(area.x + 300, area.y + 300)
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.wm.call_menu_pie(name="NANO_BANANA_MT_pie")
    yield 1.0
    picture("pie")
    yield from mouse.key("ESC")
    yield 0.3


def open_preferences() -> Steps:
    """The shortcuts are in the preferences."""
    bpy.context.preferences.addons[PACKAGE].preferences.provider = "google"
    bpy.ops.nano_banana.open_preferences()
    yield 1.5
    picture("preferences")


def press(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region, name: str) -> Steps:
    x, y = yield from find(mouse, area, region, name)
    yield from mouse.click(x, y)
    yield 0.3


driver.play(case)
