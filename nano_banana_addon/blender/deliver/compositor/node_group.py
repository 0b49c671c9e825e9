# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the compositor's node group: one picture, laid exactly over the camera's frame,
colours undone.
"""

from __future__ import annotations

import bpy

from ....core.frames import Rectangle
from ...host import compat
from ..datablocks.nodes import NodeBuilder, Socket
from . import khronos_neutral_inverse
from .colour import Inverse

IMAGE, FACTOR = "Image", "Factor"
_CENTRED = 1e-6  # of the frame
_HUGE = 1e30  # below any colour, so that the comparison gives 0 also for infinite ones
_COVERED = 0.4  # a border through a pixel's centre leaves 0.5 there, less what rounding takes


def new_group(name: str) -> bpy.types.NodeTree:
    """An empty compositor node group; muted, it passes its image through."""
    group = bpy.data.node_groups.new(name, "CompositorNodeTree")
    group.interface.new_socket(IMAGE, in_out="INPUT", socket_type="NodeSocketColor")
    factor = group.interface.new_socket(FACTOR, in_out="INPUT", socket_type="NodeSocketFloat")
    factor.subtype = "FACTOR"
    factor.default_value = 1.0
    factor.min_value, factor.max_value = 0.0, 1.0
    factor.description = "How much of the picture shows"
    group.interface.new_socket(IMAGE, in_out="OUTPUT", socket_type="NodeSocketColor")
    return group


def build(
    group: bpy.types.NodeTree,
    image: bpy.types.Image,
    window: Rectangle,
    inverse: Inverse,
    mask: bpy.types.Image | None = None,
) -> None:
    """Fill the group anew. `window` is the part of the frame that the picture shows, in frame
    coordinates.

    Giving the node its image makes Blender read the file, once.
    """
    group.nodes.clear()
    make = NodeBuilder(group)
    outside = make.node("NodeGroupInput").outputs
    source = make.node("CompositorNodeImage")
    source.image = image
    # Scaled as encoded values: in scene linear light a few very bright pixels would drown their
    # neighbours.
    encoded = _convert(make, source.outputs["Image"], compat.working_colour_space(), "sRGB")
    if mask is not None:
        encoded = _masked(make, encoded, mask)
    placed = _lay_over_frame(make, encoded, window, outside[IMAGE])
    sampled = _sample(make, placed, outside[IMAGE])
    whole = _without_fringe(make, sampled, soft=mask is not None)
    shown = _undo_view(make, whole, inverse)
    over = make.node("CompositorNodeAlphaOver")
    over.inputs["Straight Alpha"].default_value = True
    factor, background, foreground = compat.alpha_over_sockets(over)
    make.link(outside[FACTOR], factor)
    make.link(outside[IMAGE], background)
    make.link(shown, foreground)
    make.link(over.outputs[0], make.node("NodeGroupOutput").inputs[IMAGE])
    make.arrange()


def _undo_view(make: NodeBuilder, picture: Socket, inverse: Inverse) -> Socket:
    working = compat.working_colour_space()
    if inverse.gamma != 1.0:
        gamma = make.node(compat.COMPOSITOR_GAMMA)
        gamma.inputs["Gamma"].default_value = inverse.gamma
        picture = _through(make, picture, gamma)
    if inverse.space is not None:
        linear = "Linear Rec.709" if inverse.neutral else working
        picture = _convert(make, picture, inverse.space, linear)
    if inverse.neutral:
        picture = _convert(make, khronos_neutral_inverse.undo(make, picture), "Linear Rec.709", working)
    if inverse.exposure != 0.0:
        exposure = make.node("CompositorNodeExposure")
        exposure.inputs["Exposure"].default_value = inverse.exposure
        picture = _through(make, picture, exposure)
    return picture


def _convert(make: NodeBuilder, picture: Socket, source: str, target: str) -> Socket:
    if source == target:
        return picture
    node = make.node("CompositorNodeConvertColorSpace")
    node.from_color_space, node.to_color_space = source, target
    return _through(make, picture, node)


def _lay_over_frame(make: NodeBuilder, picture: Socket, window: Rectangle, render: Socket) -> Socket:
    """Stretch the picture over the frame, then to the window's size and place. All of it is
    relative to the render, so other resolution percentages fit, too."""
    left, top, right, bottom = window
    frame = make.node("CompositorNodeScale")
    compat.scale_to_render_size(frame)
    picture = _through(make, picture, frame)
    part = make.node("CompositorNodeScale")
    part.inputs["X"].default_value, part.inputs["Y"].default_value = right - left, bottom - top
    compat.smooth_interpolation(frame)
    compat.smooth_interpolation(part)
    picture = _through(make, picture, part)
    # The frame's y runs down, the compositor's up.
    offsets = ((left + right - 1) / 2, (1 - top - bottom) / 2)
    if max(map(abs, offsets)) < _CENTRED:
        return picture
    moved = make.node("CompositorNodeTranslate")
    compat.smooth_interpolation(moved)
    for offset, name, dimension in zip(offsets, "XY", "XY", strict=True):
        pixels = make.node("CompositorNodeRelativeToPixel")
        pixels.data_type, pixels.reference_dimension = "FLOAT", dimension
        make.link(render, pixels.inputs["Image"])
        named = {socket.identifier: socket for socket in pixels.inputs}
        named["Float Value"].default_value = offset
        value = next(s for s in pixels.outputs if s.type == "VALUE")
        make.link(value, moved.inputs[name])
    return _through(make, picture, moved)


def _sample(make: NodeBuilder, picture: Socket, render: Socket) -> Socket:
    """Bring the picture onto the render's pixels now: Blender 5 would otherwise put that off until
    the end, where the values are scene linear. Laying it over an empty picture of the render's size
    does that."""
    zero = make.math("LESS_THAN", render, -_HUGE)
    empty = make.node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(empty, replace=False)
    empty.inputs["Alpha"].default_value = 0.0
    over = make.node("CompositorNodeAlphaOver")
    factor, background, foreground = compat.alpha_over_sockets(over)
    factor.default_value = 1.0
    make.link(_through(make, zero, empty), background)
    make.link(picture, foreground)
    return over.outputs[0]


def _without_fringe(make: NodeBuilder, picture: Socket, *, soft: bool) -> Socket:
    """Scaling fades a picture out over its border pixels, and the render would shine through at the
    frame's edge. Straight alpha gives them their full colour; a pixel is covered if its centre
    is."""
    straight = make.node("CompositorNodePremulKey")
    compat.to_straight_alpha(straight)
    whole = _through(make, picture, straight)
    if soft:
        return whole
    alpha = make.node("CompositorNodeSeparateColor")
    make.link(picture, alpha.inputs[0])
    covered = make.math("GREATER_THAN", alpha.outputs["Alpha"], _COVERED)
    node = make.node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(node, replace=True)
    make.link(covered, node.inputs["Alpha"])
    return _through(make, whole, node)


def _masked(make: NodeBuilder, picture: Socket, mask: bpy.types.Image) -> Socket:
    grey = make.node("CompositorNodeImage")
    grey.image = mask
    node = make.node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(node, replace=False)
    make.link(grey.outputs["Image"], node.inputs["Alpha"])
    return _through(make, picture, node)


def _through(make: NodeBuilder, picture: Socket, node: bpy.types.Node) -> Socket:
    make.link(picture, node.inputs[0])
    return node.outputs[0]
