# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes and draws guides with the graphics backend that Blender was started with; `case_backends` compares them.

The argument after `--` is the file to write: named arrays, and the backend's name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import bpy
import gpu
import numpy as np
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.bake import views as view_sets
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.bake.mesh import read_geometry
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.bake.view_pass import PaintedView
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.guides.draw import (
    GuideKind,
    draw_guides,
)
from bl_ext.user_default.nano_banana.nano_banana_addon.blender.host.gpu import initialise_gpu
from numpy.typing import NDArray

CANVAS = (512, 384)


def pictures() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """A bake of four views in perspective and without it, enlarged and reduced; and every guide."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.mesh.primitive_monkey_add()
    monkey = bpy.context.object
    monkey.modifiers.new("Smooth", "SUBSURF").levels = 2
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(island_margin=0.01)
    bpy.ops.object.mode_set(mode="OBJECT")
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [monkey])
    for orthographic in (False, True):
        lens = view_sets.Lens(CANVAS, orthographic)
        views = view_sets.ring(geometry.outline_points(), lens, 4, 25.0)
        painted = [PaintedView(view, waves(number, *CANVAS)) for number, view in enumerate(views)]
        for edge in (1024, 200):
            result = bake_geometry(geometry, painted, BakeSettings(size=(edge, edge)))
            yield f"map {edge} {'flat' if orthographic else 'perspective'}", result.maps[0].rgba
        guides = draw_guides(geometry, views[1], CANVAS, list(GuideKind))
        for kind, picture in guides.items():
            yield f"{kind.value} {'flat' if orthographic else 'perspective'}", picture


def waves(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A smooth picture (height, width, 3), another for each number."""
    down, across = np.mgrid[0:height, 0:width]
    red = 128 + 100 * np.sin(across / 9 + number)
    green = 128 + 100 * np.cos(down / 11 + number)
    return np.stack([red, green, across / 3 + 20], axis=-1).astype(np.uint8)


initialise_gpu()
drawn = dict(pictures())
np.savez(sys.argv[-1], backend=np.array(gpu.platform.backend_type_get()), **drawn)
