# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the colours on the two sides of a UV seam, which are one line on the object, together."""

from __future__ import annotations

import numpy as np
from numpy import typing as npt

from ..arrays import Indices, Mask, Pixels, Reals
from .flood import spread


def reconcile_seams(
    colour: Pixels,
    valid: Mask,
    first: Indices,
    second: Indices,
    weights: Reals | None = None,
    *,
    texels: int = 12,
) -> None:
    """Give paired seam texels of `colour` (height, width, 3; uint8, contiguous) equal colours, in place.

    `first` and `second` (n, 2: row, column) are texels of the same surface point on both sides; `weights` (n, 2) how
    much either side is trusted (equal if None): the meeting point lies nearer to the trusted one. The change fades into
    the islands over `texels`. Pairs outside `valid` are left out.
    """
    width = colour.shape[1]
    inside = valid[first[:, 0], first[:, 1]] & valid[second[:, 0], second[:, 1]]
    one = (first[inside, 0] * width + first[inside, 1]).astype(np.int64)
    other = (second[inside, 0] * width + second[inside, 1]).astype(np.int64)
    if not len(one):
        return
    share = _shares(None if weights is None else weights[inside], len(one))
    flat = colour.reshape(-1, 3)
    wanted = flat[one] * share[:, :1] + flat[other] * share[:, 1:]
    texel, change = _mean_change(np.concatenate([one, other]), np.concatenate([wanted, wanted]), flat)
    carried = spread(texel.astype(np.int32), change, valid, texels)
    faded = carried.values * _fade(carried.ring, texels)[:, None]
    changed = flat[carried.index] + faded
    flat[carried.index] = (changed + 0.5).clip(0, 255).astype(np.uint8)


def _shares(weights: Reals | None, count: int) -> Reals:
    if weights is None:
        return np.full((count, 2), 0.5, np.float32)
    positive = np.maximum(weights, 0.0).astype(np.float32) + np.float32(1e-6)
    return positive / positive.sum(axis=1, keepdims=True)


def _mean_change(texels: Indices, wanted: Reals, flat: Pixels) -> tuple[Indices, Reals]:
    """Each texel once, (m,), with the mean of the changes (m, 3) that its pairs require."""
    unique, inverse = np.unique(texels, return_inverse=True)
    inverse = inverse.reshape(-1)
    count = np.bincount(inverse)
    means = np.stack([np.bincount(inverse, wanted[:, c]) / count for c in range(3)], 1)
    return unique, (means - flat[unique]).astype(np.float32)


def _fade(ring: npt.NDArray[np.uint8], texels: int) -> Reals:
    """1 on the seam, smoothly 0 at `texels` rings from it; (n,)."""
    part = ring.astype(np.float32) / (texels + 1)
    return 1 - part * part * (3 - 2 * part)
