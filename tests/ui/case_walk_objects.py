# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist gives an object a texture and a material, and makes a storyboard, with Offline and by clicks."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, until
from tests.ui.walk import Walk, add_shots


def set_the_stage() -> str:
    """An object without UV map, as sculptors have them, and two cameras on the timeline; Offline is chosen."""
    bpy.context.preferences.addons[PACKAGE].preferences.provider = "offline"
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.mesh.primitive_monkey_add(size=3.0)
    statue, scene = bpy.context.object, bpy.context.scene
    statue.data.uv_layers.remove(statue.data.uv_layers[0])
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    scene.nano_banana.image_size, scene.nano_banana.shading = "1K", "SOLID"
    scene.nano_banana.texturing.texture_size = 1024
    add_shots(scene)
    return statue.name


def case() -> Steps:
    name = set_the_stage()
    walk, shown = Walk(), bpy.context.window_manager.nano_banana
    yield from walk.open_sidebar()
    yield from walk.open_panel("NANO_BANANA_PT_texturing")
    yield from walk.step("texturing")
    yield from walk.type_into("nano_banana.prompt", "Mossy stone")
    yield from walk.step("texture-without-uv-map", panel=True)
    yield from walk.press("nano_banana.unwrap")
    yield from until(lambda: len(bpy.data.objects[name].data.uv_layers), "it is unwrapped")
    yield from walk.press("nano_banana.texture(")
    yield from until(lambda: shown.jobs, "it generates", 60)
    yield from walk.step("texture-generates")
    has_material = lambda: bpy.data.objects[name].active_material and not shown.baking  # noqa: E731
    yield from until(has_material, "the texture is on the object", 100)
    yield from walk.step("texture")
    yield from walk.press("nano_banana.texture_check")
    yield from walk.step("texture-checked", panel=True)


driver.play(case)
