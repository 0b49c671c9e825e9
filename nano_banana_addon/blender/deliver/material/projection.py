# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of a material's node group: a picture projected from a frozen camera, or laid out by UVs.

The group mixes its `Original` input with the picture, and further maps of the surface with theirs. Exact for
perspective and orthographic cameras: the division by depth happens for each shaded point (Blender's UV Project divides
only at the corners of faces).
"""

from __future__ import annotations

from typing import Any

import bpy

from ..datablocks.nodes import NodeBuilder, Socket
from ..datablocks.versions import MAP_NAMES, Maps

ORIGINAL, FACTOR, BACK_SIDES, COLOR = "Original", "Factor", "Back Sides", "Color"
UV, PROJECTED = "UV", "PROJECTED"


def new_group(name: str) -> bpy.types.NodeTree:
    """An empty shader node group with the sockets that every version has."""
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    interface = group.interface
    interface.new_socket(ORIGINAL, in_out="INPUT", socket_type="NodeSocketColor")
    _add_factor(interface, FACTOR, 1.0, "How much of the image is visible")
    _add_factor(interface, BACK_SIDES, 0.0, "How much is visible on sides that the camera could not see")
    interface.new_socket(COLOR, in_out="OUTPUT", socket_type="NodeSocketColor")
    return group


def name_original(output: str) -> str:
    """The name of the input with what a group's output shows where there is no picture."""
    return ORIGINAL if output == COLOR else f"{ORIGINAL} {output}"


def add_map_sockets(group: bpy.types.NodeTree) -> None:
    """Let a group pass further maps of the surface, if it does not yet."""
    for name in MAP_NAMES:
        if not _has_socket(group, name):
            _add_factor(group.interface, name_original(name), 0.0, f"The {name.lower()} without the image's map")
            group.interface.new_socket(name, in_out="OUTPUT", socket_type="NodeSocketFloat")


def _has_socket(group: bpy.types.NodeTree, name: str) -> bool:
    return any(item.name == name for item in group.interface.items_tree)


def _add_factor(interface: bpy.types.NodeTreeInterface, name: str, value: float, description: str) -> None:
    socket = interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
    socket.subtype = "FACTOR"
    socket.default_value = value
    socket.min_value, socket.max_value = 0.0, 1.0
    socket.description = description


def build(group: bpy.types.NodeTree, image: bpy.types.Image, facts: dict[str, Any], maps: Maps | None = None) -> None:
    """Fill the group anew for one version; `facts` are those of a `Projector`, or say UV. `maps` lie as the image."""
    group.nodes.clear()
    builder = NodeBuilder(group)
    outside = builder.add_node("NodeGroupInput").outputs
    picture = builder.add_node("ShaderNodeTexImage")
    picture.image = image
    if facts["lies"] == UV:
        builder.link(_add_uv_map(builder, facts.get("uv_map", "")), picture.inputs["Vector"])
        factor = builder.math("MULTIPLY", outside[FACTOR], picture.outputs["Alpha"])
    else:
        picture.extension = "EXTEND"  # CLIP would darken the half pixel at the border
        visibility = _project(builder, picture, facts, outside[BACK_SIDES])
        alpha = builder.math("MULTIPLY", visibility, picture.outputs["Alpha"])
        factor = builder.math("MULTIPLY", outside[FACTOR], alpha)
    mixed_colour = builder.mix_colors(factor, outside[ORIGINAL], picture.outputs["Color"])
    shown = builder.add_node("NodeGroupOutput").inputs
    builder.link(mixed_colour, shown[COLOR])
    for name in MAP_NAMES:
        if _has_socket(group, name):
            _mix_map(builder, (maps or {}).get(name), (picture, factor), outside[name_original(name)], shown[name])
    builder.arrange()


def _mix_map(
    builder: NodeBuilder,
    image: bpy.types.Image | None,
    picture: tuple[bpy.types.Node, Socket],
    original: Socket,
    shown: Socket,
) -> None:
    """Show a map where the picture is, with its factor; without one the original passes."""
    if image is None:
        builder.link(original, shown)
        return
    node = builder.add_node("ShaderNodeTexImage")
    node.image, node.extension = image, picture[0].extension
    builder.link(picture[0].inputs["Vector"].links[0].from_socket, node.inputs["Vector"])
    change = builder.math("SUBTRACT", node.outputs["Color"], original)
    builder.link(builder.math("MULTIPLY_ADD", change, picture[1], original), shown)


def _add_uv_map(builder: NodeBuilder, name: str) -> Socket:
    """A map by its name stays the right one when another is made active; "" follows the active one."""
    if not name:
        return builder.add_node("ShaderNodeTexCoord").outputs["UV"]
    node = builder.add_node("ShaderNodeUVMap")
    node.uv_map = name
    return node.outputs["UV"]


def _project(builder: NodeBuilder, picture: bpy.types.Node, facts: dict[str, Any], back_sides: Socket) -> Socket:
    """Wire the picture's coordinates; returns 1 where the camera saw the point, else 0."""
    place = _add_position(builder, facts["object_space"])
    depth = builder.plane(place, facts["depth"])
    across = builder.math("DIVIDE", builder.plane(place, facts["across"]), depth)
    up = builder.math("DIVIDE", builder.plane(place, facts["up"]), depth)
    builder.link(builder.combine(across, up), picture.inputs["Vector"])
    inside = builder.math("MULTIPLY", _test_unit_interval(builder, across), _test_unit_interval(builder, up))
    in_front = builder.math("GREATER_THAN", builder.plane(place, facts["near"]), 0.0)
    faces_camera = builder.math("MAXIMUM", _test_facing(builder, place, facts), back_sides)
    return builder.math("MULTIPLY", builder.math("MULTIPLY", inside, in_front), faces_camera)


def _add_position(builder: NodeBuilder, object_space: bool) -> Socket:
    if object_space:
        return builder.add_node("ShaderNodeTexCoord").outputs["Object"]
    return builder.add_node("ShaderNodeNewGeometry").outputs["Position"]


def _test_unit_interval(builder: NodeBuilder, value: Socket) -> Socket:
    return builder.math("COMPARE", value, 0.5, 0.5)


def _test_facing(builder: NodeBuilder, place: Socket, facts: dict[str, Any]) -> Socket:
    """1 where the side that is being shaded is the side that the camera saw.

    Renderers turn the normal towards the viewer, so this also holds for both sides of a single sheet.
    """
    normal = builder.add_node("ShaderNodeNewGeometry").outputs["True Normal"]
    if facts["object_space"]:
        transform = builder.add_node("ShaderNodeVectorTransform")
        transform.vector_type, transform.convert_from, transform.convert_to = "NORMAL", "WORLD", "OBJECT"
        builder.link(normal, transform.inputs[0])
        normal = transform.outputs[0]
    eye = facts["eye"]
    towards = eye if facts["orthographic"] else builder.vector("SUBTRACT", eye, place)
    return builder.math("GREATER_THAN", builder.dot(normal, towards), 0.0)
