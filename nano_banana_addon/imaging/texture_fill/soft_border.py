# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of texels that begin at nothing wherever the surface goes on without them."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Indices, Mask, Pixels
from .dilation import border_of
from .flood import spread

#: Texels over which weights rise: then no step of the lower part of the ramp is more than one level of 255.
_RAMP = 40
#: A texel with so many of eight neighbours that have a weight is a hole, not a border.
_HOLE = 5


def find_holes(weights: Pixels, surface: Mask) -> Mask:
    """The single texels of a `surface` (h, w) without a weight (h, w) between others that have one."""
    return surface & (weights == 0) & (_count_around(weights > 0) >= _HOLE)


def soften(weights: Pixels, surface: Mask, first: Indices, second: Indices) -> Floats:
    """Weights (h, w) uint8, as 0 ... 1, that rise smoothly on the `surface` (h, w) from all of it that has none.

    Source of the rise: Perlin, Improving noise, 2002: its slope and curvature are 0 at both ends.

    `first` and `second` (n, 2) are texels that lie beside one another across a seam.
    """
    nothing = surface & (weights == 0)
    start = nothing & border_of(nothing)
    has_surface, has_weight = _count_around(surface) > 0, _count_around(weights > 0) > 0
    ends = np.zeros_like(surface)
    for side, other in ((first, second), (second, first)):
        places = tuple(other.T)
        ends[tuple(side[has_surface[places] & ~has_weight[places]].T)] = True
    start |= surface & (_count_around(ends) > 0)
    sources = np.flatnonzero(start).astype(np.int32)
    grown = spread(sources, np.zeros((len(sources), 1), np.float32), surface & ~start, _RAMP)
    share: Floats = (weights / np.float32(255)).astype(np.float32).reshape(-1)
    rise = grown.ring.astype(np.float32) / _RAMP
    # Not their product: weights may fall steeply where they end, and the first steps of the rise with them.
    share[grown.index] = np.minimum(share[grown.index], rise**3 * (rise * (6 * rise - 15) + 10))
    return share.reshape(weights.shape)


def _count_around(mask: Mask) -> Pixels:
    """How many of the nine texels around and at each one are in a mask (h, w)."""
    height, width = mask.shape
    padded = np.pad(mask.astype(np.uint8), 1)
    parts = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.asarray(np.sum(parts, axis=0), np.uint8)
