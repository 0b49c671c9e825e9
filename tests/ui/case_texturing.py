# SPDX-License-Identifier: GPL-3.0-or-later
"""A texture from views in the window: Blender stays free, the texture comes by itself, one undo takes it off."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, open_panel, picture, provide_google, scroll, sidebar, until


def module(name: str):
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def paint_evenly(job: Any) -> Image.Image:
    """The guide's shapes in one colour with little of its light, so that all views agree about the surface."""
    guide = Image.open(io.BytesIO(job.images[-1])).convert("L").resize((job.width, job.height))
    colours = np.array((120.0, 128.0, 84.0)) + (np.asarray(guide, np.float32)[..., None] - 128) * 0.15
    ImageDraw.floodfill(guide, (0, 0), 0, thresh=2)
    return Image.fromarray(np.uint8(np.where(np.asarray(guide)[..., None], colours, 24.0)))


def set_the_stage() -> bpy.types.Object:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_monkey_add(size=4.0)
    sphere = bpy.context.object
    sphere.modifiers.new("Subdivision", "SUBSURF").levels = 2
    choices = bpy.context.scene.nano_banana
    choices.prompt, choices.image_size = "mossy stone with orange lichen", "1K"
    choices.texturing.count, choices.texturing.texture_size = 4, 2048
    choices.texturing.views = "BEST"
    return sphere


def case() -> Steps:
    simulator = provide_google(painter=paint_evenly)
    sphere = set_the_stage()
    open_panel("NANO_BANANA_PT_texturing", "Texturing")
    area, region = yield from sidebar("VIEW_3D", "Texturing")
    area.spaces.active.shading.type = "MATERIAL"
    window = bpy.context.window_manager.windows[0]
    standing = module("features.texture.maps.texture_info")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.ed.undo_push(message="staged")
        bpy.ops.nano_banana.texture_show_views()
        yield 0.5
        picture("texturing-views")
        picture("texturing-panel-before", region)
        bpy.ops.nano_banana.show_guides("INVOKE_DEFAULT", of="VIEWS")
    yield 1.0
    picture("texturing-guides")
    extra = bpy.context.window_manager.windows[-1]
    assert extra != window, "the guides are shown in a window of their own"
    assert extra.screen.areas[0].spaces.active.image.name == "Nano Banana Guides"
    with bpy.context.temp_override(window=extra):
        bpy.ops.wm.window_close()
    yield 0.3
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.texture_hide_views()
        bpy.ops.ed.undo_push(message="hidden")
        bpy.ops.nano_banana.texture("INVOKE_DEFAULT")
    assert standing.group_of(sphere) is None, "the button waited"
    name = sphere.name
    news = module("session.panel_state")
    yield from until(lambda: news.get_properties().baking.startswith("Aligning"), "the bake begins", 120)
    yield 0.0
    picture("texturing-baking")
    yield from until(lambda: standing.group_of(bpy.data.objects[name]), "the texture is on", 120)
    yield 1.5
    picture("texturing-done")
    yield from scroll(area, region, 30)
    picture("texturing-panel-after", region)
    assert not news.get_properties().baking
    for check in ("Coverage", "Views", "Seams", "View 1"):
        with bpy.context.temp_override(window=window, area=area):
            bpy.ops.nano_banana.texture_check(check=check)
        yield 1.0
        picture(f"texturing-shows-{check.lower().replace(' ', '-')}")
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.nano_banana.texture_check(check="")
    assert len(standing.views_of(standing.group_of(bpy.data.objects[name]))) == 4
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
    yield 0.3
    assert standing.group_of(bpy.data.objects[name]) is None, "one undo step takes it off"
    simulator.stop()


driver.play(case)
