# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist's first minutes with a scene of their own: Offline, a prompt, the image, what is done with it, a change."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Steps, until
from tests.ui.walk import Walk, close_extra_windows

MOST_CLICKS = 6


def case() -> Steps:
    bpy.ops.mesh.primitive_monkey_add(location=(0, 0, 1.6))
    bpy.context.scene.nano_banana.shading = "SOLID"  # shaders are compiled for minutes without a graphics card
    walk, shown = Walk(), bpy.context.window_manager.nano_banana
    yield from walk.open_sidebar()
    yield from walk.step("tab")
    yield from walk.press("nano_banana.try_offline")
    yield from walk.step("offline")
    yield from walk.type_into("nano_banana.prompt", "Clay figures on a table, warm light")
    assert bpy.context.scene.nano_banana.prompt.startswith("Clay figures")
    yield from walk.step("prompt")
    yield from walk.press("nano_banana.restyle")
    yield from until(lambda: shown.jobs, "it generates", 30)
    yield from walk.step("generates")
    yield from until(lambda: shown.results and shown.results[0].delivered, "it is delivered", 60)
    assert walk.clicks <= MOST_CLICKS, walk.clicks
    yield from walk.step("image")
    yield from use_result(walk, shown)
    yield from change_result(walk, shown)
    yield from look_at_settings(walk)


def use_result(walk: Walk, shown: bpy.types.PropertyGroup) -> Steps:
    """Look at the result large, beside its source, and put it into the compositor and behind the camera."""
    yield from walk.press("nano_banana.show_result")
    yield from walk.step("shown-large")
    yield from close_extra_windows()
    yield from walk.press("nano_banana.compare")
    yield from walk.step("compared")
    yield from close_extra_windows()
    result = shown.results[0].name
    yield from walk.press(f"generation=\"{result}\", kind='COMPOSITOR'")
    yield from walk.step("in-the-compositor")
    assert bpy.context.scene.compositing_node_group is not None
    yield from walk.press(f"generation=\"{result}\", kind='CAMERA_BACKGROUND'")
    yield from walk.step("behind-the-camera")
    assert bpy.context.scene.camera.data.background_images


def change_result(walk: Walk, shown: bpy.types.PropertyGroup) -> Steps:
    """Say what should be different, and look at the two."""
    yield from walk.type_into("instruction", "Make it night")
    yield from walk.step("instruction", panel=True)
    yield from walk.press("nano_banana.continue_generation")
    yield from until(lambda: len(shown.results) > 1 and shown.results[0].state == "DONE", "the change is there", 60)
    yield from walk.step("changed")


def look_at_settings(walk: Walk) -> Steps:
    """Open what is closed."""
    yield from walk.open_panel("NANO_BANANA_PT_output")
    yield from walk.step("model", panel=True)


driver.play(case)
