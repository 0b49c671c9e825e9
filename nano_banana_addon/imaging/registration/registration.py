# SPDX-License-Identifier: GPL-3.0-or-later
"""Registration: aligns a generated image to its guide, because models shift what they repaint.

A restyled image has other colours, and new texture inside the shapes; only the edges between shapes are common, and of
those the object's outline is the surest (`outline_fit.py`). Where there is none to follow, all edges are: a coarse
shift and scale come from the correlation of the edge fields (`correlation.py`). Then, from coarse to fine, each point
on the guide's edges gets the distance across the edge at which the image has an edge of that direction, and an affine
map is fitted to them (iterated with Tukey's weights).

Coordinates are pixels from the top left corner of the image; a pixel's centre has .5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...core.texture import LOWEST_CONFIDENCE
from ..arrays import Floats, Pixels, Reals
from .affine import build_scaling, invert, multiply, scale_map
from .correlation import rough_alignment
from .edge_matches import edge_points, follow
from .edges import Edges, find_edges, smooth_plane
from .outline_fit import fit_outline

#: The longer side of the finest level. Half of 2K finds 0.1 px of the full size, four times as
#: fast.
FINEST = 1400
_LEVELS = 3
#: What a model does to a picture is within these; beyond, the edges have been mistaken.
MAX_SCALE = 0.06
MAX_SHIFT = 0.06  # of the longer side
#: Without an outline that agrees, the other edges must agree by more than the edges of another view do.
_CLEAR_OUTLINE, _EDGES_ALONE = 0.5, 0.4
#: Values between the darkest and the lightest of an image that shows nothing to align; black ones are failed answers.
_PLAIN_RANGE, _BLACK = 6, 16
#: Relative; sizes that differ less in shape differ by rounding.
SAME_SHAPE = 0.01


@dataclass(frozen=True, slots=True)
class Registration:
    """How a generated image has to be mapped to lie on its guide.

    `matrix` (2, 3) maps pixels of the image to pixels of the guide. Drifts are median distances, in guide pixels,
    between where shapes are and where they should be. Before: how far the map moves the object's pixels, or without a
    silhouette those of the edges, together with what remains. After: what remains, measured across the edges.
    `confidence` is 0 ... 1: how much more of the guide's outline, or edges, the image has than an unrelated image would
    have by chance. An image of one colour fits anything: 1.
    """

    matrix: Reals
    drift_before_px: float
    drift_after_px: float
    confidence: float


def register(picture: Pixels, guide: Pixels, silhouette: Pixels | None = None) -> Registration:
    """Align an image to its guide; both (height, width, 3), uint8; sizes may differ.

    `silhouette` (guide's height and width, uint8) is above 127 where the object is; what does not fit it otherwise is
    ignored. Never raises for unexpected content: an image without the guide's shapes gives its plain scaling to the
    guide's size and a confidence near 0. One of another aspect ratio is tried stretched, with borders added, and
    cropped.
    """
    starts = list_starts(picture.shape, guide.shape)
    if int(picture.max()) - int(picture.min()) <= _PLAIN_RANGE:
        return Registration(starts[0], 0.0, 0.0, float(picture.max() >= _BLACK))
    tried = [_from_start(picture, guide, silhouette, start) for start in starts]
    best = max(tried, key=lambda found: found.confidence)
    return best if best.confidence >= LOWEST_CONFIDENCE else tried[0]


def list_starts(source: tuple[int, ...], target: tuple[int, ...]) -> list[Reals]:
    """The maps (2, 3) to start from: stretched to the guide; for another aspect ratio also padded and cropped."""
    stretched = build_scaling(source, target)
    across, down = float(stretched[0, 0]), float(stretched[1, 1])
    if abs(np.log(across / down)) <= SAME_SHAPE:
        return [stretched]
    starts = [stretched]
    for scale in (max(across, down), min(across, down)):
        borders = [(target[1] - source[1] * scale) / 2, (target[0] - source[0] * scale) / 2]
        starts.append(np.array([[scale, 0, borders[0]], [0, scale, borders[1]]], np.float64))
    return starts


def _from_start(picture: Pixels, guide: Pixels, silhouette: Pixels | None, start: Reals) -> Registration:
    size = (guide.shape[1], guide.shape[0])
    plain = np.array_equal(start, build_scaling(picture.shape, guide.shape))
    fitted = _resize(picture, size) if plain else warp(picture, start, size)
    found, confidence, after, spots = _fit(fitted, guide, silhouette)
    if not _plausible(found, size):
        confidence = 0.0
    if confidence < LOWEST_CONFIDENCE:
        return Registration(start, 0.0, after, confidence)
    moved = spots @ found[:, :2].T + found[:, 2] - spots
    # What no map takes away was there before, too.
    before = float(np.hypot(np.median(np.hypot(moved[:, 0], moved[:, 1])), after))
    return Registration(multiply(invert(found), start), before, after, confidence)


def _fit(fitted: Pixels, guide: Pixels, silhouette: Pixels | None) -> tuple[Reals, float, float, Reals]:
    """The map (2, 3) from guide to image, how much agrees, the distance that is left, and where to judge it (n, 2)."""
    if silhouette is None:
        return _fit_edges(fitted, guide, None)
    scale = min(1.0, FINEST / max(guide.shape[:2]))
    size = (max(16, round(guide.shape[1] * scale)), max(16, round(guide.shape[0] * scale)))
    smooth = smooth_plane(_resize(fitted, size).astype(np.float32))
    outline = fit_outline(smooth, _resize(silhouette, size), int(MAX_SHIFT * max(size)) + 2)
    spots = _inside(silhouette)
    if outline is None or outline.agreement < _CLEAR_OUTLINE:
        found, agreement, after, edges = _fit_edges(fitted, guide, silhouette)
        if outline is None or agreement >= max(_EDGES_ALONE, outline.agreement):
            agreement = agreement if agreement >= _EDGES_ALONE else 0.0
            return found, agreement, after, spots if len(spots) else edges
    return scale_map(outline.matrix, 1 / scale), outline.agreement, outline.local_px / scale, spots


def _fit_edges(fitted: Pixels, guide: Pixels, silhouette: Pixels | None) -> tuple[Reals, float, float, Reals]:
    """The same from all edges."""
    levels = list(_pyramid(fitted, guide, silhouette))
    coarse = levels[0]
    shift = rough_alignment(coarse.guide.field(), coarse.picture.field(), MAX_SHIFT)
    found = scale_map(shift, 1 / coarse.scale)
    agreement = drift = 0.0
    points = edge_points(coarse.guide, coarse.weight)
    for level in levels:
        points = edge_points(level.guide, level.weight)
        local, agreement, drift = follow(points, level.picture, scale_map(found, level.scale))
        found = scale_map(local, 1 / level.scale)
    return found, agreement, drift / levels[-1].scale, points.places / levels[-1].scale


def _inside(silhouette: Pixels) -> Reals:
    """Some of the object's pixels at even intervals: x and y (n, 2)."""
    step = max(1, max(silhouette.shape) // 256)
    rows, columns = np.nonzero(silhouette[::step, ::step] > 127)
    return np.stack([columns, rows], axis=1) * float(step) + 0.5


@dataclass(frozen=True, slots=True)
class _Level:
    """One resolution: the edges of both, the weight of each guide pixel, pixels per guide pixel."""

    picture: Edges
    guide: Edges
    weight: Floats | None
    scale: float


def _pyramid(picture: Pixels, guide: Pixels, silhouette: Pixels | None) -> Iterator[_Level]:
    height, width = guide.shape[:2]
    finest = min(1.0, FINEST / max(height, width))
    for step in reversed(range(_LEVELS)):
        scale = finest / 2**step
        size = (max(16, round(width * scale)), max(16, round(height * scale)))
        small = _resize(guide, size).astype(np.float32)
        weight = None
        if silhouette is not None:
            shape = _resize(silhouette, size).astype(np.float32)
            small = np.dstack([small, shape])
            weight = _near(shape)
        edges = find_edges(_resize(picture, size).astype(np.float32))
        yield _Level(edges, find_edges(small), weight, size[0] / width)


def _near(shape: Floats) -> Floats:
    """1 on the object and two pixels around it, else 0; (height, width)."""
    padded = np.pad(shape > 127, 2)
    height, width = shape.shape
    spread = np.zeros(shape.shape, bool)
    for dy in range(5):
        for dx in range(5):
            spread |= padded[dy : dy + height, dx : dx + width]
    return spread.astype(np.float32)


def _resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def _plausible(matrix: Reals, size: tuple[int, int]) -> bool:
    if not np.isfinite(matrix).all():
        return False
    bent = float(np.abs(matrix[:, :2] - np.eye(2)).max())
    centre = np.array(size) / 2
    moved = float(np.abs(matrix[:, :2] @ centre + matrix[:, 2] - centre).max())
    return bent <= MAX_SCALE and moved <= MAX_SHIFT * max(size)


def warp(picture: Pixels, matrix: Reals, size: tuple[int, int]) -> Pixels:
    """The image (height, width, channels; uint8) mapped by `matrix` into a result of `size` (width, height).

    `matrix` (2, 3) maps to pixels of the result. Bicubic; border pixels are repeated outside the image.
    """
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink < 0.8:  # average first what a bicubic kernel would skip
        smaller = (round(picture.shape[1] * shrink), round(picture.shape[0] * shrink))
        reduced = _resize(picture, (max(1, smaller[0]), max(1, smaller[1])))
        matrix = multiply(matrix, build_scaling(reduced.shape, picture.shape))
        picture = reduced
    inverse = invert(np.asarray(matrix, np.float64))
    corners = np.array([[0, 0], size, [size[0], 0], [0, size[1]]]) @ inverse[:, :2].T + inverse[:, 2]
    height, width = picture.shape[:2]
    outside = max(-corners.min(), (corners - (width, height)).max(), 0.0)
    margin = min(int(outside) + 4, max(width, height))
    padded = np.pad(picture, [(margin, margin)] * 2 + [(0, 0)] * (picture.ndim - 2), mode="edge")
    inverse[:, 2] += margin
    mapped = Image.fromarray(padded).transform(
        size, Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC
    )
    return np.asarray(mapped)
