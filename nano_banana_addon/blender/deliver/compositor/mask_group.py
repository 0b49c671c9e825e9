# SPDX-License-Identifier: GPL-3.0-or-later
"""The node groups of masks: values in, a mask from 0 to 1 out, joined with the mask below.

One group serves all masks of its sort: what differs stands in the sockets of the node, where it can be animated.
"""

from __future__ import annotations

import bpy

from ....identity import DISPLAY_NAME
from ...host import compat
from ..datablocks import ownership_tags
from ..datablocks.nodes import NodeBuilder, Socket
from ..datablocks.ownership_tags import Role
from .mask_kinds import MaskKind

BELOW, VALUE, MASK, INVERT, ADD = "Below", "Value", "Mask", "Invert", "Add"
START, END, SOFTNESS = "From", "To", "Softness"
_HARD = 1e-6  # the least softness, which is a division
_HELP = {
    BELOW: "The mask that this one is joined with",
    INVERT: "Choose everything else",
    ADD: "Add to the mask below; off: keep only what both choose",
    SOFTNESS: "Width of the edges, outside of the range",
}


def find_group(kind: MaskKind) -> bpy.types.NodeTree:
    """The group for a kind of mask: the one that is in the file, else a new one."""
    for group in ownership_tags.find_by_role(bpy.data.node_groups, Role.MASK_GROUP):
        if ownership_tags.get_fact(group, "sort") == kind.group:
            return group
    group = bpy.data.node_groups.new(f"{DISPLAY_NAME} {kind.group} Mask", "CompositorNodeTree")
    ownership_tags.set_role(group, Role.MASK_GROUP)
    ownership_tags.set_fact(group, "sort", kind.group)
    _add_sockets(group, kind)
    _build(NodeBuilder(group), kind)
    return group


def _add_sockets(group: bpy.types.NodeTree, kind: MaskKind) -> None:
    value = "Color" if kind.group in ("Image", "Wipe") else "Float"
    sockets = [(VALUE, value), (BELOW, "Float"), (INVERT, "Bool"), (ADD, "Bool")]
    sockets += [(name, "Float") for name in (START, END, SOFTNESS)] if kind.range else []
    for name, sort in sockets:
        socket = group.interface.new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{sort}")
        socket.description = _HELP.get(name, "")
        if name == BELOW:
            socket.default_value, socket.hide_value = 1.0, True
    group.interface.new_socket(MASK, in_out="OUTPUT", socket_type="NodeSocketFloat")


def _build(builder: NodeBuilder, kind: MaskKind) -> None:
    inputs = builder.add_node("NodeGroupInput").outputs
    value = _stretch_over_frame(builder, inputs[VALUE]) if kind.group == "Image" else inputs[VALUE]
    mask = _choose_range(builder, inputs, kind) if kind.range else _clamp(builder, "MULTIPLY", value, 1.0)
    mask = builder.math("ABSOLUTE", builder.math("SUBTRACT", mask, inputs[INVERT]))
    both = builder.math("MULTIPLY", mask, inputs[BELOW])
    either = builder.math("MAXIMUM", mask, inputs[BELOW])
    more = builder.math("SUBTRACT", either, both)
    joined = builder.math("MULTIPLY_ADD", more, inputs[ADD], both)
    builder.link(joined, builder.add_node("NodeGroupOutput").inputs[MASK])
    builder.arrange()


def _stretch_over_frame(builder: NodeBuilder, picture: Socket) -> Socket:
    """An image as values of the whole frame. What is transparent counts as black; the frame's edges do not fade."""
    opaque = builder.add_node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(opaque, replace=True)
    frame = builder.add_node("CompositorNodeScale")
    compat.scale_to_render_size(frame)
    straight = builder.add_node("CompositorNodePremulKey")
    compat.to_straight_alpha(straight)
    for node in (opaque, frame, straight):
        builder.link(picture, node.inputs[0])
        picture = node.outputs[0]
    return picture


def _choose_range(builder: NodeBuilder, inputs: bpy.types.NodeOutputs, kind: MaskKind) -> Socket:
    """1 from the first value to the last, falling to 0 over the softness outside of them."""
    value = inputs[VALUE]
    if kind.group == "Wipe":
        place = builder.add_node("CompositorNodeImageCoordinates")
        builder.link(value, place.inputs[0])
        parts = builder.add_node("ShaderNodeSeparateXYZ")
        builder.link(place.outputs["Normalized"], parts.inputs[0])
        value = parts.outputs["X"]
    width = builder.math("MAXIMUM", inputs[SOFTNESS], _HARD)
    rise = builder.math("DIVIDE", builder.math("SUBTRACT", value, inputs[START]), width)
    fall = builder.math("DIVIDE", builder.math("SUBTRACT", inputs[END], value), width)
    return builder.math("MULTIPLY", _clamp(builder, "ADD", rise, 1.0), _clamp(builder, "ADD", fall, 1.0))


def _clamp(builder: NodeBuilder, operation: str, a: Socket, b: float) -> Socket:
    result = builder.math(operation, a, b)
    result.node.use_clamp = True
    return result
