# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the model has shifted what it repainted: a returned view is laid onto its guide again.

A restyled picture has other colours and new texture inside the shapes; only the edges between
shapes are common. So: a rough shift and scale from the correlation of the edge fields
(`correlate.py`), then, from coarse to fine, for points on the guide's edges the place across the
edge where the picture has an edge of that direction, and the affine map that most of these agree on
(iterated with Tukey's weights).

Coordinates are pixels from the top left corner of the picture; a pixel's centre has .5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy import typing as npt
from PIL import Image

from .correlate import rough_alignment
from .edges import Edges, find_edges
from .follow import edge_points, follow

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.floating]

#: The longer side of the finest level. Half of 2K finds 0.1 px of the full size, four times as
#: fast.
FINEST = 1400
_LEVELS = 3
#: What a model does to a picture is within these; beyond, the edges have been mistaken.
MAX_SCALE = 0.06
MAX_SHIFT = 0.06  # of the longer side
#: Below this the picture does not show the guide's shapes, and is left where it is.
LOWEST_CONFIDENCE = 0.15


@dataclass(frozen=True, slots=True)
class Registration:
    """How a returned picture lies on its guide.

    `matrix` (2 x 3) takes pixels of the picture to pixels of the guide. Drifts are the median
    distance, in guide pixels, between where edges are and where they should be: before (by the map
    that was found) and after (what remains, measured across the edges). `confidence` is 0 ... 1:
    how much more of the guide's edges the picture has, than an unrelated picture would have by
    chance.
    """

    matrix: Matrix
    drift_before_px: float
    drift_after_px: float
    confidence: float


def register(picture: Pixels, guide: Pixels, silhouette: Pixels | None = None) -> Registration:
    """Align a picture to its guide; both (height, width, 3), uint8; sizes may differ.

    `silhouette` (guide's height and width, uint8) is above 127 where the object is: its outline
    counts strongly, and what is outside is not looked at. Never raises for odd content: a picture
    without the guide's edges gives its plain scaling to the guide's size and a confidence near 0.
    """
    size = (guide.shape[1], guide.shape[0])
    to_guide = _scaling(picture.shape, guide.shape)
    fitted = picture if picture.shape[:2] == guide.shape[:2] else _resized(picture, size)
    levels = list(_pyramid(fitted, guide, silhouette))
    coarse = levels[0]
    shift = rough_alignment(coarse.guide.field(), coarse.picture.field(), MAX_SHIFT)
    found = _scaled(shift, 1 / coarse.scale)
    agreement = drift = 0.0
    for level in levels:
        points = edge_points(level.guide, level.weight)
        local, agreement, drift = follow(points, level.picture, _scaled(found, level.scale))
        found = _scaled(local, 1 / level.scale)
    confidence = agreement if _plausible(found, size) else 0.0
    if confidence < LOWEST_CONFIDENCE:
        return Registration(to_guide, 0.0, drift / levels[-1].scale, confidence)
    spots = edge_points(levels[-1].guide, levels[-1].weight).places / levels[-1].scale
    moved = spots @ found[:, :2].T + found[:, 2] - spots
    before = float(np.median(np.hypot(moved[:, 0], moved[:, 1])))
    matrix = _product(_inverse(found), to_guide)
    return Registration(matrix, before, drift / levels[-1].scale, confidence)


@dataclass(frozen=True, slots=True)
class _Level:
    """One resolution: the edges of both, what each guide pixel counts, pixels per guide pixel."""

    picture: Edges
    guide: Edges
    weight: npt.NDArray[np.float32] | None
    scale: float


def _pyramid(picture: Pixels, guide: Pixels, silhouette: Pixels | None) -> Iterator[_Level]:
    height, width = guide.shape[:2]
    finest = min(1.0, FINEST / max(height, width))
    for step in reversed(range(_LEVELS)):
        scale = finest / 2**step
        size = (max(16, round(width * scale)), max(16, round(height * scale)))
        small = _resized(guide, size).astype(np.float32)
        weight = None
        if silhouette is not None:
            shape = _resized(silhouette, size).astype(np.float32)
            small = np.dstack([small, shape])
            weight = _near(shape)
        edges = find_edges(_resized(picture, size).astype(np.float32))
        yield _Level(edges, find_edges(small), weight, size[0] / width)


def _near(shape: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """1 on the object and two pixels around it, else 0."""
    padded = np.pad(shape > 127, 2)
    height, width = shape.shape
    spread = np.zeros(shape.shape, bool)
    for dy in range(5):
        for dx in range(5):
            spread |= padded[dy : dy + height, dx : dx + width]
    return spread.astype(np.float32)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def _plausible(matrix: Matrix, size: tuple[int, int]) -> bool:
    if not np.isfinite(matrix).all():
        return False
    bent = float(np.abs(matrix[:, :2] - np.eye(2)).max())
    centre = np.array(size) / 2
    moved = float(np.abs(matrix[:, :2] @ centre + matrix[:, 2] - centre).max())
    return bent <= MAX_SCALE and moved <= MAX_SHIFT * max(size)


def _scaling(source: tuple[int, ...], target: tuple[int, ...]) -> Matrix:
    return np.array([[target[1] / source[1], 0, 0], [0, target[0] / source[0], 0]], np.float64)


def _scaled(matrix: Matrix, scale: float) -> Matrix:
    """The same map in a picture `scale` times as large."""
    return np.hstack([matrix[:, :2], matrix[:, 2:] * scale])


def _inverse(matrix: Matrix) -> Matrix:
    back = np.linalg.inv(matrix[:, :2])
    return np.hstack([back, -back @ matrix[:, 2:]])


def _product(second: Matrix, first: Matrix) -> Matrix:
    linear = second[:, :2] @ first
    linear[:, 2] += second[:, 2]
    return linear


def warp(picture: Pixels, matrix: Matrix, size: tuple[int, int]) -> Pixels:
    """The picture (height, width, channels; uint8) mapped by `matrix` (2 x 3, to the result's
    pixels) into a result of `size` (width, height); its border pixels are repeated outside.
    Bicubic."""
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink < 0.8:  # average first what a bicubic kernel would skip
        smaller = (round(picture.shape[1] * shrink), round(picture.shape[0] * shrink))
        reduced = _resized(picture, (max(1, smaller[0]), max(1, smaller[1])))
        matrix = _product(matrix, _scaling(reduced.shape, picture.shape))
        picture = reduced
    inverse = _inverse(np.asarray(matrix, np.float64))
    corners = (
        np.array([[0, 0], size, [size[0], 0], [0, size[1]]]) @ inverse[:, :2].T + inverse[:, 2]
    )
    height, width = picture.shape[:2]
    outside = max(-corners.min(), (corners - (width, height)).max(), 0.0)
    margin = min(int(outside) + 4, max(width, height))
    padded = np.pad(picture, [(margin, margin)] * 2 + [(0, 0)] * (picture.ndim - 2), mode="edge")
    inverse[:, 2] += margin
    mapped = Image.fromarray(padded).transform(
        size, Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC
    )
    return np.asarray(mapped)
