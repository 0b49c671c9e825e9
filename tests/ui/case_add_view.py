# SPDX-License-Identifier: GPL-3.0-or-later
"""A texture with roughness and metallic, and a view added to it: prices, what is missing, and one part changed."""

from __future__ import annotations

import importlib
import io
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from nano_banana_addon.simulator.painting import grey_maps
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, open_panel, picture, provide_google, scroll, sidebar, until


def module(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def paint(job: Any) -> Image.Image:
    """Views in one brown with a grey band; sheets as Offline paints them; an added view with a patch of moss."""
    if grey_maps.is_wanted(job):
        return grey_maps.paint(job)
    given = Image.open(io.BytesIO(job.images[-1])).convert("RGB").resize((job.width, job.height))
    pixels = np.asarray(given, np.float32)
    y, x = np.mgrid[-1 : 1 : job.height * 1j, -1 : 1 : job.width * 1j]
    if "moss" in job.prompt:
        edge = 1 - np.hypot(x - 0.02, y + 0.06) / 0.22 + 0.08 * np.sin(40 * x) * np.sin(40 * y)
        share = np.clip(4 * edge, 0, 0.9)
        on = np.abs(pixels - pixels[0, 0]).max(axis=2) > 6
        mixed = pixels + (np.array((96, 176, 60)) - pixels) * (share * on)[..., None]
        return Image.fromarray(np.uint8(np.clip(mixed, 0, 255)))
    grey = given.convert("L")
    colours = np.array((196.0, 148.0, 108.0)) + (np.asarray(grey, np.float32)[..., None] - 128) * 0.2
    ground = grey.copy()
    ImageDraw.floodfill(ground, (0, 0), 0, thresh=2)
    return Image.fromarray(np.uint8(np.clip(np.where(np.asarray(ground)[..., None], colours, 24.0), 0, 255)))


def set_the_stage() -> bpy.types.Object:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_monkey_add(size=4.0)
    head = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")  # the primitive's own islands lie on each other
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=1.15, island_margin=0.01)
    bpy.ops.object.mode_set(mode="OBJECT")
    head.modifiers.new("Subdivision", "SUBSURF").levels = 2
    head.data.materials.append(bpy.data.materials.new("Clay"))
    if head.active_material.node_tree is None:
        head.active_material.use_nodes = True
    choices = bpy.context.scene.nano_banana
    choices.prompt, choices.image_size = "fired clay with a lead glaze", "1K"
    choices.texturing.count, choices.texturing.texture_size = 4, 1024
    choices.texturing.views, choices.texturing.pbr = "BEST", True
    return head


def refuse_sheet(simulator: Any, window: bpy.types.Window, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """Another texture, whose sheet is refused: its views are there from before, so that it alone is sent."""
    choices = bpy.context.scene.nano_banana
    choices.prompt = "fired clay, unglazed"
    for wanted in (False, True):
        choices.texturing.pbr = wanted
        if wanted:
            simulator.script("refusal_image_safety", 1)
        # A refusal is reported as an error, which a script gets as an exception.
        with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]), suppress(RuntimeError):
            bpy.ops.nano_banana.texture("EXEC_DEFAULT")
        yield 1.0
    standing = module("features.texture.maps.texture_info")
    assert standing.list_missing_maps(standing.group_of(bpy.context.object)) == [0, 1, 2, 3]
    picture("add-view-missing-maps", region)


def case() -> Steps:
    simulator = provide_google(painter=paint)
    head = set_the_stage()
    name = head.name
    open_panel("NANO_BANANA_PT_texturing", "Texturing")
    area, region = yield from sidebar("VIEW_3D", "Texturing")
    # Material Preview takes minutes without a graphics card where the object fills the view.
    area.spaces.active.shading.color_type = "TEXTURE"
    area.spaces.active.show_gizmo = area.spaces.active.overlay.show_text = False
    window = bpy.context.window_manager.windows[0]
    standing, versions = module("features.texture.maps.texture_info"), module("blender.deliver.datablocks.versions")
    picture("add-view-panel-before", region)
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.view3d.view_selected()
    area.spaces.active.region_3d.view_distance *= 1.3  # beside the sidebar, and so near that the moss is a part of it
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.texture("INVOKE_DEFAULT")
    yield from until(lambda: standing.group_of(bpy.data.objects[name]), "the texture is on", 240)
    group = standing.group_of(bpy.data.objects[name])
    maps = versions.get_version(group, 0).maps
    assert set(maps) == {"Roughness", "Metallic"}, maps
    yield 1.5
    picture("add-view-textured")
    bpy.context.scene.nano_banana.prompt = "a patch of moss on the cheek"
    yield from scroll(area, region, 12)
    picture("add-view-button", region)
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.texture_add_view("INVOKE_DEFAULT")
    yield from until(lambda: versions.count(standing.group_of(bpy.data.objects[name])) == 2, "the view is added", 240)
    yield 1.5
    picture("add-view-added")
    yield from scroll(area, region, 30)
    picture("add-view-panel-after", region)
    group = standing.group_of(bpy.data.objects[name])
    assert versions.get_version(group, 1).maps == maps, "the maps stay"
    yield from refuse_sheet(simulator, window, area, region)
    simulator.stop()


driver.play(case)
