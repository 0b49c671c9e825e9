# SPDX-License-Identifier: GPL-3.0-or-later
"""Five lights, under which Cycles shows the truth: what a model paints that was asked for colours alone.

The lamps cast no shadows: those are not the business of what removes the light.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import pi

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from nano_banana_addon.core.scene.capture import View
from tests.oracle import painter

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Lamp:
    """How bright it makes a surface that faces it, from where it shines, and the angle that it seems wide."""

    strength: float
    place: tuple[float, float, float]
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class Rig:
    """Lamps, and light from all sides. They stand around each view's camera, or around the object."""

    ambient: float
    lamps: Sequence[Lamp] = field(default_factory=tuple)
    of_camera: bool = True


RIGS = {
    "soft key": Rig(0.3, (Lamp(0.9, (-0.5, 0.6, 0.6), 2.6),)),
    "hard key": Rig(0.2, (Lamp(0.9, (-0.7, 0.5, 0.5)),)),
    "top": Rig(0.3, (Lamp(0.8, (0.1, 0.2, 1.0)),), of_camera=False),
    "key and rim": Rig(0.2, (Lamp(0.7, (-0.8, 0.2, 0.5)), Lamp(0.4, (0.9, 0.3, -0.2)))),
    "sky": Rig(0.35, (Lamp(0.9, (0.0, 0.0, 1.0), 3.0),), of_camera=False),
}


def paint(
    objects: Sequence[bpy.types.Object], views: Sequence[View], canvas: tuple[int, int], rig: Rig
) -> list[Pixels]:
    """The views (h, w, 3) of the truth under a rig."""
    with _shade(objects, rig.ambient):
        return [_paint_view(view, canvas, rig) for view in views]


def _paint_view(view: View, canvas: tuple[int, int], rig: Rig) -> Pixels:
    turn = Matrix(view.world).to_3x3().normalized() if rig.of_camera else Matrix.Identity(3)
    lamps = [_add_lamp(lamp, turn) for lamp in rig.lamps]
    try:
        return painter.render_now(view, canvas)
    finally:
        for lamp in lamps:
            bpy.data.lights.remove(lamp.data)


def _add_lamp(lamp: Lamp, turn: Matrix) -> bpy.types.Object:
    data = bpy.data.lights.new("Lamp", "SUN")
    data.energy, data.angle, data.use_shadow = lamp.strength * pi, lamp.angle, False
    made = bpy.data.objects.new("Lamp", data)
    made.rotation_mode = "QUATERNION"
    made.rotation_quaternion = (turn @ Vector(lamp.place)).to_track_quat("Z", "Y")
    bpy.context.scene.collection.objects.link(made)
    return made


@contextmanager
def _shade(objects: Sequence[bpy.types.Object], ambient: float) -> Iterator[None]:
    """The truth as a matt colour, which shines by itself as if lit from all sides."""
    undo = [_shade_material(m, ambient) for m in {slot.material for o in objects for slot in o.material_slots}]
    try:
        yield
    finally:
        for tree, emission, output in undo:
            emission.inputs["Strength"].default_value = 1.0
            tree.links.new(emission.outputs[0], output.inputs["Surface"])


def _shade_material(
    material: bpy.types.Material, ambient: float
) -> tuple[bpy.types.NodeTree, bpy.types.Node, bpy.types.Node]:
    tree = material.node_tree
    emission, output = (next(n for n in tree.nodes if n.type == kind) for kind in ("EMISSION", "OUTPUT_MATERIAL"))
    matt, both = tree.nodes.new("ShaderNodeBsdfDiffuse"), tree.nodes.new("ShaderNodeAddShader")
    tree.links.new(emission.inputs["Color"].links[0].from_socket, matt.inputs["Color"])
    emission.inputs["Strength"].default_value = ambient
    tree.links.new(emission.outputs[0], both.inputs[0])
    tree.links.new(matt.outputs[0], both.inputs[1])
    tree.links.new(both.outputs[0], output.inputs["Surface"])
    return tree, emission, output
