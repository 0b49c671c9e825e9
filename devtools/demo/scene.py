# SPDX-License-Identifier: GPL-3.0-or-later
"""A still life by a window, built by code: a jug, a bottle, fruit in a bowl, books, a curtain."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin

import bmesh
import bpy
from mathutils import Matrix, Vector

Profile = Sequence[tuple[float, float]]  # (radius, height) from the bottom up, in metres
Colour = tuple[float, float, float]

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


@dataclass(frozen=True, slots=True)
class Look:
    """A Principled material in three numbers."""

    colour: Colour
    roughness: float = 0.5
    transmission: float = 0.0


def make_material(name: str, look: Look) -> bpy.types.Material:
    """A Principled BSDF material."""
    material = bpy.data.materials.new(name)
    if material.node_tree is None:  # before 5.0, where materials are not always node trees
        material.use_nodes = True
    shader = next(n for n in material.node_tree.nodes if n.bl_idname == "ShaderNodeBsdfPrincipled")
    shader.inputs["Base Color"].default_value = (*look.colour, 1.0)
    shader.inputs["Roughness"].default_value = look.roughness
    shader.inputs["Transmission Weight"].default_value = look.transmission
    material.diffuse_color = (*look.colour, 1.0)
    return material


def place(name: str, mesh: bpy.types.Mesh, at: Sequence[float], look: Look) -> bpy.types.Object:
    """An object of a mesh in the scene, with a material of its own."""
    obj = bpy.data.objects.new(name, mesh)
    obj.location = at
    mesh.materials.append(make_material(name, look))
    bpy.context.scene.collection.objects.link(obj)
    return obj


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


def build() -> bpy.types.Object:
    """Fill the empty scene; returns the jug, the object to be textured, selected and active."""
    _furniture()
    jug = _vessels()
    _fruit()
    _light()
    _camera()
    _render_settings(bpy.context.scene)
    for obj in bpy.context.scene.objects:
        obj.select_set(obj is jug)
    bpy.context.view_layer.objects.active = jug
    return jug


def _furniture() -> None:
    place(
        "Table",
        box("Table", (1.7, 0.9, 0.05), 0.008),
        (0, 0, -0.025),
        Look((0.23, 0.12, 0.06), 0.42),
    )
    place("Wall", box("Wall", (4.0, 0.05, 2.6)), (0, 0.75, 0.6), Look((0.42, 0.45, 0.42), 0.9))
    place(
        "Curtain",
        curtain("Curtain", 0.85, 1.5),
        (-0.62, 0.52, -0.15),
        Look((0.55, 0.16, 0.11), 0.85),
    )
    place("Book", box("Book", (0.2, 0.14, 0.034)), (0.36, 0.03, 0.017), Look((0.08, 0.16, 0.24), 0.7))
    upper = place("Book Top", box("Book Top", (0.17, 0.12, 0.026)), (0.365, 0.03, 0.047), Look((0.45, 0.33, 0.14), 0.7))
    upper.rotation_euler.z = radians(14)
    cloth = place(
        "Cloth", box("Cloth", (0.52, 0.36, 0.006), 0.002), (-0.02, -0.03, 0.003), Look((0.78, 0.74, 0.66), 0.95)
    )
    cloth.rotation_euler.z = radians(-9)


def _vessels() -> bpy.types.Object:
    jug = place("Jug", lathe("Jug", JUG), (-0.16, 0.06, 0.006), Look((0.72, 0.69, 0.62), 0.28))
    grip = place("Jug Handle", handle("Jug Handle"), (0, 0, 0), Look((0.72, 0.69, 0.62), 0.28))
    grip.parent, grip.rotation_euler.z = jug, radians(168)
    place("Bottle", lathe("Bottle", BOTTLE), (0.22, 0.2, 0.0), Look((0.03, 0.11, 0.05), 0.12))
    place("Bowl", lathe("Bowl", BOWL), (0.09, 0.0, 0.006), Look((0.12, 0.24, 0.36), 0.3))
    return jug


def _fruit() -> None:
    red, green, yellow = (0.5, 0.045, 0.03), (0.3, 0.4, 0.06), (0.66, 0.46, 0.08)
    apples = (
        ((0.05, -0.015, 0.058), red),
        ((0.125, -0.02, 0.06), green),
        ((0.095, 0.055, 0.06), red),
        ((-0.04, -0.17, 0.006), red),
        ((0.385, 0.04, 0.06), green),
    )
    for number, (at, colour) in enumerate(apples):
        apple = place(f"Apple {number + 1}", lathe("Apple", APPLE, 40), at, Look(colour, 0.3))
        apple.rotation_euler = (radians(9 * number - 12), radians(14 - 6 * number), number)
    standing = place("Pear", lathe("Pear", PEAR, 40), (0.22, -0.13, 0.0), Look(yellow, 0.45))
    standing.rotation_euler.x = radians(4)
    lying = place("Pear Lying", lathe("Pear", PEAR, 40), (-0.27, -0.12, 0.036), Look(yellow, 0.45))
    lying.rotation_euler = (radians(92), 0, radians(52))


def _light() -> None:
    window = bpy.data.lights.new("Window", "AREA")
    window.energy, window.color, window.shape = 44.0, (1.0, 0.86, 0.68), "RECTANGLE"
    window.size, window.size_y = 0.7, 1.0
    aim(window, (-1.25, -0.75, 1.15), (0.05, 0.05, 0.1))
    fill = bpy.data.lights.new("Fill", "AREA")
    fill.energy, fill.color, fill.size = 9.0, (0.62, 0.74, 1.0), 1.6
    aim(fill, (1.5, -0.9, 0.9), (0.0, 0.1, 0.1))
    world = bpy.data.worlds.new("World")
    world.color = (0.05, 0.055, 0.065)
    if world.node_tree is None:
        world.use_nodes = True
    for node in world.node_tree.nodes:
        if node.bl_idname == "ShaderNodeBackground":
            node.inputs["Color"].default_value = (0.05, 0.06, 0.08, 1.0)
    bpy.context.scene.world = world


def aim(data: bpy.types.ID, at: Sequence[float], target: Sequence[float]) -> bpy.types.Object:
    obj = bpy.data.objects.new(data.name, data)
    towards = Vector(target) - Vector(at)
    obj.matrix_world = Matrix.Translation(at) @ towards.to_track_quat("-Z", "Y").to_matrix().to_4x4()
    bpy.context.scene.collection.objects.link(obj)
    return obj


def _camera() -> None:
    data = bpy.data.cameras.new("Camera")
    data.lens, data.dof.use_dof = 52, False
    bpy.context.scene.camera = aim(data, (0.14, -1.3, 0.44), (0.045, 0.02, 0.155))


def _render_settings(scene: bpy.types.Scene) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 20, True
    scene.cycles.device = "CPU"
    scene.render.resolution_x, scene.render.resolution_y = 1280, 720
    scene.render.resolution_percentage = 100
