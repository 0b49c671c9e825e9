# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of a material's node group: a picture projected from a frozen camera, or laid out by
UVs.

The group mixes its `Original` input with the picture. Exact for perspective and orthographic
cameras: the division by depth happens for each shaded point (Blender's UV Project divides only at
the corners of faces).
"""

from __future__ import annotations

from typing import Any

import bpy

from ..datablocks.nodes import NodeBuilder, Socket

ORIGINAL, FACTOR, BACK_SIDES, COLOR = "Original", "Factor", "Back Sides", "Color"
UV, PROJECTED = "UV", "PROJECTED"


def new_group(name: str) -> bpy.types.NodeTree:
    """An empty shader node group with the sockets that every version has."""
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    interface = group.interface
    interface.new_socket(ORIGINAL, in_out="INPUT", socket_type="NodeSocketColor")
    _factor(interface, FACTOR, 1.0, "How much of the picture shows")
    _factor(interface, BACK_SIDES, 0.0, "How much shows on sides that the camera could not see")
    interface.new_socket(COLOR, in_out="OUTPUT", socket_type="NodeSocketColor")
    return group


def _factor(interface: bpy.types.NodeTreeInterface, name: str, value: float, description: str) -> None:
    socket = interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
    socket.subtype = "FACTOR"
    socket.default_value = value
    socket.min_value, socket.max_value = 0.0, 1.0
    socket.description = description


def build(group: bpy.types.NodeTree, image: bpy.types.Image, facts: dict[str, Any]) -> None:
    """Fill the group anew for one version; `facts` are those of a `Projector`, or say UV."""
    group.nodes.clear()
    make = NodeBuilder(group)
    outside = make.node("NodeGroupInput").outputs
    picture = make.node("ShaderNodeTexImage")
    picture.image = image
    if facts["lies"] == UV:
        make.link(_uv_map(make, facts.get("uv_map", "")), picture.inputs["Vector"])
        shown = make.math("MULTIPLY", outside[FACTOR], picture.outputs["Alpha"])
    else:
        picture.extension = "EXTEND"  # CLIP would darken the half pixel at the border
        seen = _project(make, picture, facts, outside[BACK_SIDES])
        alpha = make.math("MULTIPLY", seen, picture.outputs["Alpha"])
        shown = make.math("MULTIPLY", outside[FACTOR], alpha)
    mixed = make.mix_colors(shown, outside[ORIGINAL], picture.outputs["Color"])
    make.link(mixed, make.node("NodeGroupOutput").inputs[COLOR])
    make.arrange()


def _uv_map(make: NodeBuilder, name: str) -> Socket:
    """A map by its name stays the right one when another is made active; "" follows the active one."""
    if not name:
        return make.node("ShaderNodeTexCoord").outputs["UV"]
    node = make.node("ShaderNodeUVMap")
    node.uv_map = name
    return node.outputs["UV"]


def _project(make: NodeBuilder, picture: bpy.types.Node, facts: dict[str, Any], back_sides: Socket) -> Socket:
    """Wire the picture's coordinates; returns 1 where the camera saw the point, else 0."""
    place = _place(make, facts["object_space"])
    depth = make.plane(place, facts["depth"])
    across = make.math("DIVIDE", make.plane(place, facts["across"]), depth)
    up = make.math("DIVIDE", make.plane(place, facts["up"]), depth)
    make.link(make.combine(across, up), picture.inputs["Vector"])
    inside = make.math("MULTIPLY", _in_unit(make, across), _in_unit(make, up))
    in_front = make.math("GREATER_THAN", make.plane(place, facts["near"]), 0.0)
    faces = make.math("MAXIMUM", _faces_camera(make, place, facts), back_sides)
    return make.math("MULTIPLY", make.math("MULTIPLY", inside, in_front), faces)


def _place(make: NodeBuilder, object_space: bool) -> Socket:
    if object_space:
        return make.node("ShaderNodeTexCoord").outputs["Object"]
    return make.node("ShaderNodeNewGeometry").outputs["Position"]


def _in_unit(make: NodeBuilder, value: Socket) -> Socket:
    return make.math("COMPARE", value, 0.5, 0.5)


def _faces_camera(make: NodeBuilder, place: Socket, facts: dict[str, Any]) -> Socket:
    """1 where the side that is being shaded is the side that the camera saw. Renderers turn the
    normal towards the viewer, so this also holds for both sides of a single sheet."""
    normal = make.node("ShaderNodeNewGeometry").outputs["True Normal"]
    if facts["object_space"]:
        turned = make.node("ShaderNodeVectorTransform")
        turned.vector_type, turned.convert_from, turned.convert_to = "NORMAL", "WORLD", "OBJECT"
        make.link(normal, turned.inputs[0])
        normal = turned.outputs[0]
    eye = facts["eye"]
    towards = eye if facts["orthographic"] else make.vector("SUBTRACT", eye, place)
    return make.math("GREATER_THAN", make.dot(normal, towards), 0.0)
