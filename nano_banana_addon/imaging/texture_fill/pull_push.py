# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull-push: fills holes in a grid smoothly from their surroundings, in time linear in the number of cells.

Pull: each coarser level sums the cells below it. Push: what a level lacks is interpolated from the next coarser one
(Gortler et al. 1996, The Lumigraph, section 3.5). Any number of dimensions.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Reals


def pull_push(sums: Reals, dimensions: int, *, levels: int = 16, fade: float = 0.25) -> Reals:
    """Fill the grid `sums` (..., k): `dimensions` axes, then k - 1 values times their weight, and the weight.

    Weights above 1 count as 1. `levels` is how far gaps are bridged (two to that power). The result has the same shape;
    divide the values by the last entry, which is 1 where the grid had data, falls by `fade` with each doubling of the
    distance from it, and is 0 where no level had any.
    """
    shape = sums.shape[:dimensions]
    weight = sums[..., -1:]
    own = sums / np.maximum(weight, 1.0)
    if levels == 0 or max(shape) == 1:
        return own
    coarse = pull_push(_halve(sums, dimensions), dimensions, levels=levels - 1, fade=fade)
    lacking = 1.0 - own[..., -1:]
    if not lacking.any():
        return own
    for axis in range(dimensions):
        coarse = _double(coarse, axis, shape[axis])
    coarse *= lacking
    coarse *= np.float32(fade)
    coarse += own
    return coarse


def _halve(sums: Reals, dimensions: int) -> Reals:
    """Pairs of cells added up along each axis."""
    result = sums
    for axis in range(dimensions):
        if result.shape[axis] == 1:
            continue
        if result.shape[axis] % 2:
            missing = [(0, 0)] * result.ndim
            missing[axis] = (0, 1)
            result = np.pad(result, missing)
        even = [slice(None)] * result.ndim
        odd = list(even)
        even[axis], odd[axis] = slice(0, None, 2), slice(1, None, 2)
        result = result[tuple(even)] + result[tuple(odd)]
    return result


def _double(values: Reals, axis: int, length: int) -> Reals:
    """Twice as many cells along an axis, linear between the centres, cut to `length`."""
    if length == 1:
        return values
    moved = np.moveaxis(values, axis, 0)
    result = np.empty((2 * moved.shape[0], *moved.shape[1:]), np.float32)
    main = moved * np.float32(0.75)
    side = moved * np.float32(0.25)
    result[0::2] = main
    result[1::2] = main
    result[2::2] += side[:-1]
    result[0] += side[0]
    result[1:-1:2] += side[1:]
    result[-1] += side[-1]
    return np.moveaxis(result[:length], 0, axis)
