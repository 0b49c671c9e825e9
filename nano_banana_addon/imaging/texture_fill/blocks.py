# SPDX-License-Identifier: GPL-3.0-or-later
"""Divides a texture into blocks of some texels, so that smooth values are computed once for each block."""

from __future__ import annotations

import numpy as np

from ..arrays import Indices, Mask, Pixels, Reals


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
    part = np.empty((rows, columns), np.float32)
    for dy in range(side):
        for dx in range(side):
            here = mask[dy::side, dx::side]
            sums[..., 3] += here
            for channel in range(3):
                np.multiply(colour[dy::side, dx::side, channel], here, out=part)
                sums[..., channel] += part
    return sums


def write_smoothly(target: Pixels, where: Mask, values: Reals, linked: Mask | None, side: int) -> None:
    """Write block values into the mask's texels of `target`, interpolated between the centres of blocks.

    `values` (rows, columns, 3) are 0 ... 255. `linked` (2, rows, columns) says whether a block continues in the next
    one to the right and below; nothing is interpolated over other borders. None: everywhere.
    """
    around = _Neighbours(values, linked)
    for dy in range(side):
        for dx in range(side):
            here = where[dy::side, dx::side]
            if here.any():
                mixed = around.mix((dy + 0.5) / side - 0.5, (dx + 0.5) / side - 0.5)
                part = target[dy::side, dx::side]
                part[here] = mixed[here]


class _Neighbours:
    """The values of each block's neighbours; its own where they are not linked."""

    def __init__(self, values: Reals, linked: Mask | None) -> None:
        self.own = values
        if linked is None:
            linked = np.ones((2, *values.shape[:2]), bool)
        self.right, self.below = linked[0], linked[1]

    def mix(self, down: float, across: float) -> Pixels:
        """The interpolated values (rows, columns, 3) at a place within each block: -0.5 ... 0.5 from its centre."""
        level = _towards(self.own, self.right, 1, across)
        mixed = _towards(level, self.below, 0, down)
        return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


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
