# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour beyond the borders of UV islands, so that filtering and mip maps do not bleed the background in."""

from __future__ import annotations

import numpy as np

from ..arrays import Mask, Pixels
from .blocks import block_side, block_sums, write_smoothly
from .flood import spread
from .pull_push import pull_push


def dilate(colour: Pixels, valid: Mask, texels: int = 8, *, background: bool = True) -> Pixels:
    """A copy of `colour` (height, width, 3; uint8; also a slice) with the islands (`valid`) grown by `texels` rings.

    With `background` the rest is filled by pull-push, smoothly from the nearest islands: that keeps small mip levels
    right and the file small. Without any valid texel nothing changes.
    """
    result = np.array(colour, order="C")
    dilate_in_place(result, valid, texels, background=background)
    return result


def dilate_in_place(colour: Pixels, valid: Mask, texels: int = 8, *, background: bool = True) -> None:
    """The same on `colour` (height, width, 3; uint8; also a slice) itself."""
    if not valid.any() or valid.all():
        return
    width = valid.shape[1]
    border = np.flatnonzero(border_of(valid)).astype(np.int32)
    grown = spread(border, colour[np.divmod(border, width)].astype(np.float32), ~valid, texels)
    new = grown.ring > 0
    colour[np.divmod(grown.index[new], width)] = (grown.values[new] + 0.5).astype(np.uint8)
    if background:
        covered = valid.copy()
        covered.reshape(-1)[grown.index] = True
        del grown
        _fill_background(colour, covered)


def border_of(mask: Mask) -> Mask:
    """The texels of a mask (h, w) with one of eight neighbours outside it; the image's edge is none."""
    padded = np.pad(mask, 1, mode="edge")
    across = padded[:, :-2] & padded[:, 1:-1] & padded[:, 2:]
    inside = across[:-2] & across[1:-1] & across[2:]
    return mask & ~inside


def _fill_background(colour: Pixels, covered: Mask) -> None:
    """Fill the uncovered texels in place."""
    side = block_side(*covered.shape)
    filled = pull_push(block_sums(colour, covered, side), 2)
    values = filled[..., :3]
    values /= np.maximum(filled[..., 3:], 1e-20)
    write_smoothly(colour, ~covered, values, None, side)
