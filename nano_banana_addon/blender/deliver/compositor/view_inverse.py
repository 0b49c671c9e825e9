# SPDX-License-Identifier: GPL-3.0-or-later
"""View transforms and their inverses, as compositor nodes."""

from __future__ import annotations

from ....core.errors import InputError
from ...host import compat
from ..datablocks.nodes import NodeBuilder, Socket
from . import khronos_neutral_inverse
from .colour import NEUTRAL, NO_LOOK, OTHER_CONFIGURATION, RAW, SRGB, STANDARD, Inverse

_REC709 = "Linear Rec.709"
#: Its way from linear light is the view transform; its way back is wrong.
_NEUTRAL_SPACE, _NEUTRAL_STEPS = "Khronos PBR Neutral sRGB", 2


def undo_view(builder: NodeBuilder, picture: Socket, inverse: Inverse) -> Socket:
    """The scene-linear colours that are shown as `picture`: straight sRGB values from 0 to 1, linear ones if plain."""
    displayed = add_gamma(builder, _to_display(builder, picture, inverse), inverse.gamma)
    return add_exposure(builder, _to_linear(builder, displayed, inverse), inverse.exposure)


def _to_display(builder: NodeBuilder, picture: Socket, inverse: Inverse) -> Socket:
    """What an image viewer sends to the display."""
    if inverse.display == SRGB or inverse.view == RAW:
        return picture
    if not compat.DISPLAY_NODE:
        return convert_space(builder, picture, SRGB, inverse.display)
    linear = convert_space(builder, picture, SRGB, compat.get_working_colour_space())
    return apply_view(builder, linear, STANDARD, NO_LOOK, inverse.display)


def _to_linear(builder: NodeBuilder, displayed: Socket, inverse: Inverse) -> Socket:
    working = compat.get_working_colour_space()
    if inverse.is_plain:
        return displayed
    if inverse.view == NEUTRAL:
        linear = _undo_neutral(builder, displayed)
        if inverse.look == NO_LOOK:
            return convert_space(builder, linear, _REC709, working)
        encoded = convert_space(builder, linear, _REC709, SRGB)
        return apply_view(builder, encoded, STANDARD, inverse.look, SRGB, invert=True)
    if compat.DISPLAY_NODE:
        return apply_view(builder, displayed, inverse.view, inverse.look, inverse.display, invert=True)
    return displayed if inverse.view == RAW else convert_space(builder, displayed, inverse.space, working)


def _undo_neutral(builder: NodeBuilder, displayed: Socket) -> Socket:
    """In linear Rec.709, by the formula; two steps make good where Blender's coarse table differs from it."""
    estimate = displayed
    for _ in range(_NEUTRAL_STEPS):
        shown = convert_space(builder, _invert_formula(builder, estimate), _REC709, _NEUTRAL_SPACE)
        missing = builder.mix_colors(1.0, displayed, shown, "SUBTRACT")
        estimate = builder.mix_colors(1.0, estimate, missing, "ADD")
        estimate.node.clamp_result = True
    return _invert_formula(builder, estimate)


def _invert_formula(builder: NodeBuilder, displayed: Socket) -> Socket:
    return khronos_neutral_inverse.invert_tone_map(builder, convert_space(builder, displayed, SRGB, _REC709))


def apply_view(
    builder: NodeBuilder, picture: Socket, view: str, look: str, display: str, *, invert: bool = False
) -> Socket:
    """Scene-linear colours as values of a display, or the way back (5.x).

    Raises `InputError` if the colour configuration has no such view.
    """
    node = builder.add_node(compat.DISPLAY_NODE)
    node.inputs["Invert"].default_value = invert
    try:
        node.display_settings.display_device = display
        node.view_settings.view_transform, node.view_settings.look = view, look
    except TypeError as error:
        raise InputError(
            f"This colour configuration has no view transform {view} with the look {look} for the display {display}.",
            next_step="Choose another display or view transform in Render > Color Management.",
        ) from error
    return builder.link_through(picture, node)


def add_gamma(builder: NodeBuilder, picture: Socket, gamma: float) -> Socket:
    """`picture` raised to a power."""
    if gamma == 1.0:
        return picture
    node = builder.add_node(compat.COMPOSITOR_GAMMA)
    node.inputs["Gamma"].default_value = gamma
    return builder.link_through(picture, node)


def add_exposure(builder: NodeBuilder, picture: Socket, stops: float) -> Socket:
    """`picture` made brighter."""
    if stops == 0.0:
        return picture
    node = builder.add_node("CompositorNodeExposure")
    node.inputs["Exposure"].default_value = stops
    return builder.link_through(picture, node)


def convert_space(builder: NodeBuilder, picture: Socket, source: str, target: str) -> Socket:
    """`picture` in another of the configuration's colour spaces. Raises `InputError` if it has no such space."""
    if source == target:
        return picture
    node = builder.add_node("CompositorNodeConvertColorSpace")
    try:
        node.from_color_space, node.to_color_space = source, target
    except TypeError as error:
        raise InputError(
            f"This colour configuration cannot convert from {source} to {target}.", next_step=OTHER_CONFIGURATION
        ) from error
    return builder.link_through(picture, node)
