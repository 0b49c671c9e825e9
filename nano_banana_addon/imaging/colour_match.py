# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the exposure and tint of several views together, from the surface points that two of them see.

Unknown are a gain and an offset for each view and channel, and one falloff of brightness towards the corners for all
views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Pixels, Reals
from .srgb import LINEAR, to_srgb

_ROUNDS = 12
_SAMPLES = 4_000  # per overlap; more changes nothing but the time
#: How strongly gains hold to 1 and offsets to 0, against overlaps that weigh 1 altogether.
_HOLD_GAIN, _HOLD_OFFSET = 2e-3, 2e-1
_FIXED_MEAN = 1e4
#: The same for the falloff, and its largest: twice what a model was seen to do.
_HOLD_FALLOFF, _MAX_FALLOFF = 3e-4, 0.5
#: How unlike the squared distances of the same points must be, in the mean square, to tell anything of a falloff.
_RADII_DIFFER = 2e-3
_ROWS = 32
_LEVELS = 1024  # of brightness between a picture's centre and its corners
_CLIPPED = (0.002, 0.98)  # linear light: values outside carry no information about gain


@dataclass(frozen=True, slots=True)
class Overlap:
    """The same surface points in two views: linear light (n, 3) each, and weights (n,).

    `radii` (n, 2) are the squared distances from the centres of the two pictures, 1 at a corner.
    """

    first: int
    second: int
    colours_first: Reals
    colours_second: Reals
    weights: Reals
    radii: Reals | None = None


@dataclass(frozen=True, slots=True)
class ColourMatch:
    """The correction of each view, in linear light.

    A colour becomes `(colour * gains[view] + offsets[view]) * (1 + falloff * radius ** 2)`; `gains` and `offsets` have
    the shape (views, 3). The falloff belongs to the model that generated the views, so that all have the same.
    """

    gains: Reals
    offsets: Reals
    falloff: float = 0.0


def match_colours(views: int, overlaps: Sequence[Overlap], *, offsets: bool = True) -> ColourMatch:
    """The gain and offset of each view and channel that make the overlaps agree.

    Robust weighted least squares (differences in content count little, and so does a view that differs from all others)
    and a weak prior for no change. The geometric mean of the gains is 1 (exposures differ by factors) and the mean of
    the offsets 0, so that the whole becomes neither brighter nor tinted. The falloff is solved where overlaps have
    radii. Views without overlaps stay as they are.
    """
    gains, shifts = np.ones((views, 3)), np.zeros((views, 3))
    thinned = [_thin_samples(overlap) for overlap in overlaps]
    usable = [overlap for overlap in thinned if len(overlap.weights) >= 8]
    if not usable:
        return ColourMatch(gains.astype(np.float32), shifts.astype(np.float32))
    joined = sorted({view for o in usable for view in (o.first, o.second)})
    problem = _Problem(views, usable, joined, offsets)
    falloff = 0.0
    if _differ_in_radius(usable):
        falloff = float(np.median([problem.solve(channel, None)[-1] for channel in range(3)]))
        falloff = min(max(falloff, -_MAX_FALLOFF), _MAX_FALLOFF)
    for channel in range(3):
        solution = problem.solve(channel, falloff)
        found = solution[:views][joined]
        level = np.exp(np.log(np.maximum(found, 1e-3)).mean())
        gains[joined, channel] = found / level
        shifts[joined, channel] = solution[views:-1][joined] / level
    return ColourMatch(gains.astype(np.float32), shifts.astype(np.float32), falloff)


def _differ_in_radius(overlaps: Sequence[Overlap]) -> bool:
    """Whether enough points are nearer to the corners in one view than in the other."""
    sums = np.zeros(2)
    for overlap in overlaps:
        if overlap.radii is None:
            return False
        sums += (overlap.weights * np.diff(overlap.radii, axis=1)[:, 0] ** 2).sum(), overlap.weights.sum()
    return bool(sums[0] >= _RADII_DIFFER * sums[1])


def apply_match(pixels: Pixels, gains: Reals, offsets: Reals, falloff: float = 0.0) -> Pixels:
    """8-bit sRGB pixels with one view's gains and offsets (3,) and the falloff applied in linear light.

    The shape is (..., 3); with a falloff (height, width, 3).
    """
    result = np.empty_like(pixels)
    brighter = 1 + falloff * np.linspace(0, 1, _LEVELS if falloff else 1, dtype=np.float32)
    tables: list[Pixels] = []
    for channel in range(3):
        line = (LINEAR * gains[channel] + offsets[channel]) * brighter[:, None]
        tables.append((to_srgb(line.clip(0, 1)) * 255 + 0.5).astype(np.uint8).reshape(-1))
    if not falloff:
        for channel in range(3):
            result[..., channel] = tables[channel][pixels[..., channel]]
        return result
    down, across = _squares(pixels.shape)
    for first in range(0, len(pixels), _ROWS):  # a part at a time stays in the processor's cache
        part = slice(first, first + _ROWS)
        level = (down[part, None] + across[None, :]) * np.float32(_LEVELS - 1) + np.float32(0.5)
        start = level.astype(np.int32) << 8  # of the 256 values for that level
        for channel in range(3):
            result[part, :, channel] = tables[channel].take(start + pixels[part, :, channel])
    return result


def _squares(shape: tuple[int, ...]) -> tuple[Reals, Reals]:
    """Squared distances of rows (height,) and columns (width,) from the centre; their sum is 1 at a corner."""
    height, width = shape[:2]
    corner = height * height + width * width
    down = (2 * np.arange(height, dtype=np.float32) + 1 - height) ** 2 / corner
    across = (2 * np.arange(width, dtype=np.float32) + 1 - width) ** 2 / corner
    return down.astype(np.float32), across.astype(np.float32)


def _thin_samples(overlap: Overlap) -> Overlap:
    """At most `_SAMPLES` points at even intervals, none of them clipped in either view."""
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
        None if overlap.radii is None else overlap.radii[index],
    )


@dataclass(frozen=True, slots=True)
class _Problem:
    """The equations of all overlaps. A solution is the views' gains, their offsets, the falloff."""

    views: int
    overlaps: Sequence[Overlap]
    joined: Sequence[int]
    with_offsets: bool

    def solve(self, channel: int, falloff: float | None) -> Reals:
        """One channel's solution (2 * views + 1,) for a given falloff; None: the falloff is solved, too."""
        solution = np.concatenate([np.ones(self.views), np.zeros(self.views), [falloff or 0.0]])
        total = sum(float(overlap.weights.sum()) for overlap in self.overlaps)
        for _ in range(_ROUNDS):
            normal, right = self._build_priors(solution[-1], falloff is None)
            equations = [_build_equations(overlap, channel, solution) for overlap in self.overlaps]
            # One scale for all: an overlap in which everything differs is not an overlap of much noise.
            scale = 1.345 * 1.4826 * float(np.median([np.median(rest) for _, _, _, rest in equations])) + 1e-4
            for overlap, (index, design, relative, rest) in zip(self.overlaps, equations, strict=True):
                robust = np.minimum(1.0, scale / np.maximum(rest, 1e-12)) ** 2
                weighted = design * (overlap.weights / total * relative**2 * robust)[:, None]
                normal[np.ix_(index, index)] += weighted.T @ design
            updated = np.linalg.solve(normal, right)
            updated[-1] += solution[-1]
            settled = float(np.abs(updated - solution).max()) < 1e-5
            solution = updated
            if settled:
                break
        return solution

    def _build_priors(self, falloff: float, free: bool) -> tuple[Reals, Reals]:
        """The normal equations without any overlap.

        Without a fixed mean, noise would pull all gains towards 0, where nothing differs any more.
        """
        views = self.views
        hold = np.full(2 * views + 1, _HOLD_GAIN / views)
        hold[views:] = _HOLD_OFFSET / views if self.with_offsets else 1e9
        hold[-1] = _HOLD_FALLOFF if free else 1e9
        normal, right = np.diag(hold), np.zeros(2 * views + 1)
        right[:views] = hold[:views]
        right[-1] = -_HOLD_FALLOFF * falloff if free else 0.0  # the last unknown is its change
        gains, shifts = np.array(self.joined), np.array(self.joined) + views
        normal[np.ix_(gains, gains)] += _FIXED_MEAN
        normal[np.ix_(shifts, shifts)] += _FIXED_MEAN
        right[gains] += _FIXED_MEAN * len(self.joined)
        return normal, right


def _build_equations(overlap: Overlap, channel: int, solution: Reals) -> tuple[list[int], Reals, Reals, Reals]:
    """One overlap's unknowns, equations, the weight that makes them relative to brightness, and what they lack.

    The equation is `(first * gain + offset) * (1 + falloff * radius) = (second * ...) * (1 + ...)`, linearised at
    `solution`.
    """
    views = len(solution) // 2
    a = overlap.colours_first[:, channel].astype(np.float64)
    b = overlap.colours_second[:, channel].astype(np.float64)
    radii = np.zeros((len(a), 2)) if overlap.radii is None else overlap.radii
    index = [overlap.first, overlap.second, views + overlap.first, views + overlap.second, -1]
    gain_a, gain_b, shift_a, shift_b, falloff = solution[index]
    lift_a, lift_b = 1 + falloff * radii[:, 0], 1 + falloff * radii[:, 1]
    change = (a * gain_a + shift_a) * radii[:, 0] - (b * gain_b + shift_b) * radii[:, 1]
    design = np.stack([a * lift_a, -b * lift_b, lift_a, -lift_b, change], 1)
    # A difference in the shadows is seen as much as one in the lights.
    relative = 1.0 / (0.5 * (a + b) + 0.05)
    return index, design, relative, np.abs(design[:, :4] @ solution[index[:4]]) * relative
