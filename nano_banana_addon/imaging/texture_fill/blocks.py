# SPDX-License-Identifier: GPL-3.0-or-later
"""Divides a texture into blocks of some texels, so that smooth values are computed once for each block."""

from __future__ import annotations

from functools import reduce

import numpy as np

from ..arrays import Indices, Mask, Pixels, Reals

#: Rows of blocks, and blocks, that are worked on at a time: they stay in the processor's cache.
_ROWS, _BLOCKS = 32, 8192


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
    links = np.ones((2, *values.shape[:2]), bool) if linked is None else linked
    lines = reduce(np.logical_or, [where[row::side] for row in range(side)])
    rows, columns = np.nonzero(reduce(np.logical_or, [lines[:, column::side] for column in range(side)]))
    for first in range(0, len(rows), _BLOCKS):
        part = slice(first, first + _BLOCKS)
        _write_blocks(target, where, values, links, (rows[part], columns[part]))


def _write_blocks(target: Pixels, where: Mask, values: Reals, linked: Mask, blocks: tuple[Indices, Indices]) -> None:
    """Write the texels of the blocks in these rows and columns, (n,) each."""
    side = target.shape[1] // values.shape[1]
    rows, columns = blocks
    flat, width = values.reshape(-1, 3), values.shape[1]
    for dx in range(side):
        across = (dx + 0.5) / side - 0.5
        near = _step(columns, across, width)
        levels: list[Reals] = []
        for line in (rows, _step(rows, -1, values.shape[0]), _step(rows, 1, values.shape[0])):
            link = linked[0, line, np.minimum(columns, near)]
            own: Reals = flat[line * width + columns]
            other: Reals = flat[line * width + near]
            levels.append(_mix(own, other, link, across))
        for dy in range(side):
            down = (dy + 0.5) / side - 0.5
            link = linked[1, np.minimum(rows, _step(rows, down, values.shape[0])), columns]
            mixed = _mix(levels[0], levels[2 if down > 0 else 1], link, down)
            at = (rows * side + dy, columns * side + dx)
            here = where[at]
            target[at[0][here], at[1][here]] = np.clip(mixed[here] + 0.5, 0, 255).astype(np.uint8)


def _step(numbers: Indices, part: float, count: int) -> Indices:
    """The next rows or columns (n,) of so many, upwards or downwards; at the border the same."""
    return (numbers + (1 if part > 0 else -1)).clip(0, count - 1)


def _mix(own: Reals, other: Reals, linked: Mask, part: float) -> Reals:
    """Values (n, 3) moved by a part towards others, where those are linked (n,)."""
    return own + (other - own) * (np.float32(abs(part)) * linked[:, None])
