# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for the model paints in the texture demo: teal glaze with veins of gold, the same from all sides.

The embedded server's own painter repaints pictures and knows nothing of objects; this one renders a procedural
surface for each view, and then shifts, tints and shades the picture a little, as the model does.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from PIL import Image

GLAZE = (
    (0.0, (0.010, 0.055, 0.075)),
    (0.45, (0.015, 0.16, 0.19)),
    (0.75, (0.09, 0.34, 0.33)),
    (1.0, (0.52, 0.66, 0.55)),
)
GOLD = (0.78, 0.50, 0.13)


class StandIn:
    """Answers each view with its picture; views are known by the hash of their structure's pixels."""

    def __init__(self) -> None:
        self._answers: dict[str, Image.Image] = {}

    def __call__(self, job: Any) -> Image.Image:
        with Image.open(io.BytesIO(job.images[-1])) as structure:
            pixels = np.asarray(structure.convert("RGB"))
        return self._answers[_hash(pixels)].resize((job.width, job.height), Image.Resampling.LANCZOS)

    def learn(self, structure: Path, picture: np.ndarray) -> None:
        """Answer this structure (a raw capture) with a picture (h, w, 3) uint8."""
        self._answers[_hash(np.load(structure)[..., :3])] = Image.fromarray(picture)


def _hash(pixels: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def shift_picture(picture: np.ndarray, number: int) -> np.ndarray:
    """As a model returns it: some pixels off, a little lighter or darker, dimmer towards the corners."""
    draw = np.random.default_rng(number)
    size = (picture.shape[1], picture.shape[0])
    scale, across, down = 1 + draw.uniform(-0.012, 0.012), *draw.uniform(-9, 9, 2)
    moved = Image.fromarray(picture).transform(
        size, Image.Transform.AFFINE, (scale, 0, across, 0, scale, down), Image.Resampling.BICUBIC
    )
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    shade = (1 - 0.05 * (x**2 + y**2))[..., None] * (1 + draw.uniform(-0.06, 0.06, 3))
    return np.clip(np.asarray(moved) * shade, 0, 255).astype(np.uint8)


def make_surface() -> bpy.types.Material:
    """The glaze as light that a surface gives off by itself: the picture has no shading of its own."""
    material = bpy.data.materials.new("Stand-In")
    if material.node_tree is None:  # before 5.0, where materials are not always node trees
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    colour = _mix(tree, _veins(tree, place), _glaze(tree, place), GOLD)
    emission, output = (
        tree.nodes.new("ShaderNodeEmission"),
        tree.nodes.new("ShaderNodeOutputMaterial"),
    )
    tree.links.new(colour, emission.inputs["Color"])
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    return material


def _glaze(tree: bpy.types.NodeTree, place: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    noise = _add_node(tree, "ShaderNodeTexNoise", Scale=3.2, Detail=9.0, Roughness=0.62, Distortion=1.4)
    tree.links.new(place, noise.inputs["Vector"])
    return _add_ramp(tree, noise.outputs[0], GLAZE, spread=(0.32, 0.70))


def _veins(tree: bpy.types.NodeTree, place: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """1 on thin, slightly bent lines between cells."""
    bend = _add_node(tree, "ShaderNodeTexNoise", Scale=2.5, Detail=4.0)
    tree.links.new(place, bend.inputs["Vector"])
    moved = tree.nodes.new("ShaderNodeVectorMath")
    moved.operation = "MULTIPLY_ADD"
    tree.links.new(bend.outputs["Color"], moved.inputs[0])
    moved.inputs[1].default_value = (0.35, 0.35, 0.35)
    tree.links.new(place, moved.inputs[2])
    cells = _add_node(tree, "ShaderNodeTexVoronoi", Scale=1.9)
    cells.feature = "DISTANCE_TO_EDGE"
    tree.links.new(moved.outputs[0], cells.inputs["Vector"])
    line = ((0.0, (1.0, 1.0, 1.0)), (0.016, (1.0, 1.0, 1.0)), (0.026, (0.0, 0.0, 0.0)))
    return _add_ramp(tree, cells.outputs["Distance"], line)


def _add_node(tree: bpy.types.NodeTree, kind: str, **values: float) -> Any:
    node = tree.nodes.new(kind)
    for name, value in values.items():
        node.inputs[name].default_value = value
    return node


def _add_ramp(
    tree: bpy.types.NodeTree,
    factor: bpy.types.NodeSocket,
    stops: Sequence[tuple[float, tuple[float, float, float]]],
    spread: tuple[float, float] = (0.0, 1.0),
) -> bpy.types.NodeSocket:
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    elements = ramp.color_ramp.elements
    while len(elements) < len(stops):
        elements.new(1.0)
    for element, (at, colour) in zip(elements, stops, strict=True):
        element.position = spread[0] + at * (spread[1] - spread[0])
        element.color = (*colour, 1.0)
    tree.links.new(factor, ramp.inputs[0])
    return ramp.outputs[0]


def _mix(
    tree: bpy.types.NodeTree,
    factor: bpy.types.NodeSocket,
    base: bpy.types.NodeSocket,
    over: tuple[float, float, float],
) -> bpy.types.NodeSocket:
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    named = {socket.identifier: socket for socket in mix.inputs}
    tree.links.new(factor, named["Factor_Float"])
    tree.links.new(base, named["A_Color"])
    named["B_Color"].default_value = (*over, 1.0)
    return next(socket for socket in mix.outputs if socket.identifier == "Result_Color")
