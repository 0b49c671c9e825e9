# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact inverse of Khronos PBR Neutral, as compositor nodes.

Source: the Khronos PBR Neutral Tone Mapper specification (2024), linear Rec.709 in and out. With F = 0.04, start S =
0.8 - F, D = 1 - S and desaturation K = 0.15, the tone mapper

1. takes off an offset: x - 6.25 x^2 where the smallest channel x is below 2F, else F;
2. if the largest channel p is above S, scales the colour so that p becomes n = 1 - D^2 / (p + D -
S), and
   mixes it with n by 1 - 1 / q, where q = K (p - n) + 1.

Blender's own inverse colour space is a coarse table: off by up to 25/255 in dark colours.
"""

from __future__ import annotations

from ..datablocks.nodes import NodeBuilder, Socket

_F = 0.04
_START = 0.8 - _F
_D = 1.0 - _START
_DESATURATION = 0.15
_BRIGHTEST = 0.999  # 1 would need infinite light
#: How much more white than it has a colour may be mixed with: very bright light loses its colour, so that a saturated
#: colour with a channel at 255 has no inverse. It comes out darker instead (red 241, 38, 38), not white.
_ROOM = 0.004


def invert_tone_map(builder: NodeBuilder, picture: Socket) -> Socket:
    """The scene-linear colours whose tone-mapped colours are `picture` (linear Rec.709)."""
    parts = builder.add_node("CompositorNodeSeparateColor")
    builder.link(picture, parts.inputs[0])
    channels = _restore_offset(builder, _uncompress(builder, list(parts.outputs)[:3]))
    combined = builder.add_node("CompositorNodeCombineColor")
    for channel, socket in zip((*channels, parts.outputs[3]), combined.inputs, strict=True):
        builder.link(channel, socket)
    return combined.outputs[0]


def _uncompress(builder: NodeBuilder, channels: list[Socket]) -> list[Socket]:
    """Step 2 backwards: c -> c q p / n - (q - 1) p. Below the start n is taken as S, where p = n and q = 1.

    The share of white in the tone-mapped colour, 1 - 1 / q, is held to what the colour has and a little more.
    """
    largest = builder.math("MAXIMUM", channels[0], builder.math("MAXIMUM", channels[1], channels[2]))
    smallest = builder.math("MINIMUM", channels[0], builder.math("MINIMUM", channels[1], channels[2]))
    top = builder.math("MINIMUM", builder.math("MAXIMUM", largest, _START), _BRIGHTEST)
    light = builder.math("DIVIDE", _D * _D, builder.math("SUBTRACT", 1.0, top))
    white = builder.math("DIVIDE", builder.math("MAXIMUM", smallest, 0.0), top)
    white = builder.math("MINIMUM", builder.math("ADD", white, _ROOM), _BRIGHTEST)
    beyond = builder.math("DIVIDE", white, builder.math("SUBTRACT", 1.0, white))
    limit = builder.math("MULTIPLY_ADD", beyond, 1 / _DESATURATION, top)
    p = builder.math("MINIMUM", builder.math("ADD", light, _START - _D), limit)
    n = builder.math("SUBTRACT", 1.0, builder.math("DIVIDE", _D * _D, builder.math("ADD", p, _D - _START)))
    q = builder.math("MULTIPLY_ADD", builder.math("SUBTRACT", p, n), _DESATURATION, 1.0)
    scale = builder.math("DIVIDE", builder.math("MULTIPLY", q, p), top)  # over n, for a colour times n / top
    shift = builder.math("MULTIPLY", builder.math("SUBTRACT", 1.0, q), p)
    return [builder.math("MULTIPLY_ADD", channel, scale, shift) for channel in channels]


def _restore_offset(builder: NodeBuilder, channels: list[Socket]) -> list[Socket]:
    """Invert step 1.

    The smallest channel m was x - (x - 6.25 x^2) = 6.25 x^2, so the offset is 0.4 sqrt(m) - m below F, and F above.
    """
    smallest = builder.math("MINIMUM", channels[0], builder.math("MINIMUM", channels[1], channels[2]))
    m = builder.math("MINIMUM", builder.math("MAXIMUM", smallest, 0.0), _F)
    root = builder.math("MULTIPLY", builder.math("SQRT", m), 0.4)
    offset = builder.math("SUBTRACT", root, m)
    return [builder.math("ADD", channel, offset) for channel in channels]
