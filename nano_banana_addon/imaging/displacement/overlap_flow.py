# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the images of two views differ where they show the same surface.

What one image shows beside the other, laid into its frame through the known shape, is compared block by block: coarsely
by normalised correlation, then by gradients (Lucas & Kanade 1981). Both images are normalised around each place, so
that neither brightness nor contrast of the views matters. What a block tells is a distance and, for each direction, how
sure it is: along a stripe a block tells nothing (the structure tensor's smaller eigenvalue).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Doubles, Floats, Indices, Reals
from ..registration.edges import blur, smooth_plane
from ..registration.outline import sample
from .overlaps import BLOCK, STEP, SharedSurface

_NOISE = 9.0  # of 255, squared: what is flatter is no detail
_COARSE_PASSES, _FINE_PASSES = 4, 1  # blocks that a measurement reaches beyond its own
_COARSE, _REACH, _AROUND = 4, 5, 5  # size of the pixels, reach in these, half the part that is normalised
_FINE, _NEAR = 2, 7  # the same of the fine comparison
_LEAST_PEAK, _PEAK, _ALONE = 0.35, 0.3, 0.15  # of the correlation: bound, range, distance to the next best
_COARSE_VARIANCE = 4.0  # pixels, squared: of a coarse measurement
_FINE_VARIANCE = 0.005  # the same of a fine one, at least
_BORDER_VARIANCE = 0.15  # more of it where the surface ends: what is beside it may lie there
_DIFFERENT = 1.0  # standard deviations between the images, with which a pixel counts a quarter
_INDEPENDENT = 0.5  # of the pixels: so many err on their own
_LEAST_COMMON = 0.15  # of the mean of the images' own structure tensors: what they have in common is not less
_SMOOTH = 2  # times the images are smoothed before
_FARTHEST = 3.0  # pixels of the fine comparison: what seems farther off is not what gradients can tell
_LEAST_ALIKE, _ALIKE = 0.3, 0.3  # of the correlation after the comparison: bound, range


Slopes = tuple[Floats, Floats]  # down and across


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """How far the first image's content lies from the second's (n, 2), in pixels of the guide, block by block.

    `precision` (n, 2, 2) are the inverse covariances, `trust` (n,) 0 ... 1 whether the images show the same at all.
    """

    moves: Doubles
    precision: Doubles
    trust: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """An image in grey (h, w), reduced by `factor`."""

    factor: int
    grey: Floats


def reduce(plane: Reals, factor: int) -> Floats:
    """The means of squares of `factor` pixels of a plane (h, w) or image (h, w, n)."""
    height, width = (length // factor for length in plane.shape[:2])
    cut = plane[: height * factor, : width * factor]
    parts = cut.reshape(height, factor, width, factor, *plane.shape[2:])
    return parts.mean(axis=(1, 3)).astype(np.float32)


def prepare(grey: Floats, *, coarse: bool) -> Reduced:
    """An image in grey (h, w) as the coarse or the fine comparison takes it."""
    factor = _COARSE if coarse else _FINE
    return Reduced(factor, reduce(grey, factor))


def measure_coarsely(overlap: SharedSurface, first: Reduced, second: Reduced) -> Flow:
    """What correlation says: up to 20 pixels."""
    shown = (reduce(overlap.shown, _COARSE // STEP) > 0.99).astype(np.float32)
    laid = _lay(second, reduce(overlap.spots, _COARSE // STEP), shown, _AROUND)
    # What lies beside the surface in the first image may be on it once that is aligned.
    around = overlap.cut(first.grey, _COARSE)
    own = np.pad(_normalise(around, np.ones_like(around), _AROUND), _REACH)
    height, width = shown.shape
    counted = overlap.gather(shown, _COARSE, _COARSE_PASSES)
    whole = np.maximum(overlap.gather(laid * laid, _COARSE, _COARSE_PASSES), 1e-3 * counted + 1e-6)
    scores = np.zeros((len(whole), 2 * _REACH + 1, 2 * _REACH + 1), np.float32)
    for down in range(2 * _REACH + 1):
        for right in range(2 * _REACH + 1):
            product = laid * own[down : down + height, right : right + width]
            scores[:, down, right] = overlap.gather(product, _COARSE, _COARSE_PASSES) / whole
    moves, trust = _find_peaks(scores)
    trust *= counted > 0.2 * counted.max(initial=1.0)
    return Flow(moves * _COARSE, (trust / _COARSE_VARIANCE)[:, None, None] * np.eye(2), trust)


def measure_finely(overlap: SharedSurface, first: Reduced, second: Reduced) -> Flow:
    """What gradients say: a few pixels, to a tenth of one."""
    own = _normalise(overlap.cut(first.grey, _FINE), overlap.shown, _NEAR)
    laid = _lay(second, overlap.spots, overlap.shown, _NEAR)
    for _ in range(_SMOOTH):
        own, laid = smooth_plane(own), smooth_plane(laid)
    off = own - laid
    inside = np.pad(overlap.shown, 1)
    inside = inside[1:-1, 1:-1] * inside[2:, 1:-1] * inside[:-2, 1:-1] * inside[1:-1, 2:] * inside[1:-1, :-2]
    weight = inside / (1 + (off / _DIFFERENT) ** 2) ** 2

    def total(plane: Reals) -> Doubles:
        return overlap.gather(weight * plane, _FINE, _FINE_PASSES)

    slopes, others = _differentiate(own), _differentiate(laid)
    inverse = _relate(slopes, others, total)
    right = np.stack([total((slopes[axis] + others[axis]) / 2 * off) for axis in (1, 0)], axis=-1)
    moves = -np.einsum("nij,nj->ni", inverse, right)
    counted = np.maximum(total(np.ones_like(off)), 1e-3)
    left = np.maximum(total(off * off) + (moves * right).sum(axis=1), 0) / counted
    strength = np.maximum((total(own * own) + total(laid * laid)) / 2 / counted, 1e-3)
    used = counted / np.maximum(overlap.gather(inside, _FINE, _FINE_PASSES), 1)
    trust = np.clip((1 - left / (2 * strength)) * used - _LEAST_ALIKE, 0, _ALIKE) / _ALIKE
    trust *= np.hypot(*moves.T) < _FARTHEST
    variance = (left + 0.02)[:, None, None] / _INDEPENDENT * inverse * _FINE**2
    # What is told of the second image is told in its own pixels.
    filled = overlap.gather(overlap.shown, _FINE, _FINE_PASSES) / (BLOCK**2 * 4.0**_FINE_PASSES)
    floor = (np.eye(2) + overlap.back @ overlap.back.transpose(0, 2, 1)) / 2
    floor *= (_FINE_VARIANCE + _BORDER_VARIANCE * np.clip(1 - filled, 0, 1))[:, None, None]
    precision = np.asarray(np.linalg.inv(variance + floor), np.float64) * trust[:, None, None]
    return Flow(moves * _FINE, precision, trust)


def _differentiate(plane: Floats) -> Slopes:
    down, across = (np.asarray(np.gradient(plane, axis=axis), np.float32) for axis in (0, 1))
    return down, across


def _relate(first: Slopes, second: Slopes, total: Callable[[Reals], Doubles]) -> Doubles:
    """The inverse (n, 2, 2) of what the images' slopes (down, across) have in common: noise of each is not in it."""
    tensor = np.empty((len(total(first[0])), 2, 2))
    tensor[:, 0, 0], tensor[:, 1, 1] = total(first[1] * second[1]), total(first[0] * second[0])
    tensor[:, 0, 1] = tensor[:, 1, 0] = total(first[1] * second[0] + first[0] * second[1]) / 2
    sizes, axes = np.linalg.eigh(tensor)
    own = total(first[0] ** 2 + first[1] ** 2 + second[0] ** 2 + second[1] ** 2) / 4
    sizes = np.maximum(sizes, np.maximum(_LEAST_COMMON * own, 1e-2)[:, None])
    return np.asarray((axes / sizes[:, None]) @ axes.transpose(0, 2, 1), np.float64)


def _lay(second: Reduced, spots: Reals, shown: Floats, near: int) -> Floats:
    """The second image in the first one's frame, normalised."""
    laid = sample(second.grey[..., None], spots / second.factor)[..., 0].astype(np.float32)
    return _normalise(laid, shown, near)


def _normalise(plane: Floats, shown: Floats, near: int) -> Floats:
    """Deviations from the mean around, in standard deviations; 0 where nothing is shown."""
    share = np.maximum(blur(shown, near), 1e-3)
    off = (plane - blur(plane * shown, near) / share) * shown
    return (off / np.sqrt(blur(off * off, near) / share + _NOISE)).astype(np.float32)


def _find_peaks(scores: Floats) -> tuple[Doubles, Doubles]:
    """Where each square of scores (n, k, k) is highest, from its middle, between pixels; and the trust."""
    count, side = scores.shape[:2]
    inner = scores[:, 1:-1, 1:-1].reshape(count, -1).argmax(axis=1)
    at: Indices = np.arange(count, dtype=np.intp)
    y, x = inner // (side - 2) + 1, inner % (side - 2) + 1
    peak = scores[at, y, x]
    right = _refine(scores[at, y, x - 1], peak, scores[at, y, x + 1])
    down = _refine(scores[at, y - 1, x], peak, scores[at, y + 1, x])
    others = scores.copy()
    for step in np.ndindex(3, 3):
        others[at, y + step[0] - 1, x + step[1] - 1] = -1
    alone = peak - others.reshape(count, -1).max(axis=1)
    trust = np.clip((peak - _LEAST_PEAK) / _PEAK, 0, 1) * np.clip(alone / _ALONE, 0, 1)
    moves = np.stack([x + right, y + down], axis=-1) - side // 2
    return moves.astype(np.float64), trust.astype(np.float64)


def _refine(before: Floats, peak: Floats, after: Floats) -> Floats:
    """The summit of the parabola through three scores."""
    summit = (before - after) / 2 / np.minimum(before - 2 * peak + after, -1e-4)
    return np.clip(summit, -0.6, 0.6).astype(np.float32)
