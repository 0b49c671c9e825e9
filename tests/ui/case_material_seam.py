# SPDX-License-Identifier: GPL-3.0-or-later
"""A material whose seam is seen: the panel says so, and its button makes another one of it, with the mouse."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo.material import draw_surface
from nano_banana_addon.simulator.painting import cross
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, provide_google, sidebar, until

TAB = "Materials"


def case() -> Steps:
    simulator = provide_google(painter=cross.paint)
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=64, ring_count=32)
    obj = bpy.context.object
    bpy.context.scene.nano_banana.image_size = "1K"
    bpy.context.scene.nano_banana.material.size_m = 1.0
    path = driver.OUTPUT / "planks.png"
    draw_surface("planks", 512).save(path)
    bpy.data.images.load(str(path))
    open_panel("NANO_BANANA_PT_material", TAB)
    bpy.ops.nano_banana.material_from_image(image=path.name, seamless=False)
    seen = obj.active_material.name
    area, region = yield from sidebar("VIEW_3D", TAB)
    area.spaces.active.shading.type = "MATERIAL"
    area.spaces.active.region_3d.view_distance = 5.0
    yield 3.0
    picture("material-seam")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.material_cross")))
    yield from mouse.move(area.x + 200, area.y + 100)
    yield from until(lambda: obj.active_material.name != seen, "the seam is repaired", 90)
    assert obj.active_material.name.endswith("repaired")
    yield 3.0
    picture("material-repaired")
    simulator.stop()


driver.play(case)
