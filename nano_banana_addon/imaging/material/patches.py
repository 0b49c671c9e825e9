# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches of an image that repeats, and how far each is from the nearest other one."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Indices
from .periodic import average

_PATCH = 24
_LOOKED_AT = 512  # pixels of the longer side, of patches
_SMALLEST_PATCH = 4


def shrink(image: Floats) -> Floats:
    """An image (height, width, channels) at the size at which its patches are looked at."""
    return average(image, max(max(image.shape[:2]) / _LOOKED_AT, 1))


def choose_size(shape: tuple[int, int]) -> int:
    """The side of the patches of a shrunk image, in pixels; 0 if it is too small to have any."""
    size = min(_PATCH, min(shape) // 6)
    return size if size >= _SMALLEST_PATCH else 0


def choose_inside(numbers: np.random.Generator, count: int, shape: tuple[int, int], size: int) -> Indices:
    """The corners (n, 2), row and column, of patches anywhere inside."""
    return np.stack([numbers.integers(0, side - size + 1, count) for side in shape], axis=1).astype(np.intp)


def choose_across(numbers: np.random.Generator, count: int, shape: tuple[int, int], size: int) -> Indices:
    """The corners (n, 2) of patches through which the seam of one axis goes."""
    places = np.stack([numbers.integers(0, side, count) for side in shape], axis=1)
    axes = np.arange(count) % 2
    near = numbers.integers(size // 4, size - size // 4, count)
    places[np.arange(count), axes] = np.array(shape)[axes] - near
    return places


def cut_patches(image: Floats, places: Indices, size: int) -> Floats:
    """Patches (n, values) at corners (n, 2), over the edges where they reach beyond."""
    offsets = np.arange(0, size, 2)  # every second pixel tells the same in a quarter of the time
    rows = (places[:, :1] + offsets) % image.shape[0]
    columns = (places[:, 1:] + offsets) % image.shape[1]
    return image[rows[:, :, None], columns[:, None, :]].reshape(len(places), -1).astype(np.float32)


def find_nearest(image: Floats, places: Indices, known: Floats, inside: Indices, size: int) -> Floats:
    """The distance (n,) of each patch to the nearest known one that does not overlap it.

    `image` (height, width, channels); corners `places` (n, 2); patches `known` (m, values) at corners `inside` (m, 2).
    """
    patches = cut_patches(image, places, size)
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
