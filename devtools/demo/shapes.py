# SPDX-License-Identifier: GPL-3.0-or-later
"""The meshes of the still life: turned vessels and fruit by their profiles, boxes, a curtain, a handle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import cos, pi, sin

import bmesh
import bpy
from mathutils import Vector

Profile = Sequence[tuple[float, float]]  # (radius, height) from the bottom up, in metres

JUG: Profile = (
    (0.0, 0.0),
    (0.062, 0.0),
    (0.068, 0.008),
    (0.095, 0.05),
    (0.112, 0.105),
    (0.105, 0.16),
    (0.078, 0.205),
    (0.055, 0.24),
    (0.052, 0.275),
    (0.066, 0.31),
    (0.070, 0.318),
    (0.064, 0.318),
    (0.047, 0.28),
    (0.048, 0.24),
    (0.07, 0.2),
    (0.098, 0.155),
    (0.1, 0.1),
    (0.0, 0.02),
)
BOTTLE: Profile = (
    (0.0, 0.004),
    (0.036, 0.0),
    (0.043, 0.006),
    (0.043, 0.2),
    (0.04, 0.23),
    (0.024, 0.27),
    (0.0165, 0.3),
    (0.0155, 0.355),
    (0.0195, 0.357),
    (0.0195, 0.374),
    (0.0, 0.374),
)
BOWL: Profile = (
    (0.0, 0.006),
    (0.05, 0.0),
    (0.056, 0.012),
    (0.05, 0.022),
    (0.1, 0.05),
    (0.138, 0.088),
    (0.148, 0.104),
    (0.141, 0.106),
    (0.128, 0.086),
    (0.09, 0.052),
    (0.0, 0.034),
)
APPLE: Profile = (
    (0.0, 0.010),
    (0.012, 0.003),
    (0.024, 0.002),
    (0.036, 0.016),
    (0.041, 0.036),
    (0.038, 0.055),
    (0.027, 0.068),
    (0.014, 0.070),
    (0.005, 0.062),
    (0.0, 0.058),
)
PEAR: Profile = (
    (0.0, 0.004),
    (0.015, 0.0),
    (0.033, 0.013),
    (0.039, 0.035),
    (0.033, 0.06),
    (0.022, 0.082),
    (0.016, 0.1),
    (0.011, 0.111),
    (0.0, 0.114),
)


def smooth_profile(profile: Profile, steps: int = 6) -> list[tuple[float, float]]:
    """Catmull-Rom through the points of a profile."""
    points = [Vector(p) for p in profile]
    padded = [points[0], *points, points[-1]]
    curve: list[tuple[float, float]] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            p = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            curve.append((max(p.x, 0.0), p.y))
    return [*curve, (points[-1].x, points[-1].y)]


def lathe(name: str, profile: Profile, segments: int = 64) -> bpy.types.Mesh:
    """A profile turned around the Z axis, with a cylindrical UV map."""
    rings = smooth_profile(profile)
    columns = segments + 1  # the seam has two columns, so that the UV map does not wrap
    vertices = [
        (r * cos(2 * pi * s / segments), r * sin(2 * pi * s / segments), z) for r, z in rings for s in range(columns)
    ]
    faces = [
        (i * columns + s, i * columns + s + 1, (i + 1) * columns + s + 1, (i + 1) * columns + s)
        for i in range(len(rings) - 1)
        for s in range(segments)
    ]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    uv = mesh.uv_layers.new(name="UVMap")
    lengths = _sum_lengths(rings)
    for loop in mesh.loops:
        ring, column = divmod(loop.vertex_index, columns)
        uv.data[loop.index].uv = (column / segments, lengths[ring])
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.update()
    return mesh


def _sum_lengths(rings: Sequence[tuple[float, float]]) -> list[float]:
    total, lengths = 0.0, [0.0]
    for (r0, z0), (r1, z1) in itertools.pairwise(rings):
        total += ((r1 - r0) ** 2 + (z1 - z0) ** 2) ** 0.5
        lengths.append(total)
    return [length / total for length in lengths]


def box(name: str, size: Sequence[float], bevel: float = 0.003) -> bpy.types.Mesh:
    """A box with rounded edges, its middle at the origin."""
    mesh = bpy.data.meshes.new(name)
    form = bmesh.new()
    bmesh.ops.create_cube(form, size=1.0, calc_uvs=True)
    bmesh.ops.scale(form, vec=Vector(size), verts=form.verts)
    bmesh.ops.bevel(form, geom=list(form.edges), offset=bevel, segments=3, affect="EDGES", profile=0.5)
    form.to_mesh(mesh)
    form.free()
    return mesh


def curtain(name: str, width: float, height: float) -> bpy.types.Mesh:
    """A hanging cloth with folds that widen towards the bottom."""
    columns, rows = 160, 24
    mesh = bpy.data.meshes.new(name)
    vertices = []
    for row in range(rows + 1):
        down = row / rows
        for column in range(columns + 1):
            across = column / columns
            fold = sin(across * 34 + 1.3 * sin(across * 9)) * (0.014 + 0.022 * down)
            vertices.append(((across - 0.5) * width, fold, height * (1 - down)))
    faces = [
        (r * (columns + 1) + c, (r + 1) * (columns + 1) + c, (r + 1) * (columns + 1) + c + 1, r * (columns + 1) + c + 1)
        for r in range(rows)
        for c in range(columns)
    ]
    mesh.from_pydata(vertices, [], faces)
    uv = mesh.uv_layers.new(name="UVMap")
    for loop in mesh.loops:
        row, column = divmod(loop.vertex_index, columns + 1)
        uv.data[loop.index].uv = (column / columns, 1 - row / rows)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    return mesh


def handle(name: str) -> bpy.types.Mesh:
    """The jug's handle: a bent tube."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 0.0095, 6
    spline = curve.splines.new("BEZIER")
    spline.bezier_points.add(2)
    for point, at in zip(spline.bezier_points, ((0.05, 0, 0.285), (0.135, 0, 0.245), (0.098, 0, 0.145)), strict=True):
        point.co = at
        point.handle_left_type = point.handle_right_type = "AUTO"
    holder = bpy.data.objects.new(name, curve)
    mesh = bpy.data.meshes.new_from_object(holder)
    bpy.data.objects.remove(holder)
    bpy.data.curves.remove(curve)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    return mesh
