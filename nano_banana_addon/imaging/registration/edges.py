# SPDX-License-Identifier: GPL-3.0-or-later
"""The edges of an image and their directions, independent of the colours on their two sides.

The *structure tensor* sums the products of the gradients over the channels: it keeps the place and direction of an edge
and drops its sign and its colours, which a restyled image has changed (Förstner & Gülch 1987; Di Zenzo 1986 for several
channels).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy import typing as npt

from ..arrays import Reals


@dataclass(frozen=True, slots=True)
class Edges:
    """The structure tensor of an image: shape (3, height, width), holding xx, xy, yy."""

    tensor: Reals

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.tensor.shape[1], self.tensor.shape[2]

    def strength(self) -> Reals:
        """How strongly each pixel belongs to one edge, (height, width): the difference of the tensor's eigenvalues."""
        xx, xy, yy = self.tensor
        return np.sqrt((xx - yy) ** 2 + 4 * xy * xy)

    def field(self) -> npt.NDArray[np.complex64]:
        """Edges (height, width) as complex numbers at double angle, so that opposite gradients are equal.

        Their lengths are normalised locally, so that faint and strong edges count alike.
        """
        xx, xy, yy = self.tensor
        doubled = (xx - yy) + 2j * xy
        length = np.abs(doubled)
        near = blur(length, 6) + 0.1 * float(length.mean()) + 1e-6
        return (doubled / near / np.sqrt(1.0 + length / near)).astype(np.complex64)


def find_edges(pixels: Reals, passes: int = 1) -> Edges:
    """The edges of pixels (height, width, channels), values 0 ... 255, smoothed `passes` times."""
    height, width = pixels.shape[:2]
    total = np.zeros((3, height, width), np.float32)
    for channel in range(pixels.shape[2]):
        across, down = _gradients(pixels[:, :, channel])
        total[0] += across * across
        total[1] += across * down
        total[2] += down * down
    for plane in total:
        for _ in range(passes):
            smooth_plane(plane)
    return Edges(total)


def blur(plane: Reals, radius: int) -> Reals:
    """Two box blurs of a plane (h, w) by `radius` pixels: near enough to a Gaussian. Borders are repeated."""
    result = plane
    for _ in range(2):
        result = _box(_box(result, radius, 0), radius, 1)
    return result


def _box(plane: Reals, radius: int, axis: int) -> Reals:
    around = [(radius + 1, radius) if each == axis else (0, 0) for each in (0, 1)]
    padded = np.pad(plane, around, mode="edge")
    sums = _add_up(padded, axis)
    last, first = slice(2 * radius + 1, None), slice(None, -2 * radius - 1)
    means = sums[last] - sums[first] if axis == 0 else sums[:, last] - sums[:, first]
    means /= 2 * radius + 1
    return means.astype(np.float32)


def _add_up(plane: Reals, axis: int) -> Reals:
    """As `cumsum`, which converts slowly, and goes down each column for itself."""
    sums = plane.astype(np.float64)
    if axis == 1:
        return np.cumsum(sums, axis=1, out=sums)
    for above, row in pairwise(sums):
        row += above
    return sums


def _gradients(plane: Reals) -> tuple[Reals, Reals]:
    """Sobel's operator; zero at the border."""
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    rows = plane[:-2] + 2 * plane[1:-1] + plane[2:]
    across[1:-1, 1:-1] = (rows[:, 2:] - rows[:, :-2]) / 8
    columns = plane[:, :-2] + 2 * plane[:, 1:-1] + plane[:, 2:]
    down[1:-1, 1:-1] = (columns[2:] - columns[:-2]) / 8
    return across, down


def smooth_plane(plane: Reals) -> Reals:
    """Binomial 1-2-1 in both directions, in place, for a plane (h, w) or image (h, w, channels)."""
    plane[1:-1] = (plane[:-2] + 2 * plane[1:-1] + plane[2:]) / 4
    plane[:, 1:-1] = (plane[:, :-2] + 2 * plane[:, 1:-1] + plane[:, 2:]) / 4
    return plane
