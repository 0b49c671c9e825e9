# SPDX-License-Identifier: GPL-3.0-or-later
"""Divides a texture into blocks of some texels, so that smooth values are computed once for each block."""

from __future__ import annotations

import numpy as np

from ..arrays import Indices, Mask, Pixels, Reals

#: Rows of blocks that are worked on at a time: they stay in the processor's cache.
_ROWS = 32


def block_side(height: int, width: int) -> int:
    """4 texels for large textures, 2 for middle ones, 1 for small ones or odd sizes."""
    for side, from_size in ((4, 2048), (2, 1024)):
        if max(height, width) >= from_size and height % side == 0 and width % side == 0:
            return side
    return 1


def first_in_block(mask: Mask, side: int) -> tuple[Mask, Indices]:
    """Which blocks have a texel of the mask, (rows, columns), and the flat index of the first such texel of each."""
    rows, columns = mask.shape[0] // side, mask.shape[1] // side
    found = np.zeros((rows, columns), bool)
    index = np.zeros((rows, columns), np.intp)
    down: Indices = np.arange(rows, dtype=np.intp)
    across: Indices = np.arange(columns, dtype=np.intp)
    corner = (down * side * mask.shape[1])[:, None] + across * side
    for dy in range(side):
        for dx in range(side):
            here = mask[dy::side, dx::side] & ~found
            np.copyto(index, corner + (dy * mask.shape[1] + dx), where=here)
            found |= here
    return found, index


def block_sums(colour: Pixels, mask: Mask, side: int) -> Reals:
    """Per block the sum of the colours of the mask's texels and, last, their number: (rows, columns, 4)."""
    rows, columns = mask.shape[0] // side, mask.shape[1] // side
    sums = np.zeros((rows, columns, 4), np.float32)
    for first in range(0, rows, _ROWS):
        band = slice(first, first + _ROWS)
        texels = slice(first * side, (first + _ROWS) * side)
        _add_blocks(sums[band], colour[texels], mask[texels], side)
    return sums


def _add_blocks(sums: Reals, colour: Pixels, mask: Mask, side: int) -> None:
    for dy in range(side):
        for dx in range(side):
            here = mask[dy::side, dx::side]
            sums[..., 3] += here
            for channel in range(3):
                sums[..., channel] += colour[dy::side, dx::side, channel] * here


def write_smoothly(target: Pixels, where: Mask, values: Reals, linked: Mask | None, side: int) -> None:
    """Write block values into the mask's texels of `target`, interpolated between the centres of blocks.

    `values` (rows, columns, 3) are 0 ... 255. `linked` (2, rows, columns) says whether a block continues in the next
    one to the right and below; nothing is interpolated over other borders. None: everywhere.
    """
    for first in range(0, len(values), _ROWS):
        texels = slice(first * side, (first + _ROWS) * side)
        if where[texels].any():
            # With the rows before and after it, to which its own are interpolated.
            near = slice(max(0, first - 1), first + _ROWS + 1)
            links = np.ones((2, *values[near].shape[:2]), bool) if linked is None else linked[:, near]
            own = slice(first - near.start, first - near.start + _ROWS)
            _write_band(target[texels], where[texels], values[near], links, own)


def _write_band(target: Pixels, where: Mask, values: Reals, linked: Mask, own: slice) -> None:
    """Write the `own` rows of the values and links."""
    side = target.shape[1] // values.shape[1]
    for dx in range(side):
        level = _towards(values, linked[0], 1, (dx + 0.5) / side - 0.5)
        for dy in range(side):
            here = where[dy::side, dx::side]
            mixed = _towards(level, linked[1], 0, (dy + 0.5) / side - 0.5)[own]
            part = target[dy::side, dx::side]
            part[here] = np.clip(mixed[here] + 0.5, 0, 255).astype(np.uint8)


def _towards(values: Reals, linked: Mask, axis: int, part: float) -> Reals:
    """Values moved by a part towards the neighbour along an axis, where it is linked; the shape stays."""
    if part == 0.0:
        return values
    result = values.copy()
    near: list[slice] = [slice(None), slice(None)]
    far: list[slice] = [slice(None), slice(None)]
    near[axis], far[axis] = slice(0, -1), slice(1, None)
    link = linked[tuple(near)][..., None]
    step = (values[tuple(far)] - values[tuple(near)]) * (np.float32(abs(part)) * link)
    if part > 0:
        result[tuple(near)] += step
    else:
        result[tuple(far)] -= step
    return result
