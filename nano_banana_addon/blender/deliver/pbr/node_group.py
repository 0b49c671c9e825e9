# SPDX-License-Identifier: GPL-3.0-or-later
"""The node group of a material: its maps at a size in metres, a Principled BSDF, and the displacement."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ....core.material.values import Map
from ....core.material_settings import MaterialSettings
from ...host import compat
from ..datablocks.nodes import NodeBuilder, Operand, Socket

SIZE, UV_SIZE, RELIEF, NORMAL, OCCLUSION = "Size", "UV Size", "Relief", "Normal", "Occlusion"
SHADER, DISPLACEMENT = "BSDF", "Displacement"
_MIDDLE = 0.5  # of the height map: the surface of the mesh


def new_group(name: str) -> bpy.types.NodeTree:
    """An empty shader node group with its sockets."""
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for socket, subtype, value, highest, description in (
        (SIZE, "DISTANCE", 2.0, 10_000.0, "Width of the image on the surface"),
        (UV_SIZE, "DISTANCE", 1.0, 10_000.0, "Width that the UV map's unit square has on the surface"),
        (RELIEF, "FACTOR", 0.05, 1.0, "Height of the whole relief, as a part of the size; for the displacement"),
        (NORMAL, "NONE", 1.0, 10.0, "How strongly the normal map shows the relief"),
        (OCCLUSION, "FACTOR", 0.5, 1.0, "How much the occlusion map darkens the base colour"),
    ):
        made = group.interface.new_socket(socket, in_out="INPUT", socket_type="NodeSocketFloat")
        made.subtype, made.default_value, made.description = subtype, value, description
        made.min_value, made.max_value = 0.0, highest
    group.interface.new_socket(SHADER, in_out="OUTPUT", socket_type="NodeSocketShader")
    group.interface.new_socket(DISPLACEMENT, in_out="OUTPUT", socket_type="NodeSocketVector")
    return group


def build(group: bpy.types.NodeTree, images: Mapping[Map, bpy.types.Image], settings: MaterialSettings) -> None:
    """Fill the group anew with maps."""
    group.nodes.clear()
    builder = NodeBuilder(group)
    outside = builder.add_node("NodeGroupInput").outputs
    place = _map_coordinates(builder, outside)
    textures = {name: _add_texture(builder, images[name], name, place) for name in images if name in _LABELS}
    shader, output = builder.add_node("ShaderNodeBsdfPrincipled"), builder.add_node("NodeGroupOutput")
    builder.feed(_occlude(builder, textures, outside[OCCLUSION]), shader.inputs["Base Color"])
    builder.feed(textures.get(Map.ROUGHNESS, settings.roughness), shader.inputs["Roughness"])
    builder.feed(textures.get(Map.METALLIC, settings.metallic), shader.inputs["Metallic"])
    if Map.NORMAL in textures:
        bent = builder.add_node("ShaderNodeNormalMap")
        compat.set_plain_normal_map(bent)
        builder.link(outside[NORMAL], bent.inputs["Strength"])
        builder.link(textures[Map.NORMAL], bent.inputs["Color"])
        builder.link(bent.outputs[0], shader.inputs["Normal"])
    if Map.HEIGHT in textures:
        moved = builder.add_node("ShaderNodeDisplacement")
        moved.inputs["Midlevel"].default_value = _MIDDLE
        builder.link(textures[Map.HEIGHT], moved.inputs["Height"])
        builder.link(builder.math("MULTIPLY", outside[RELIEF], outside[SIZE]), moved.inputs["Scale"])
        builder.link(moved.outputs[0], output.inputs[DISPLACEMENT])
    builder.link(shader.outputs[0], output.inputs[SHADER])
    builder.arrange()


#: The maps that are shown, by what the artist reads on their nodes.
_LABELS = {
    Map.COLOUR: "Base Color",
    Map.OCCLUSION: "Ambient Occlusion",
    Map.METALLIC: "Metallic",
    Map.ROUGHNESS: "Roughness",
    Map.NORMAL: "Normal",
    Map.HEIGHT: "Height",
}


def _map_coordinates(builder: NodeBuilder, outside: bpy.types.bpy_prop_collection) -> Socket:
    """The UV map, scaled so that the image is as wide as its size says."""
    scale = builder.math("DIVIDE", outside[UV_SIZE], builder.math("MAXIMUM", outside[SIZE], 1e-6))
    mapping = builder.add_node("ShaderNodeMapping")
    builder.link(builder.add_node("ShaderNodeTexCoord").outputs["UV"], mapping.inputs["Vector"])
    builder.link(scale, mapping.inputs["Scale"])
    return mapping.outputs[0]


def _add_texture(builder: NodeBuilder, image: bpy.types.Image, name: Map, place: Socket) -> Socket:
    texture = builder.add_node("ShaderNodeTexImage", _LABELS[name])
    texture.image = image
    builder.link(place, texture.inputs["Vector"])
    return texture.outputs["Color"]


def _occlude(builder: NodeBuilder, textures: Mapping[Map, Socket], factor: Socket) -> Operand:
    colour: Operand = textures.get(Map.COLOUR, (0.5, 0.5, 0.5, 1.0))
    if Map.OCCLUSION not in textures:
        return colour
    return builder.mix_colors(factor, colour, textures[Map.OCCLUSION], "MULTIPLY")
