# SPDX-License-Identifier: GPL-3.0-or-later
"""How much the seams of a repeated image can be seen, in two figures, each of which is blind alone.

A step over the seam shows in differences of neighbours, but not where a brick is cut; patches across the seam that
occur nowhere inside show that, but not a step in something smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arrays import Doubles, Floats, Indices
from . import patches
from .periodic import average

_SCALES = (1, 4, 16)
_WINDOWS = 16
_QUERIES, _CANDIDATES = 300, 3000
_PARTS = (0.5, 0.9)
_VISIBLE = 0.98  # of the lines inside: what is above is the most visible
_NOTHING = 1e-4  # of 1: less than a step of 8 bits
_LEVEL = 1 / 255  # what 8 bits cannot tell apart


class SeamFigures(NamedTuple):
    """Ratios to the interior: 1 is like it."""

    step: float
    novelty: float  # median
    novelty_90: float  # 90th percentile

    def exceed(self, step: float, novelty: float, novelty_90: float) -> float:
        """By how much, as a factor, the worst of them is above its limit; at most 1 where all are held."""
        return max(self.step / step, self.novelty / novelty, self.novelty_90 / novelty_90)


def measure_seams(image: Floats) -> SeamFigures:
    """The figures of an image (height, width, channels), 0 ... 1."""
    return SeamFigures(measure_step(image), *measure_novelty(image))


def measure_fixed_seams(image: Floats) -> SeamFigures:
    """The figures of an image (height, width, channels) that begins where it must, not where no map shows it.

    Its step is compared with what the most visible lines inside have: a line at any place may have more than usual.
    """
    steps: list[float] = []
    for _, small in list_scales(image):
        for lines in (list_steps(small, axis) for axis in (1, 0)):
            steps.append(float(lines[-1] / max(np.quantile(lines[:-1], _VISIBLE), 1)))
    return SeamFigures(max(steps, default=0.0), *measure_novelty(image))


def measure_step(image: Floats) -> float:
    """The largest step over the seams of an image (height, width, channels), to the 99th percentile inside.

    Of means over windows a sixteenth of a side long."""
    found = [list_steps(small, axis)[-1] for _, small in list_scales(image) for axis in (1, 0)]
    return float(max(found, default=0.0))


def list_scales(image: Floats) -> list[tuple[int, Floats]]:
    """An image (height, width, channels) made smaller by each scale that leaves enough of it, one from the other."""
    found: list[tuple[int, Floats]] = []
    before = 1
    for scale in _SCALES:
        image, before = average(image, scale / before), scale
        if min(image.shape[:2]) >= 2 * _WINDOWS:
            found.append((scale, image))
    return found


def list_steps(image: Floats, axis: int, parts: int = 1) -> Floats:
    """The largest step of the windows from each line along an axis (n,) to the next, to what is usual inside.

    `image` (height, width, channels); axis 1 has columns as its lines. With more `parts` also of the windows that begin
    at a part of another: wherever the image may begin.
    """
    differences = np.empty_like(image)
    lines, found = np.moveaxis(image, axis, 0), np.moveaxis(differences, axis, 0)
    np.subtract(lines[1:], lines[:-1], out=found[:-1])
    np.subtract(lines[0], lines[-1], out=found[-1])
    np.abs(differences, out=differences)
    parts = min(parts, image.shape[1 - axis] // _WINDOWS)
    short = _average_windows(differences, axis, _WINDOWS * parts)
    windows = np.sum([np.roll(short, -part, axis=0) for part in range(parts)], axis=0) / parts
    usual = float(np.percentile(windows[:, :-1], 99))
    return np.asarray(windows.max(axis=0) / max(usual, _NOTHING), np.float32)


def _average_windows(image: Floats, axis: int, count: int) -> Floats:
    """The means (count, n) of the parts of each line along an axis of an image (height, width, channels)."""
    height, width, channels = image.shape
    length = image.shape[1 - axis] // count
    if axis == 0:
        return image[:, : length * count].reshape(height, count, length * channels).mean(axis=2).T
    lines = image[: length * count].reshape(count, length, width * channels).mean(axis=1)
    return lines.reshape(count, width, channels).mean(axis=2)


def measure_novelty(image: Floats) -> tuple[float, float]:
    """How far patches across the seams of an image (height, width, channels) are from the nearest inside.

    To what it is for patches inside: the median, and the 90th percentile. Patches that overlap are not compared.
    """
    return _compare_patches(image, image, patches.choose_across)


def measure_changes(image: Floats, original: Floats, shifts: tuple[int, int]) -> tuple[float, float]:
    """How far the patches of an image (height, width, channels) are from the nearest of the original.

    To what it is for patches of the original, as `measure_novelty`. Parts may be moved by `shifts`, columns and rows.
    """
    return _compare_patches(image, original, patches.choose_inside, shifts)


def _compare_patches(
    image: Floats, original: Floats, choose: Callable[..., Indices], shifts: tuple[int, int] | None = None
) -> tuple[float, float]:
    small, known_small = patches.shrink(image), patches.shrink(original)
    shape = small.shape[:2]
    size = patches.choose_size(shape)
    if not size:
        return 1.0, 1.0
    numbers = np.random.default_rng(1)
    inside, queries = (patches.choose_inside(numbers, count, shape, size) for count in (_CANDIDATES, _QUERIES))
    known = patches.Known(patches.cut_patches(known_small, inside, size), inside, size)
    if shifts:
        scale = small.shape[1] / image.shape[1]
        known = known._replace(moved=(round(shifts[1] * scale), round(shifts[0] * scale)))
    usual = known.find_nearest(known_small, queries)
    found = known.find_nearest(small, choose(numbers, _QUERIES, shape, size))
    median, high = map(float, compare_distances(found, usual))
    return median, high


def compare_distances(found: Floats, usual: Floats) -> Doubles:
    """Distances (n,) or (n, m) of patches to the usual ones (k,): ratios of the medians, and of the 90th percentiles.

    (2,) or (2, m).
    """
    levels = np.maximum(np.quantile(usual, _PARTS), _LEVEL)
    ratios = np.maximum(np.quantile(found, _PARTS, axis=0), _LEVEL)
    return ratios / (levels if found.ndim == 1 else levels[:, None])
