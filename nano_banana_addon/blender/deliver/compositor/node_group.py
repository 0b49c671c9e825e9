# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the compositor's node group: one picture, laid exactly over the camera's frame, colours undone."""

from __future__ import annotations

import bpy

from ....core.scene.frames import Rectangle
from ...host import compat
from ..datablocks.nodes import NodeBuilder, Socket
from . import sequences
from .colour import Inverse
from .view_inverse import convert_space, undo_view

IMAGE, FACTOR, MASK, INVERT = "Image", "Factor", "Mask", "Invert"
_CENTRED = 1e-6  # of the frame
#: Bits of a pixel without an alpha channel: grey and RGB, of bytes; RGB of floats, as which images of 16 bits are kept.
_OPAQUE_DEPTHS = frozenset({8, 24, 96})
_COVERED = 0.4  # a border through a pixel's centre leaves 0.5 there, less what rounding takes


def new_group(name: str) -> bpy.types.NodeTree:
    """An empty compositor node group; muted, it passes its image through."""
    group = bpy.data.node_groups.new(name, "CompositorNodeTree")
    group.interface.new_socket(IMAGE, in_out="INPUT", socket_type="NodeSocketColor")
    _add_factor(group, FACTOR, "How much of the image is visible")
    group.interface.new_socket(IMAGE, in_out="OUTPUT", socket_type="NodeSocketColor")
    add_mask_sockets(group)
    return group


def add_mask_sockets(group: bpy.types.NodeTree) -> None:
    """Give a group its sockets for masks; those of the first versions have none."""
    if MASK in group.interface.items_tree:
        return
    _add_factor(group, MASK, "Where the image is visible")
    invert = group.interface.new_socket(INVERT, in_out="INPUT", socket_type="NodeSocketBool")
    invert.description = "Show the image where the mask is black"


def _add_factor(group: bpy.types.NodeTree, name: str, help: str) -> None:
    factor = group.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketFloat")
    factor.subtype = "FACTOR"
    factor.default_value = 1.0
    factor.min_value, factor.max_value = 0.0, 1.0
    factor.description = help


def build(
    group: bpy.types.NodeTree,
    image: bpy.types.Image,
    window: Rectangle,
    inverse: Inverse,
    mask: bpy.types.Image | None = None,
    blend: str = "MIX",
) -> None:
    """Fill the group anew. `window` is the part of the frame that the picture shows, in frame coordinates.

    `blend` is a mode of Blender's Mix node.

    Giving the node its image makes Blender read the file, once. A sequence keeps its frames.
    """
    sequences.keep_frames(group)
    group.nodes.clear()
    add_mask_sockets(group)
    builder = NodeBuilder(group)
    group_inputs = builder.add_node("NodeGroupInput").outputs
    source = builder.add_node("CompositorNodeImage")
    source.image = image
    sequences.set_frames(source)
    picture = source.outputs["Image"]
    if not inverse.is_plain:  # else encoding and decoding would cancel
        # Scaled as encoded values: in scene-linear light a few very bright pixels would drown their neighbours.
        picture = convert_space(builder, picture, compat.get_working_colour_space(), "sRGB")
    is_sampled = not inverse.is_plain or inverse.exposure or blend != "MIX"  # else Alpha Over does, to the same values
    picture = _place(builder, picture, image, mask, window, group_inputs[IMAGE], is_sampled=bool(is_sampled))
    linear_picture = undo_view(builder, picture, inverse)
    lay = _lay_over if blend == "MIX" else _blend
    result = lay(builder, blend, _join_mask(builder, group_inputs), group_inputs[IMAGE], linear_picture)
    builder.link(result, builder.add_node("NodeGroupOutput").inputs[IMAGE])
    builder.arrange()


def _join_mask(builder: NodeBuilder, group_inputs: bpy.types.NodeOutputs) -> Socket:
    mask = builder.math("ABSOLUTE", builder.math("SUBTRACT", group_inputs[MASK], group_inputs[INVERT]))
    return builder.math("MULTIPLY", mask, group_inputs[FACTOR])


def _lay_over(builder: NodeBuilder, _blend: str, factor: Socket, render: Socket, picture: Socket) -> Socket:
    over = builder.add_node("CompositorNodeAlphaOver")
    over.inputs["Straight Alpha"].default_value = True
    for source, target in zip((factor, render, picture), compat.alpha_over_sockets(over), strict=True):
        builder.link(source, target)
    return over.outputs[0]


def _blend(builder: NodeBuilder, blend: str, factor: Socket, render: Socket, picture: Socket) -> Socket:
    """Blender's Mix, which keeps the render's alpha; where the factor is 0, some modes would clamp bright light."""
    parts = builder.add_node("CompositorNodeSeparateColor")
    builder.link(picture, parts.inputs[0])
    visible = builder.math("MULTIPLY", parts.outputs["Alpha"], factor)
    blended = builder.mix_colors(visible, render, picture, blend)
    return builder.mix_colors(builder.math("GREATER_THAN", visible, 0.0), render, blended)


def _place(
    builder: NodeBuilder,
    picture: Socket,
    image: bpy.types.Image,
    mask: bpy.types.Image | None,
    window: Rectangle,
    render: Socket,
    *,
    is_sampled: bool,
) -> Socket:
    """The picture where it belongs, with straight alpha, and resampled to the render's pixels if `is_sampled`.

    An opaque picture over the whole frame, as most are, takes few nodes: each one goes through all pixels.
    """
    covers_frame = _covers_frame(window)
    is_whole = covers_frame and mask is None and _is_opaque(image)
    if mask is not None:
        picture = _apply_mask(builder, picture, mask)
    picture = _lay_over_frame(builder, picture, window, render, extend=covers_frame)
    if not (is_whole and compat.EXTENDS_EDGES):
        sampled_picture = _sample(builder, picture, _add_coordinates(builder, render))
        return _remove_fringe(builder, sampled_picture, is_soft=mask is not None, is_whole=is_whole)
    return builder.mix_colors(1.0, _add_coordinates(builder, render), picture) if is_sampled else picture


def _covers_frame(window: Rectangle) -> bool:
    left, top, right, bottom = window
    return max(left, top, 1 - right, 1 - bottom) < _CENTRED


def _is_opaque(image: bpy.types.Image) -> bool:
    """Whether an image's file has no alpha channel. Of a sequence each file may have one."""
    return image.source == "FILE" and (image.depth in _OPAQUE_DEPTHS or image.alpha_mode == "NONE")


def _lay_over_frame(
    builder: NodeBuilder, picture: Socket, window: Rectangle, render: Socket, *, extend: bool
) -> Socket:
    """Stretch the picture over the frame, then to the window's size and place.

    All of it is relative to the render, so other resolution percentages fit, too. `extend` lets its border pixels go
    on outside of it, so that scaling does not fade them out.
    """
    left, top, right, bottom = window
    frame = builder.add_node("CompositorNodeScale")
    compat.scale_to_render_size(frame)
    picture = builder.link_through(picture, frame)
    resize = builder.add_node("CompositorNodeScale")
    resize.inputs["X"].default_value, resize.inputs["Y"].default_value = right - left, bottom - top
    compat.set_smooth_interpolation(frame, extend=extend)
    compat.set_smooth_interpolation(resize, extend=extend)
    picture = builder.link_through(picture, resize)
    # The frame's y runs down, the compositor's up.
    offsets = ((left + right - 1) / 2, (1 - top - bottom) / 2)
    if max(map(abs, offsets)) < _CENTRED:
        return picture
    translate = builder.add_node("CompositorNodeTranslate")
    compat.set_smooth_interpolation(translate, extend=extend)
    for offset, name, dimension in zip(offsets, "XY", "XY", strict=True):
        pixels = builder.add_node("CompositorNodeRelativeToPixel")
        pixels.data_type, pixels.reference_dimension = "FLOAT", dimension
        builder.link(render, pixels.inputs["Image"])
        inputs = {socket.identifier: socket for socket in pixels.inputs}
        inputs["Float Value"].default_value = offset
        value = next(s for s in pixels.outputs if s.type == "VALUE")
        builder.link(value, translate.inputs[name])
    return builder.link_through(picture, translate)


def _add_coordinates(builder: NodeBuilder, render: Socket) -> Socket:
    """Opaque values of the render's size: a picture that is joined with them is resampled to the render's pixels there.

    Blender 5 would otherwise defer that until the end, where the values are scene linear. Coordinates are finite also
    where the render is not.
    """
    place = builder.add_node("CompositorNodeImageCoordinates")
    builder.link(render, place.inputs[0])
    return place.outputs["Normalized"]


def _sample(builder: NodeBuilder, picture: Socket, place: Socket) -> Socket:
    """Resample the image to the render's pixels, by laying it over an empty image of the render's size."""
    empty = builder.add_node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(empty, replace=False)
    empty.inputs["Alpha"].default_value = 0.0
    over = builder.add_node("CompositorNodeAlphaOver")
    factor, background, foreground = compat.alpha_over_sockets(over)
    factor.default_value = 1.0
    builder.link(builder.link_through(place, empty), background)
    builder.link(picture, foreground)
    return over.outputs[0]


def _remove_fringe(builder: NodeBuilder, picture: Socket, *, is_soft: bool, is_whole: bool) -> Socket:
    """Scaling fades a picture out over its border pixels, and the render would shine through at the frame's edge.

    Straight alpha gives them their full colour; a pixel is covered if its centre is.
    """
    straight = builder.add_node("CompositorNodePremulKey")
    compat.to_straight_alpha(straight)
    straight_picture = builder.link_through(picture, straight)
    if is_soft:
        return straight_picture
    node = builder.add_node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(node, replace=True)
    if not is_whole:
        alpha = builder.add_node("CompositorNodeSeparateColor")
        builder.link(picture, alpha.inputs[0])
        builder.link(builder.math("GREATER_THAN", alpha.outputs["Alpha"], _COVERED), node.inputs["Alpha"])
    return builder.link_through(straight_picture, node)


def _apply_mask(builder: NodeBuilder, picture: Socket, mask: bpy.types.Image) -> Socket:
    grey = builder.add_node("CompositorNodeImage")
    grey.image = mask
    node = builder.add_node("CompositorNodeSetAlpha")
    compat.set_alpha_mode(node, replace=False)
    builder.link(grey.outputs["Image"], node.inputs["Alpha"])
    return builder.link_through(picture, node)
