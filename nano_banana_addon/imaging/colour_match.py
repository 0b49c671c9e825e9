# SPDX-License-Identifier: GPL-3.0-or-later
"""One exposure and one tint for all views: gains and offsets solved from what two views both
see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy import typing as npt

from .srgb import LINEAR, to_srgb

Floats = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.uint8]
Doubles = npt.NDArray[np.floating]

_ROUNDS = 12
_SAMPLES = 8_000  # per overlap; more changes nothing but the time
#: How strongly gains hold to 1 and offsets to 0, against overlaps that weigh 1 altogether.
_HOLD_GAIN, _HOLD_OFFSET = 2e-3, 2e-1
_FIXED_MEAN = 1e4
_CLIPPED = (0.002, 0.98)  # linear light: values outside carry no information about gain


@dataclass(frozen=True, slots=True)
class Overlap:
    """The same surface points in two views: linear light (n, 3) each, and weights (n,)."""

    first: int
    second: int
    colours_first: Floats
    colours_second: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class ColourMatch:
    """`colour * gains[view] + offsets[view]` in linear light; both of shape (views, 3)."""

    gains: Floats
    offsets: Floats


def match_colours(views: int, overlaps: Sequence[Overlap], *, offsets: bool = True) -> ColourMatch:
    """The gain and offset of each view and channel that bring the overlaps together.

    Weighted least squares with Huber's weights (what differs in content counts little), held
    lightly to no change; the mean of the gains stays 1 and that of the offsets 0: the whole gets
    neither brighter nor tinted. Views without overlaps are left as they are.
    """
    gains, shifts = np.ones((views, 3)), np.zeros((views, 3))
    thinned = [_thinned(overlap) for overlap in overlaps]
    usable = [overlap for overlap in thinned if len(overlap.weights) >= 8]
    joined = sorted({view for o in usable for view in (o.first, o.second)})
    for channel in range(3) if usable else ():
        gain, shift = _solve_channel(views, usable, channel, offsets, joined)
        gains[joined, channel] = gain[joined]
        shifts[joined, channel] = shift[joined]
    return ColourMatch(gains.astype(np.float32), shifts.astype(np.float32))


def apply_match(pixels: Pixels, gains: Floats, offsets: Floats) -> Pixels:
    """8-bit sRGB pixels (..., 3) with one view's gains and offsets (3,) applied in linear light."""
    result = np.empty_like(pixels)
    for channel in range(3):
        table = to_srgb((LINEAR * gains[channel] + offsets[channel]).clip(0, 1))
        result[..., channel] = (table * 255 + 0.5).astype(np.uint8)[pixels[..., channel]]
    return result


def _thinned(overlap: Overlap) -> Overlap:
    """At most `_SAMPLES` points, evenly taken, none of them clipped in either view."""
    low, high = _CLIPPED
    both = np.hstack([overlap.colours_first, overlap.colours_second])
    good = (both > low).all(1) & (both < high).all(1) & (overlap.weights > 0)
    index = np.flatnonzero(good)
    if len(index) > _SAMPLES:
        index = index[np.linspace(0, len(index) - 1, _SAMPLES).astype(np.intp)]
    return Overlap(
        overlap.first,
        overlap.second,
        overlap.colours_first[index],
        overlap.colours_second[index],
        overlap.weights[index],
    )


def _solve_channel(
    views: int,
    overlaps: Sequence[Overlap],
    channel: int,
    with_offsets: bool,
    joined: Sequence[int],
) -> tuple[Doubles, Doubles]:
    solution = np.concatenate([np.ones(views), np.zeros(views)])
    total = sum(float(overlap.weights.sum()) for overlap in overlaps)
    for _ in range(_ROUNDS):
        normal, right = _held(views, with_offsets, joined)
        for overlap in overlaps:
            _add_overlap(normal, overlap, channel, solution, total)
        updated = np.linalg.solve(normal, right)
        settled = float(np.abs(updated - solution).max()) < 1e-5
        solution = updated
        if settled:
            break
    return solution[:views], solution[views:]


def _held(views: int, with_offsets: bool, joined: Sequence[int]) -> tuple[Doubles, Doubles]:
    """The equations that are there without any overlap. Without a fixed mean, noise would pull all
    gains towards 0, where nothing differs any more."""
    hold = np.full(2 * views, _HOLD_GAIN / views)
    hold[views:] = _HOLD_OFFSET / views if with_offsets else 1e9
    normal, right = np.diag(hold), np.zeros(2 * views)
    right[:views] = hold[:views]
    gains, shifts = np.array(joined), np.array(joined) + views
    normal[np.ix_(gains, gains)] += _FIXED_MEAN
    normal[np.ix_(shifts, shifts)] += _FIXED_MEAN
    right[gains] += _FIXED_MEAN * len(joined)
    return normal, right


def _add_overlap(
    normal: Doubles, overlap: Overlap, channel: int, solution: Doubles, total: float
) -> None:
    """Add the normal equations of `first * gain + offset = second * gain + offset`."""
    views = len(solution) // 2
    a = overlap.colours_first[:, channel].astype(np.float64)
    b = overlap.colours_second[:, channel].astype(np.float64)
    index = [overlap.first, overlap.second, views + overlap.first, views + overlap.second]
    design = np.stack([a, -b, np.ones_like(a), -np.ones_like(b)], 1)
    # Relative to brightness: a difference in the shadows is seen as much as one in the lights.
    relative = 1.0 / (0.5 * (a + b) + 0.05)
    rest = np.abs(design @ solution[index]) * relative
    scale = 1.345 * 1.4826 * float(np.median(rest)) + 1e-4
    huber = np.minimum(1.0, scale / np.maximum(rest, 1e-12))
    weights = overlap.weights / total * relative**2 * huber
    weighted = design * weights[:, None]
    normal[np.ix_(index, index)] += weighted.T @ design
