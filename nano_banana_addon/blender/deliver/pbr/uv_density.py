# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the unit square of UV maps is on the surfaces of objects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np

_DIFFERENT = 1.1  # ratio of two widths that shows


def measure(objects: Sequence[bpy.types.Object]) -> tuple[float, str]:
    """The width in metres for some meshes together, and a note where they differ visibly."""
    areas = {obj.name: _measure_areas(obj) for obj in objects}
    widths = {name: _compute_width(*both) for name, both in areas.items() if both[1] > 0 and both[0] > 0}
    if not widths:
        return 1.0, ""
    low, high = min(widths, key=widths.__getitem__), max(widths, key=widths.__getitem__)
    note = ""
    if widths[high] > widths[low] * _DIFFERENT:
        note = (
            f'The UV maps of the objects are of different scales ("{low}" {widths[low]:.2g} m, "{high}"'
            f" {widths[high]:.2g} m), so the size in metres holds on average. Average Islands Scale in Edit Mode, with"
            " all of them, makes them equal."
        )
    return _compute_width(*(sum(each) for each in zip(*areas.values(), strict=True))), note


def _compute_width(surface: float, uv: float) -> float:
    return min(max(math.sqrt(surface / uv), 1e-4), 1e4)


def _measure_areas(obj: bpy.types.Object) -> tuple[float, float]:
    """The areas of an object: in the world in square metres, and in its UV map for rendering."""
    if not obj.data.is_editmode:
        return _measure_mesh(obj.data, obj)
    obj.update_from_editmode()
    copy = obj.data.copy()  # a mesh that is being edited has no UVs to read
    try:
        return _measure_mesh(copy, obj)
    finally:
        bpy.data.meshes.remove(copy)


def _measure_mesh(mesh: bpy.types.Mesh, obj: bpy.types.Object) -> tuple[float, float]:
    layer = next((each for each in mesh.uv_layers if each.active_render), None)
    if layer is None or not mesh.polygons:
        return 0.0, 0.0
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    corners, loops = np.empty(count * 3, np.int32), np.empty(count * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    mesh.loop_triangles.foreach_get("loops", loops)
    places, uvs = np.empty(len(mesh.vertices) * 3, np.float32), np.empty(len(mesh.loops) * 2, np.float32)
    mesh.vertices.foreach_get("co", places)
    layer.uv.foreach_get("vector", uvs)
    turned = places.reshape(-1, 3).astype(float) @ np.array(obj.matrix_world.to_3x3()).T
    flat = np.pad(uvs.reshape(-1, 2).astype(float), ((0, 0), (0, 1)))
    return _sum_areas(turned[corners]), _sum_areas(flat[loops])


def _sum_areas(corners: np.ndarray) -> float:
    """The area of triangles (3 * n, 3), three corners each."""
    triangles = corners.reshape(-1, 3, 3)
    sides = triangles[:, 1:] - triangles[:, :1]
    return float(np.nan_to_num(np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)).sum() / 2)
