# SPDX-License-Identifier: GPL-3.0-or-later
"""How much the seams of a repeated image can be seen, in two figures, each of which is blind alone.

A step over the seam shows in differences of neighbours, but not where a brick is cut; patches across the seam that
occur nowhere inside show that, but not a step in something smooth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Indices
from .periodic import average, average_channels

_SCALES = (1, 4, 16)
_WINDOWS = 16
_PATCH, _QUERIES, _CANDIDATES = 24, 300, 3000
_LOOKED_AT = 512  # pixels of the longer side, of patches
_SMALLEST_PATCH = 4
_THREADS = 2  # each needs memory of its own
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


def measure_step(image: Floats) -> float:
    """The largest step over the seams of an image (height, width, channels), to the 99th percentile inside.

    Of means over windows a sixteenth of a side long."""
    steps = [0.0]
    for _, small in _list_scales(image):
        steps += [_measure_lines(small), _measure_lines(small.transpose(1, 0, 2))]
    return max(steps)


def _list_scales(image: Floats) -> list[tuple[int, Floats]]:
    """The image made smaller by each of the scales that leave enough of it; each from the one before."""
    found: list[tuple[int, Floats]] = []
    before = 1
    for scale in _SCALES:
        image, before = average(image, scale / before), scale
        if min(image.shape[:2]) >= 2 * _WINDOWS:
            found.append((scale, image))
    return found


def _measure_lines(image: Floats) -> float:
    """The step between the last and the first column."""
    return float(_list_steps(image)[-1])


def _list_steps(image: Floats) -> Floats:
    """The largest step of the windows from each column (width,) to the next, to what is usual inside."""
    differences = average_channels(np.abs(np.roll(image, -1, axis=1) - image))
    length = len(differences) // _WINDOWS
    windows = differences[: length * _WINDOWS].reshape(_WINDOWS, length, -1).mean(axis=1)
    usual = float(np.percentile(windows[:, :-1], 99))
    return windows.max(axis=0) / max(usual, _NOTHING)


def find_quiet_edges(images: Sequence[Floats]) -> tuple[int, int]:
    """The row and the column from which on seamless images (height, width, channels) show their edges least."""
    height, width = images[0].shape[:2]
    with ThreadPoolExecutor(_THREADS) as pool:
        scales = list(chain.from_iterable(pool.map(_list_scales, images)))
        turned = [(scale, small.transpose(1, 0, 2)) for scale, small in scales]
        row, column = pool.map(_find_quiet, (turned, scales), (height, width))
    return row, column


def _find_quiet(scales: Sequence[tuple[int, Floats]], side: int) -> int:
    coarse = _SCALES[-1]
    places = np.arange(side // coarse, dtype=np.intp) * coarse
    worst = np.zeros(len(places))
    for scale, small in scales:
        worst = np.maximum(worst, _list_steps(small)[places // scale - 1])
    return int(places[worst.argmin()]) if len(places) else 0


def measure_novelty(image: Floats) -> tuple[float, float]:
    """How far patches across the seams of an image (height, width, channels) are from the nearest inside.

    To what it is for patches inside: the median, and the 90th percentile. Patches that overlap are not compared.
    """
    return _compare_patches(image, image, _choose_across)


def measure_changes(image: Floats, original: Floats) -> tuple[float, float]:
    """How far the patches of an image (height, width, channels) are from the nearest of the original.

    To what it is for patches of the original, as `measure_novelty`. Both may be moved by half a side.
    """
    return _compare_patches(image, original, _choose_inside)


def _compare_patches(image: Floats, original: Floats, choose: Callable[..., Indices]) -> tuple[float, float]:
    scale = max(max(image.shape[:2]) / _LOOKED_AT, 1)
    small, known_small = average(image, scale), average(original, scale)
    shape = small.shape[:2]
    size = min(_PATCH, min(shape) // 6)
    if size < _SMALLEST_PATCH:
        return 1.0, 1.0
    numbers = np.random.default_rng(1)
    inside, queries = (_choose_inside(numbers, count, shape, size) for count in (_CANDIDATES, _QUERIES))
    known = _cut_patches(known_small, inside, size)
    usual = _find_nearest(known_small, queries, known, inside, size)
    found = _find_nearest(small, choose(numbers, _QUERIES, shape, size), known, inside, size)
    ratios = [max(np.quantile(found, part), _LEVEL) / max(np.quantile(usual, part), _LEVEL) for part in (0.5, 0.9)]
    return float(ratios[0]), float(ratios[1])


def _choose_inside(numbers: np.random.Generator, count: int, shape: tuple[int, int], size: int) -> Indices:
    return np.stack([numbers.integers(0, side - size + 1, count) for side in shape], axis=1).astype(np.intp)


def _choose_across(numbers: np.random.Generator, count: int, shape: tuple[int, int], size: int) -> Indices:
    """The corners of patches through which the seam of one axis goes."""
    places = np.stack([numbers.integers(0, side, count) for side in shape], axis=1)
    axes = np.arange(count) % 2
    near = numbers.integers(size // 4, size - size // 4, count)
    places[np.arange(count), axes] = np.array(shape)[axes] - near
    return places


def _cut_patches(image: Floats, places: Indices, size: int) -> Floats:
    """Patches (n, values) at corners (n, 2), over the edges where they reach beyond."""
    offsets = np.arange(0, size, 2)  # every second pixel tells the same in a quarter of the time
    rows = (places[:, :1] + offsets) % image.shape[0]
    columns = (places[:, 1:] + offsets) % image.shape[1]
    return image[rows[:, :, None], columns[:, None, :]].reshape(len(places), -1).astype(np.float32)


def _find_nearest(image: Floats, places: Indices, known: Floats, inside: Indices, size: int) -> Floats:
    """The distance of each patch to the nearest known one that does not overlap it."""
    patches = _cut_patches(image, places, size)
    squares = (patches**2).sum(axis=1)[:, None] + (known**2).sum(axis=1)[None, :] - 2 * patches @ known.T
    overlaps = np.ones(squares.shape, bool)
    for axis in (0, 1):
        # Moved by half a side, a part of a repaired image is the same as there.
        half = image.shape[axis] // 2
        gaps = (places[:, axis, None] % half - inside[None, :, axis] % half).astype(np.int16)
        np.abs(gaps, out=gaps)
        overlaps &= np.minimum(gaps, half - gaps) < size
    squares[overlaps] = np.inf
    return np.sqrt(np.maximum(squares.min(axis=1), 0) / patches.shape[1])
