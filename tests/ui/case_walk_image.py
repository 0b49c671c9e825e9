# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist changes a part of an image in the Image Editor, then tries another provider with a wrong key."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, until
from tests.ui.walk import Walk, close_extra_windows

SOURCE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "compare.jpg"


def case() -> Steps:
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.provider = "offline"
    bpy.context.scene.nano_banana.image_size, bpy.context.scene.nano_banana.shading = "1K", "SOLID"
    walk, shown = Walk(), bpy.context.window_manager.nano_banana
    walk.area.type = "IMAGE_EDITOR"
    yield 0.5
    image = walk.area.spaces.active.image = bpy.data.images.load(str(SOURCE))
    yield 0.5
    yield from walk.open_sidebar()
    yield from walk.step("image-editor")
    yield from walk.press("nano_banana.mark_area")
    yield from until(lambda: walk.area.spaces.active.ui_mode == "PAINT", "it can be painted on")
    yield from stroke(walk)
    yield from walk.step("marked")
    walk.region.active_panel_category = "Nano Banana"
    yield 0.5
    yield from walk.type_into("nano_banana.edit_prompt", "a red ball")
    yield from walk.step("edit-described", panel=True)
    yield from walk.press("nano_banana.edit(")
    yield from until(lambda: shown.results and shown.results[0].delivered, "the edit is delivered", 90)
    yield from walk.step("edited")
    yield from walk.press("nano_banana.show_result")
    yield from walk.step("edit-shown")
    assert walk.area.spaces.active.image != image
    assert walk.area.spaces.active.ui_mode == "VIEW", "a stroke would change the result"
    yield from try_provider(walk, preferences)


def stroke(walk: Walk) -> Steps:
    """Paint to and fro in the middle of the image."""
    canvas = next(each for each in walk.area.regions if each.type == "WINDOW")
    x, y = canvas.x + canvas.width * 0.35, canvas.y + canvas.height * 0.5
    yield from walk.mouse.move(x, y)
    walk.mouse.event("LEFTMOUSE", "PRESS")
    for step in range(12):
        yield from walk.mouse.move(x + step * 6, y + (step % 3) * 10)
    walk.mouse.event("LEFTMOUSE", "RELEASE")
    yield 0.5


def try_provider(walk: Walk, preferences: bpy.types.AddonPreferences) -> Steps:
    """Another provider, a key that it does not know, Test Connection, and the image that fails with it."""
    simulator = importlib.import_module("devtools.simulator.server").Simulator(keys={"the-right-key"})
    simulator.start()
    shown = bpy.context.window_manager.nano_banana
    walk.area.type = "VIEW_3D"
    yield 0.5
    yield from walk.open_sidebar()
    yield from walk.step("before-the-provider", panel=True)
    preferences.provider, preferences.address_google = "google", simulator.base_url
    preferences.key_google = "a-wrong-key"
    bpy.context.preferences.system.use_online_access = True
    walk.region.tag_redraw()
    yield from walk.step("provider", panel=True)
    bpy.ops.nano_banana.open_preferences()
    yield 1.0
    yield from walk.step("preferences")
    bpy.ops.nano_banana.test_connection("INVOKE_DEFAULT")
    yield from until(lambda: "key" in shown.connection, "the server has answered", 40)
    assert not shown.connection_ok
    yield from walk.step("preferences-wrong-key")
    yield from close_extra_windows()
    yield from walk.type_into("nano_banana.prompt", "A castle")
    yield from walk.press("nano_banana.restyle(")
    yield from until(lambda: shown.results[0].state == "FAILED", "the wrong key is told", 60)
    assert shown.results[0].error_kind == "KEY_INVALID"
    yield from walk.step("wrong-key")
    simulator.stop()


driver.play(case)
