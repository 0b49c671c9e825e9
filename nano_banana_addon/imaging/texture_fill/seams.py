# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the colours on the two sides of a UV seam, which are one line on the object, together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy import typing as npt

from ..arrays import Indices, Mask, Pixels, Reals
from .flood import Index, spread

_Value = TypeVar("_Value", np.uint8, np.bool_)


def reconcile_seams(
    colours: Sequence[Pixels],
    valid: Sequence[Mask],
    first: Indices,
    second: Indices,
    weights: Reals | None = None,
    *,
    texels: int = 12,
) -> None:
    """Give paired seam texels of some maps (height, width, 3 or 4; uint8, contiguous) equal colours, in place.

    `first` and `second` (n, 2: row, column) are texels of the same surface point on both sides, where the maps lie
    below one another with a row between them; `weights` (n, 2) how much either side is trusted (equal if None): the
    meeting point lies nearer to the trusted one. The change fades into the islands over `texels`. Pairs outside `valid`
    (height, width; of each map) are left out. Alpha stays.
    """
    size = valid[0].size
    sides = [_number_texels(side, valid[0].shape) for side in (first, second)]
    inside = _look_up(valid, sides[0], size) & _look_up(valid, sides[1], size)
    one, other = (side[inside] for side in sides)
    if not len(one):
        return
    share = _shares(None if weights is None else weights[inside], len(one))
    wanted = _look_up(colours, one, size) * share[:, :1] + _look_up(colours, other, size) * share[:, 1:]
    texel, mean = _mean_wanted(np.concatenate([one, other]), np.concatenate([wanted, wanted]))
    change = (mean - _look_up(colours, texel, size)).astype(np.float32)
    for number, (colour, mask) in enumerate(zip(colours, valid, strict=True)):
        own = texel // size == number
        if own.any():
            _change_map(colour, mask, (texel[own] % size).astype(np.int32), change[own], texels)


def _change_map(colour: Pixels, valid: Mask, texel: Index, change: Reals, texels: int) -> None:
    carried = spread(texel, change, valid, texels)
    flat = colour.reshape(-1, colour.shape[-1])
    changed = flat[carried.index, :3] + carried.values * _fade(carried.ring, texels)[:, None]
    flat[carried.index, :3] = (changed + 0.5).clip(0, 255).astype(np.uint8)


def _number_texels(side: Indices, shape: tuple[int, int]) -> Indices:
    """Texels (n, 2) of maps below one another as numbers (n,) that go on from map to map."""
    number, row = np.divmod(side[:, 0].astype(np.int64), shape[0] + 1)
    return (number * shape[0] + row) * shape[1] + side[:, 1]


def _look_up(maps: Sequence[npt.NDArray[_Value]], texels: Indices, size: int) -> npt.NDArray[_Value]:
    """What some texels (n,) hold: (n,) of masks, (n, 3) of colours."""
    flat = [each.reshape(size, -1)[:, :3] for each in maps]
    found = np.empty((len(texels), flat[0].shape[1]), maps[0].dtype)
    for number, values in enumerate(flat):
        own = texels // size == number
        found[own] = values[texels[own] % size]
    return found if found.shape[1] > 1 else found[:, 0]


def _shares(weights: Reals | None, count: int) -> Reals:
    if weights is None:
        return np.full((count, 2), 0.5, np.float32)
    positive = np.maximum(weights, 0.0).astype(np.float32) + np.float32(1e-6)
    return positive / positive.sum(axis=1, keepdims=True)


def _mean_wanted(texels: Indices, wanted: Reals) -> tuple[Indices, Reals]:
    """Each texel once, (m,), with the mean of the colours (m, 3) that its pairs require."""
    unique, inverse = np.unique(texels, return_inverse=True)
    inverse = inverse.reshape(-1)
    count = np.bincount(inverse)
    return unique, np.stack([np.bincount(inverse, wanted[:, c]) / count for c in range(3)], 1)


def _fade(ring: npt.NDArray[np.uint8], texels: int) -> Reals:
    """1 on the seam, smoothly 0 at `texels` rings from it; (n,)."""
    part = ring.astype(np.float32) / (texels + 1)
    return 1 - part * part * (3 - 2 * part)
