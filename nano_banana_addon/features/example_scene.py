# SPDX-License-Identifier: GPL-3.0-or-later
"""A small still life, made by code in a scene of its own: something to generate the first image from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi, sin

import bpy
from mathutils import Matrix, Vector

from ..blender.deliver.datablocks import ownership_tags
from ..blender.host import compat
from ..identity import DISPLAY_NAME, SCENE_PROPERTY

NAME = f"{DISPLAY_NAME} Example"
PROMPT = "Oil painting of a still life in golden evening light, visible brush strokes"
_FACT = "example"  # on the scene
_SEGMENTS = 48  # of a turned shape

Vertex = tuple[float, float, float]
Faces = list[tuple[int, ...]]
Colour = tuple[float, float, float]
#: (radius, height) from the bottom up, in metres.
_VASE = ((0, 0), (0.06, 0), (0.1, 0.06), (0.112, 0.13), (0.09, 0.2), (0.05, 0.26), (0.048, 0.3), (0.07, 0.34))
_BOWL = ((0, 0.01), (0.05, 0), (0.06, 0.015), (0.11, 0.05), (0.14, 0.1), (0.132, 0.1), (0.1, 0.055), (0, 0.03))
_FRUIT = ((0, 0.006), (0.018, 0), (0.036, 0.016), (0.042, 0.038), (0.036, 0.058), (0.02, 0.07), (0, 0.062))
_TURNED = (
    ("Vase", _VASE, (-0.16, 0.06, 0.0), (0.72, 0.66, 0.55)),
    ("Bowl", _BOWL, (0.12, 0.0, 0.0), (0.09, 0.2, 0.36)),
    ("Apple", _FRUIT, (0.08, -0.02, 0.055), (0.5, 0.04, 0.03)),
    ("Lime", _FRUIT, (0.16, -0.02, 0.058), (0.28, 0.4, 0.05)),
    ("Peach", _FRUIT, (0.12, 0.05, 0.06), (0.75, 0.36, 0.1)),
    ("Plum", _FRUIT, (-0.03, -0.15, 0.0), (0.2, 0.03, 0.12)),
)
_BOXES = (
    ("Table", (1.7, 0.9, 0.05), (0.0, 0.0, -0.025), (0.24, 0.12, 0.055)),
    ("Wall", (4.0, 0.05, 2.6), (0.0, 0.7, 0.6), (0.42, 0.45, 0.4)),
    ("Cloth", (0.62, 0.4, 0.006), (0.0, -0.03, 0.0), (0.78, 0.73, 0.63)),
    ("Book", (0.22, 0.15, 0.04), (0.4, 0.06, 0.02), (0.4, 0.09, 0.06)),
)


def is_example(scene: bpy.types.Scene) -> bool:
    """Whether this made a scene."""
    return bool(ownership_tags.get_fact(scene, _FACT))


def load(context: bpy.types.Context) -> bpy.types.Scene:
    """Show the example scene of this file, made now if there is none, through its camera; other scenes stay."""
    scene = next(filter(is_example, bpy.data.scenes), None) or _build()
    if context.window is None:
        return scene
    context.window.scene = scene
    views = [area for area in context.window.screen.areas if area.type == "VIEW_3D"]
    for area in sorted(views, key=lambda area: area.width * area.height)[-1:]:
        area.spaces.active.region_3d.view_perspective = "CAMERA"
    return scene


def _build() -> bpy.types.Scene:
    scene = bpy.data.scenes.new(NAME)
    ownership_tags.set_fact(scene, _FACT, True)
    for name, profile, place, colour in _TURNED:
        _add(scene, name, _turn(profile), place, colour, smooth=True)
    for name, size, place, colour in _BOXES:
        _add(scene, name, _box(size), place, colour)
    _add_light(scene, (-1.1, -0.8, 1.2), 45.0, (1.0, 0.85, 0.66))
    _add_light(scene, (1.4, -0.9, 0.9), 10.0, (0.62, 0.74, 1.0))
    camera = bpy.data.cameras.new("Camera")
    camera.lens = 50.0
    scene.camera = _aim(scene, camera, (0.14, -1.35, 0.46), (0.03, 0.0, 0.14))
    scene.render.resolution_x, scene.render.resolution_y = 1280, 720
    choices = getattr(scene, SCENE_PROPERTY)
    choices.prompt, choices.image_size = PROMPT, "1K"
    return scene


def _add(
    scene: bpy.types.Scene,
    name: str,
    shape: tuple[list[Vertex], Faces],
    place: Vertex,
    colour: Colour,
    *,
    smooth: bool = False,
) -> None:
    """Add an object with a material of its colour."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(shape[0], [], shape[1])
    mesh.shade_smooth() if smooth else mesh.shade_flat()
    material = bpy.data.materials.new(name)
    compat.set_uses_nodes(material, True)
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = material.diffuse_color = (*colour, 1.0)
    mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    obj.location = place
    scene.collection.objects.link(obj)


def _turn(profile: Sequence[tuple[float, float]]) -> tuple[list[Vertex], Faces]:
    """The shape of a profile turned around the Z axis; its ends on the axis are closed."""
    steps, angles = _round_off(profile), [2 * pi * step / _SEGMENTS for step in range(_SEGMENTS)]
    vertices = [(radius * cos(a), radius * sin(a), height) for radius, height in steps for a in angles]
    rings = [range(start, start + _SEGMENTS) for start in range(0, len(vertices), _SEGMENTS)]
    faces = [
        (low[i], low[(i + 1) % _SEGMENTS], high[(i + 1) % _SEGMENTS], high[i])
        for low, high in pairwise(rings)
        for i in range(_SEGMENTS)
    ]
    return vertices, faces


def _round_off(profile: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The profile with its corners cut twice (Chaikin's scheme), the ends kept."""
    for _ in range(2):
        cut = [(p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t) for p, q in pairwise(profile) for t in (0.25, 0.75)]
        profile = [profile[0], *cut, profile[-1]]
    return [(max(radius, 1e-4), height) for radius, height in profile]


def _box(size: Vertex) -> tuple[list[Vertex], Faces]:
    x, y, z = (length / 2 for length in size)
    vertices = [(i * x, j * y, k * z) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]
    return vertices, [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def _add_light(scene: bpy.types.Scene, place: Vertex, energy: float, colour: Colour) -> None:
    light = bpy.data.lights.new("Light", "AREA")
    light.energy, light.color, light.size = energy, colour, 0.9
    _aim(scene, light, place, (0.0, 0.0, 0.1))


def _aim(scene: bpy.types.Scene, data: bpy.types.ID, place: Vertex, target: Vertex) -> bpy.types.Object:
    """An object of a light or camera at a place, turned to a target."""
    obj = bpy.data.objects.new(data.name, data)
    direction = (Vector(target) - Vector(place)).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    obj.matrix_world = Matrix.Translation(place) @ direction
    scene.collection.objects.link(obj)
    return obj
