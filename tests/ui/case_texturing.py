# SPDX-License-Identifier: GPL-3.0-or-later
"""A texture from views in the window: Blender stays free, the texture comes by itself, one undo takes it off."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Steps, picture, sidebar, until

PACKAGE = "bl_ext.user_default.nano_banana"


def module(name: str):
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def set_the_stage() -> bpy.types.Object:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_uv_sphere_add()
    sphere = bpy.context.object
    choices = bpy.context.scene.nano_banana
    choices.prompt, choices.image_size = "mossy stone with orange lichen", "1K"
    choices.texturing.count, choices.texturing.texture_size = 3, 512
    return sphere


def open_the_panel() -> None:
    """It is closed at first."""
    cls = next(
        c for c in bpy.types.Panel.__subclasses__() if c.__name__ == "NANO_BANANA_PT_texturing"
    )
    bpy.utils.unregister_class(cls)
    cls.bl_options, cls.bl_order = set(), 0
    bpy.utils.register_class(cls)


def case() -> Steps:
    bpy.context.preferences.addons[PACKAGE].preferences.provider = "offline"
    sphere = set_the_stage()
    open_the_panel()
    area, _ = yield from sidebar("VIEW_3D", "Nano Banana")
    area.spaces.active.shading.type = "MATERIAL"
    window = bpy.context.window_manager.windows[0]
    standing = module("blender.texturing.standing")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.ed.undo_push(message="staged")
        bpy.ops.nano_banana.texture_show_views()
        yield 0.5
        picture("texturing-views")
        bpy.ops.nano_banana.texture_hide_views()
        bpy.ops.ed.undo_push(message="hidden")
        bpy.ops.nano_banana.texture("INVOKE_DEFAULT")
    assert standing.group_of(sphere) is None, "the button waited"
    name = sphere.name
    yield from until(lambda: standing.group_of(bpy.data.objects[name]), "the texture is on", 120)
    yield 1.5
    picture("texturing-done")
    assert len(standing.views_of(standing.group_of(bpy.data.objects[name]))) == 3
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
    yield 0.3
    assert standing.group_of(bpy.data.objects[name]) is None, "one undo step takes it off"


driver.play(case)
