# SPDX-License-Identifier: GPL-3.0-or-later
"""A still life by a window, built by code: a jug, a bottle, fruit in a bowl, books, a curtain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians

import bpy
from mathutils import Matrix, Vector

from devtools.demo.shapes import APPLE, BOTTLE, BOWL, JUG, PEAR, box, curtain, handle, lathe

Colour = tuple[float, float, float]


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


def place(
    name: str, mesh: bpy.types.Mesh, at: Sequence[float], look: Look, collection: bpy.types.Collection | None = None
) -> bpy.types.Object:
    """An object of a mesh in the scene's own collection or another, with a material of its own."""
    obj = bpy.data.objects.new(name, mesh)
    obj.location = at
    mesh.materials.append(make_material(name, look))
    (collection or bpy.context.scene.collection).objects.link(obj)
    return obj


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
