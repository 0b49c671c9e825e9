# SPDX-License-Identifier: GPL-3.0-or-later
"""The islands of a UV map, and their size in comparison with the surface that they cover."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ....imaging.arrays import Doubles, Floats, Indices

#: UVs that are nearer to one another are one point of an island.
_SAME_UV = 2.0**-20
_NO_AREA = 1e-12
#: The part of the triangles that may have no area in a map that is usable.
_FLAT_SHARE = 1e-3


def read_uvs(mesh: bpy.types.Mesh, name: str) -> Floats:
    """The UVs of a map, (loops, 2) float32."""
    values = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[name].uv.foreach_get("vector", values)
    return values.reshape(-1, 2)


def write_uvs(mesh: bpy.types.Mesh, name: str, uvs: Floats) -> None:
    """Change the UVs of a map, (loops, 2)."""
    mesh.uv_layers[name].uv.foreach_set("vector", np.ascontiguousarray(uvs, np.float32).reshape(-1))
    mesh.update()


def have_area(mesh: bpy.types.Mesh, uvs: Floats) -> bool:
    """Whether nearly all triangles have an area in a map, (loops, 2)."""
    if not np.isfinite(uvs).all():
        return False
    flat = _measure_areas(uvs[_read_triangles(mesh)]) < _NO_AREA
    return bool(flat.mean() <= _FLAT_SHARE)


def measure_area(mesh: bpy.types.Mesh, uvs: Floats) -> float:
    """The area of all triangles in a map, (loops, 2)."""
    return float(_measure_areas(uvs[_read_triangles(mesh)]).sum())


def scale_by_area(mesh: bpy.types.Mesh, uvs: Floats, linear: Doubles) -> Floats:
    """The UVs with each island as large as its surface, from 0 up; `linear` (3, 3) turns the mesh into the world.

    Islands lie over one another afterwards.
    """
    label = _label_islands(mesh, uvs)
    triangles = _read_triangles(mesh)
    owner = label[triangles[:, 0]]
    count = int(label.max()) + 1
    world = np.bincount(owner, _measure_areas(_read_corners(mesh, triangles, linear)), count)
    flat = np.bincount(owner, _measure_areas(uvs[triangles]), count)
    scale = np.where(flat > _NO_AREA, np.sqrt(world / np.maximum(flat, _NO_AREA)), 0.0)
    low = np.full((count, 2), np.inf)
    np.minimum.at(low, label, uvs.astype(np.float64))
    return ((uvs - low[label]) * scale[label][:, None]).astype(np.float32)


def measure_scale(mesh: bpy.types.Mesh, name: str, linear: Doubles) -> float:
    """By what a map would have to be scaled to be as large as the surface in the world; 1 for one that is not there.

    `linear` (3, 3) turns the mesh into the world.
    """
    if name not in mesh.uv_layers:
        return 1.0
    triangles = _read_triangles(mesh)
    world = float(_measure_areas(_read_corners(mesh, triangles, linear)).sum())
    flat = measure_area(mesh, read_uvs(mesh, name))
    return (world / flat) ** 0.5 if world > 0 and flat > 0 else 1.0


def _read_corners(mesh: bpy.types.Mesh, triangles: NDArray[np.int32], linear: Doubles) -> Doubles:
    """The corners of triangles (n, 3, 3) in the world, less its origin."""
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    return (points.reshape(-1, 3) @ linear.T)[_read_vertices(mesh)[triangles]]


def _label_islands(mesh: bpy.types.Mesh, uvs: Floats) -> Indices:
    """The number of the island of each loop: faces that have a point with the same UV in common."""
    places = np.round(uvs / _SAME_UV).astype(np.int64)
    keys = np.column_stack([_read_vertices(mesh).astype(np.int64), places])
    _, point = np.unique(np.ascontiguousarray(keys).view("V24").reshape(-1), return_inverse=True)
    point = point.reshape(-1)
    starts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    totals = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", totals)
    label = np.arange(int(point.max()) + 1)
    while True:
        lowest = np.repeat(np.minimum.reduceat(label[point], starts), totals)
        new = label.copy()
        np.minimum.at(new, point, lowest)
        new = new[new]
        if np.array_equal(new, label):
            return np.unique(label[point], return_inverse=True)[1].reshape(-1)
        label = new


def _read_triangles(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    mesh.calc_loop_triangles()
    loops = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    return loops.reshape(-1, 3)


def _read_vertices(mesh: bpy.types.Mesh) -> NDArray[np.int32]:
    numbers = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", numbers)
    return numbers


def _measure_areas(corners: Floats | Doubles) -> Doubles:
    """Of triangles (n, 3, 2 or 3)."""
    first, second = (corners[:, k].astype(np.float64) - corners[:, 0] for k in (1, 2))
    squares = (first**2).sum(axis=1) * (second**2).sum(axis=1) - (first * second).sum(axis=1) ** 2
    return np.sqrt(np.maximum(squares, 0)) / 2
