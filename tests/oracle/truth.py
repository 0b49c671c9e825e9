"""One procedural texture, twice: as Cycles' nodes (the painter) and as NumPy (what should be on the surface).

Smooth colours with a hard checker, in object space, as linear light between 0.03 and 0.8.
"""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

WAVES = (((2.1, 0.7, -1.3), 0.3), ((-0.9, 2.3, 0.8), 1.7), ((0.6, -1.1, 2.5), 2.9))
MIDDLE, SWING, CHECKER = 0.32, 0.17, 0.10
CELLS = 6.0  # radians per unit of the checker's sines


def to_display(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """Linear light to sRGB display values (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def to_linear(display: NDArray[np.floating]) -> NDArray[np.floating]:
    """The inverse of `to_display`."""
    return np.where(display <= 0.04045, display / 12.92, ((np.maximum(display, 0) + 0.055) / 1.055) ** 2.4)


def make_white(shape: bpy.types.Object) -> None:
    """White light from all of an object: a render then shows how much of each pixel it covers."""
    made = bpy.data.materials.new("White")
    if made.node_tree is None:
        made.use_nodes = True
    made.node_tree.nodes.clear()
    colour = made.node_tree.nodes.new("ShaderNodeRGB").outputs[0]
    colour.default_value = (1, 1, 1, 1)
    _emit(made.node_tree, colour)
    shape.data.materials.clear()
    shape.data.materials.append(made)


def emit_places(shape: bpy.types.Object) -> None:
    """Light from all of an object that says where it is, in the object's own space."""
    made = bpy.data.materials.new("Places")
    if made.node_tree is None:
        made.use_nodes = True
    made.node_tree.nodes.clear()
    _emit(made.node_tree, made.node_tree.nodes.new("ShaderNodeTexCoord").outputs["Object"])
    shape.data.materials.clear()
    shape.data.materials.append(made)


def colour_at(places: NDArray[np.floating]) -> NDArray[np.float32]:
    """The texture (..., 3), linear, at object-space places (..., 3)."""
    p = np.asarray(places, dtype=np.float32)
    checker = np.sign(np.prod(np.sin(p * np.float32(CELLS) + np.float32(0.4)), axis=-1))
    channels = [MIDDLE + SWING * np.sin(p @ np.array(k, np.float32) + phase) + CHECKER * checker for k, phase in WAVES]
    return np.stack(channels, axis=-1).astype(np.float32)


def material(name: str = "Truth") -> bpy.types.Material:
    """The same as an emitting material."""
    made = bpy.data.materials.new(name)
    if made.node_tree is None:
        made.use_nodes = True
    tree = made.node_tree
    tree.nodes.clear()
    place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    checker = _checker(tree, place)
    combine = tree.nodes.new("ShaderNodeCombineColor")
    for index, (factors, phase) in enumerate(WAVES):
        dot = tree.nodes.new("ShaderNodeVectorMath")
        dot.operation = "DOT_PRODUCT"
        tree.links.new(place, dot.inputs[0])
        dot.inputs[1].default_value = factors
        wave = _math(tree, "SINE", _math(tree, "ADD", dot.outputs["Value"], phase))
        smooth = _math(tree, "MULTIPLY_ADD", wave, SWING, MIDDLE)
        tree.links.new(_math(tree, "MULTIPLY_ADD", checker, CHECKER, smooth), combine.inputs[index])
    _emit(tree, combine.outputs[0])
    return made


def _checker(tree: bpy.types.NodeTree, place: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(place, split.inputs[0])
    sines = [_math(tree, "SINE", _math(tree, "MULTIPLY_ADD", split.outputs[i], CELLS, 0.4)) for i in range(3)]
    return _math(tree, "SIGN", _math(tree, "MULTIPLY", _math(tree, "MULTIPLY", sines[0], sines[1]), sines[2]))


def _math(tree: bpy.types.NodeTree, operation: str, *values: object) -> bpy.types.NodeSocket:
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for socket, value in zip(node.inputs, values, strict=False):
        if isinstance(value, bpy.types.NodeSocket):
            tree.links.new(value, socket)
        else:
            socket.default_value = value
    return node.outputs[0]


def _emit(tree: bpy.types.NodeTree, colour: bpy.types.NodeSocket) -> None:
    emission = tree.nodes.new("ShaderNodeEmission")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(colour, emission.inputs["Color"])
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
