# SPDX-License-Identifier: GPL-3.0-or-later
"""Spreads values from some texels into those around them, ring by ring; the cost is that of the texels reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import typing as npt

from ..arrays import Mask, Pixels, Reals

Index = npt.NDArray[np.int32]
#: So many are worked on at a time, which take four bytes each, and stay in the processor's cache.
_BAND_TEXELS = 2**21


@dataclass(frozen=True, slots=True)
class Spread:
    """Flat texel indices (n,), each once, the ring of each (n,; 0 for sources), and the values (n, k)."""

    index: Index
    ring: Pixels
    values: Reals


def spread(sources: Index, values: Reals, allowed: Mask, rings: int) -> Spread:
    """Spread `values` (n, k) from the texels `sources` into the `allowed` texels, up to `rings` steps.

    `sources` (n,) are flat indices, each once; `allowed` has the shape (height, width); `rings` is at most 255. A texel
    gets the mean of its neighbours of the rings before. Rings alternate between four and eight neighbours: the fronts
    are octagons.
    """
    height, width = allowed.shape
    rows = max(rings, 1, _BAND_TEXELS // width)
    parts: list[Spread] = []
    for first in range(0, height, rows):
        # What lies farther than the rings does not reach into the band.
        start, end = max(0, first - rings), min(height, first + rows + rings)
        near = (sources >= start * width) & (sources < end * width)
        part = _spread_band(sources[near] - np.int32(start * width), values[near], allowed[start:end], rings)
        own = (part.index >= (first - start) * width) & (part.index < (first + rows - start) * width)
        parts.append(Spread(part.index[own] + np.int32(start * width), part.ring[own], part.values[own]))
    return Spread(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("index", "ring", "values")))


def _spread_band(sources: Index, values: Reals, allowed: Mask, rings: int) -> Spread:
    height, width = allowed.shape
    # A margin of one texel, so that no neighbour is beyond the border or in the next row.
    across = width + 2
    slot = np.full((height + 2) * across, -2, np.int32)  # -2 closed, -1 open, else a row of values
    inner = slot.reshape(height + 2, across)[1:-1, 1:-1]
    inner[allowed] = -1
    front = ((sources // width + 1) * across + sources % width + 1).astype(np.int32)
    slot[front] = np.arange(len(front), dtype=np.int32)
    found, carried = [front], [values.astype(np.float32)]
    straight = np.array([1, -1, across, -across], np.int32)
    around = np.concatenate([straight, straight[2:] + 1, straight[2:] - 1])
    count = len(front)
    for ring in range(rings):
        offsets = straight if ring % 2 else around
        front = _open_neighbours(slot, front, offsets)
        if not len(front):
            break
        carried.append(_means(slot, front, around, carried, count - len(carried[-1])))
        slot[front] = np.arange(count, count + len(front), dtype=np.int32)
        found.append(front)
        count += len(front)
    index = np.concatenate(found)
    flat = (index // across - 1) * width + index % across - 1
    numbers = np.repeat(np.arange(len(found), dtype=np.uint8), [len(f) for f in found])
    return Spread(flat, numbers, np.concatenate(carried))


def _open_neighbours(slot: Index, front: Index, offsets: Index) -> Index:
    """The open texels next to the front, (m,), each once."""
    near = (front[None, :] + offsets[:, None]).ravel()
    near = near[slot[near] == -1]
    # The last writer wins; whoever reads its own number back is the one that is kept.
    order = np.arange(len(near), dtype=np.int32)
    slot[near] = order
    once = near[slot[near] == order]
    slot[near] = -1
    return once


def _means(slot: Index, front: Index, offsets: Index, carried: list[Reals], first: int) -> Reals:
    """The mean of the neighbours in the newest ring, whose first row is `first`."""
    newest = carried[-1]
    sums = np.zeros((len(front), newest.shape[1]), np.float32)
    number = np.zeros((len(front), 1), np.float32)
    for offset in offsets:
        row = slot[front + offset] - first
        there = np.flatnonzero(row >= 0)
        sums[there] += newest[row[there]]
        number[there] += 1
    return sums / np.maximum(number, 1)
