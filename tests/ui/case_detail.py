# SPDX-License-Identifier: GPL-3.0-or-later
"""Add Detail in the window: the price on the button, the progress, and the new version beside the old one."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, open_panel, picture, provide_google, scroll, sidebar, until


def module(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def set_the_stage() -> bpy.types.Object:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_monkey_add(size=4.0)
    shape = bpy.context.object
    shape.modifiers.new("Subdivision", "SUBSURF").levels = 2
    choices = bpy.context.scene.nano_banana
    choices.prompt, choices.image_size = "mossy stone, flat, even light", "1K"
    choices.texturing.count, choices.texturing.texture_size = 2, 2048
    return shape


def case() -> Steps:
    simulator = provide_google()
    shape = set_the_stage()
    open_panel("NANO_BANANA_PT_texturing", "Texturing")
    area, region = yield from sidebar("VIEW_3D", "Texturing")
    area.spaces.active.shading.type = "MATERIAL"
    window, name = bpy.context.window_manager.windows[0], shape.name
    info, news = module("features.texture.maps.texture_info"), module("session.panel_state")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.texture("INVOKE_DEFAULT")
    yield from until(lambda: info.group_of(bpy.data.objects[name]), "the texture is on", 120)
    first = len(bpy.data.images)
    yield 1.0
    yield from scroll(area, region, 30)
    picture("detail-panel-before", region)
    picture("detail-before")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.texture_add_detail("INVOKE_DEFAULT")
    yield from until(lambda: news.get_properties().baking.startswith("Adding detail"), "tiles are added", 180)
    yield 0.0
    picture("detail-adding")
    yield from until(lambda: not news.get_properties().baking, "the bake ends", 180)
    yield 1.5
    assert len(bpy.data.images) > first
    views = info.list_shown_views(info.group_of(bpy.data.objects[name]))
    assert [(view["tiles_used"], view["tiles"]) for view in views] == [(4, 4)] * 2
    yield from scroll(area, region, 30)
    picture("detail-panel-after", region)
    picture("detail-after")
    simulator.stop()


driver.play(case)
