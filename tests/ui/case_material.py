# SPDX-License-Identifier: GPL-3.0-or-later
"""A material of an image, and one from words, with the mouse; takes the pictures of the manual."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import bpy
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo.material import draw_surface
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, provide_google, scroll, sidebar, until

TAB = "Materials"


def paint(job) -> Image.Image:
    """What a model makes of the words: a cobbled surface, or one like the image that was sent."""
    kind = "rock" if job.images else "pebbles"
    if job.images:
        Image.open(io.BytesIO(job.images[-1])).verify()
    return draw_surface(kind, job.width)


def set_the_stage() -> bpy.types.Object:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=64, ring_count=32)
    obj = bpy.context.object
    bpy.ops.object.shade_smooth()
    scene = bpy.context.scene
    scene.nano_banana.image_size = "1K"
    scene.nano_banana.material.size_m = 1.0
    return obj


def case() -> Steps:
    simulator = provide_google(painter=paint)
    obj = set_the_stage()
    path = driver.OUTPUT / "bricks.png"
    draw_surface("bricks", 512).save(path)
    image = bpy.data.images.load(str(path))
    for name in ("NANO_BANANA_PT_material", "NANO_BANANA_PT_image_material"):
        open_panel(name, TAB)
    area, region = yield from sidebar("IMAGE_EDITOR", TAB)
    area.spaces.active.image = image
    yield 1.0
    picture("material-image", region)
    mouse = Mouse(bpy.context.window_manager.windows[0])
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.material_from_image")))
    shown = bpy.context.window_manager.nano_banana
    yield from until(lambda: "Computing" in shown.notice, "the maps are begun")
    yield from mouse.move(area.x + 200, area.y + 200)
    yield from until(lambda: "is ready" in shown.notice, "the material is there", 60)
    region.active_panel_category = TAB
    yield 1.0
    picture("material-image-done")
    assert obj.active_material
    assert obj.active_material.name.startswith("bricks")

    area, region = yield from sidebar("VIEW_3D", TAB)
    area.spaces.active.shading.type = "MATERIAL"
    area.spaces.active.region_3d.view_distance = 5.0
    bpy.context.scene.nano_banana.material.description = "Round pebbles in sand"
    bpy.ops.nano_banana.dismiss()
    yield 3.0
    picture("material-view")
    before, name = obj.active_material.name, obj.name
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.material_generate")))
    yield from mouse.move(area.x + 200, area.y + 100)
    changed = lambda: obj.active_material and obj.active_material.name != before  # noqa: E731
    yield from until(changed, "the generated material is there", 90)
    region.active_panel_category = TAB
    yield 4.0
    yield from scroll(area, region, 60)  # so that the whole report is in the picture
    picture("material-generated")
    picture("material-panel", region)
    bpy.ops.ed.undo()
    yield 0.5
    assert bpy.data.objects[name].active_material.name == before
    simulator.stop()


driver.play(case)
