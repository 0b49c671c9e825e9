# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches of an image that repeats, and how far each is from the nearest other one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Indices, Mask
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


class Known(NamedTuple):
    """Patches (m, values) of a size at corners (m, 2), with which others are compared.

    Moved by some rows and columns, of which half a side each stands for None, a part of a repaired image is the same.
    """

    patches: Floats
    corners: Indices
    size: int
    moved: tuple[int, int] | None = None

    def find_nearest(self, image: Floats, places: Indices) -> Floats:
        """The distance (n,) of each patch of an image (height, width, channels) to the nearest that does not overlap.

        `places` are corners (n, 2).
        """
        found = cut_patches(image, places, self.size)
        squares = found @ self.patches.T
        squares *= -2
        squares += np.einsum("ij,ij->i", found, found)[:, None]
        squares += np.einsum("ij,ij->i", self.patches, self.patches)
        squares[self._list_near(0, image, places) & self._list_near(1, image, places)] = np.inf
        return np.sqrt(np.maximum(squares.min(axis=1), 0) / found.shape[1])

    def _list_near(self, axis: int, image: Floats, places: Indices) -> Mask:
        """Which of the patches (n, m) lie along an axis where each place is, or where it was before it was moved."""
        side = image.shape[axis]
        moved = self.moved[axis] if self.moved else side // 2
        gaps = np.arange(side, dtype=np.intp)
        is_near = np.minimum(gaps, side - gaps) < self.size
        is_near |= np.roll(is_near, moved) | np.roll(is_near, -moved)
        moved_by = np.lib.stride_tricks.sliding_window_view(np.tile(is_near, 2), side)  # it is the same mirrored
        return np.take(moved_by[-places[:, axis] % side], self.corners[:, axis], axis=1)
