# SPDX-License-Identifier: GPL-3.0-or-later
"""Where two views show the same surface, and how far their images differ there.

What one image shows beside the other, laid into its frame through the known shape, is compared patch by patch
(normalised correlation), so that neither brightness nor colour of the views matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..arrays import Doubles, Floats, Indices, Mask, Reals
from .edges import blur
from .outline import sample

_STEP = 2  # pixels between places that are compared
_EVERY = 6  # of these, one is measured: their patches overlap
_FACING = 0.25  # least cosine between a surface and the line of sight
_FEWEST = 2000  # compared places: less tells nothing
_SAME, _SMOOTH = 0.008, 0.03  # of the distance: another surface; a jump between neighbours
_NOISE = 9.0  # of 255, squared: what is flatter is no detail
_LEAST_PEAK, _PEAK, _ALONE = 0.35, 0.3, 0.15  # of the correlation: bound, range, distance to the next best


@dataclass(frozen=True, slots=True, eq=False)
class SeenDepth:
    """What a view (`world`, `projection`: 4 x 4) sees: `distances` (h, w) along its axis, 1e20 and more: nothing.

    `normals` (h, w, 3) are in the camera's space.
    """

    world: Doubles
    projection: Doubles
    distances: Floats
    normals: Floats

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.distances.shape[1], self.distances.shape[0]

    def locate(self) -> tuple[Doubles, Mask]:
        """The place (h, w, 3) in the world that each pixel shows, and whether it shows a surface from the front."""
        width, height = self.size
        hit = self.distances < 1e20
        away = np.where(hit, self.distances, 1.0).astype(np.float64)
        matrix = self.projection
        depth = (matrix[2, 3] - matrix[2, 2] * away) / (matrix[3, 3] - matrix[3, 2] * away)
        x = np.broadcast_to((np.arange(width) + 0.5) / width * 2 - 1, away.shape)
        y = np.broadcast_to(1 - (np.arange(height) + 0.5)[:, None] / height * 2, away.shape)
        own = np.stack([x, y, depth, np.ones_like(away)], axis=-1) @ np.linalg.inv(matrix).T
        own /= own[..., 3:]
        line = own[..., :3]
        if matrix[3, 2] == 0:  # orthographic
            line = np.broadcast_to(np.array([0.0, 0.0, -1.0]), line.shape)
        lengths = np.linalg.norm(line, axis=-1) * np.linalg.norm(self.normals, axis=-1)
        cosine = -(self.normals * line).sum(axis=-1) / np.maximum(lengths, 1e-6)
        return (own @ self.world.T)[..., :3], hit & (cosine > _FACING)

    def project(self, places: Doubles) -> tuple[Doubles, Doubles]:
        """Where places (n, 3) of the world lie: pixels (n, 2) and distances (n,)."""
        own = np.column_stack([places, np.ones(len(places))]) @ np.linalg.inv(self.world).T
        clip = own @ self.projection.T
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.nan_to_num(clip[:, :2] / clip[:, 3:], nan=-9.0, posinf=-9.0, neginf=-9.0)
        return (shares * [0.5, -0.5] + 0.5) * self.size, -own[:, 2]


@dataclass(frozen=True, slots=True, eq=False)
class SharedSurface:
    """Two views by number that see one surface.

    `shown` (h, w) and `spots` (h, w, 2): which of every second pixel of the first, and where in the second; `places`
    and `others` (n, 2): the measured ones; `back` (n, 2, 2) the Jacobian from the second view to the first.
    """

    first: int
    second: int
    shown: Floats
    spots: Floats
    places: Reals
    others: Reals
    back: Reals


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    """A view with the places (h, w, 3) that it shows, and which (h, w) face it."""

    view: SeenDepth
    places: Doubles
    front: Mask

    def look_up(self, columns: Indices, rows: Indices) -> tuple[Doubles, Mask, Floats]:
        """The places (n, 3) at pixels, whether they face the view, and their distances."""
        return self.places[rows, columns], self.front[rows, columns], self.view.distances[rows, columns]


def find_overlaps(views: Sequence[SeenDepth]) -> list[SharedSurface]:
    """The pairs of views that see enough of the same surface."""
    surfaces = [_Surface(view, *view.locate()) for view in views]
    found = [_link(surfaces[i], surfaces[k], (i, k)) for i, k in combinations(range(len(views)), 2)]
    return [each for each in found if each is not None]


def _link(first: _Surface, second: _Surface, numbers: tuple[int, int]) -> SharedSurface | None:
    width, height = (length // (2 * _STEP) * 2 for length in first.view.size)
    cells = np.argwhere(first.front[: height * _STEP : _STEP, : width * _STEP : _STEP])[:, ::-1]
    cells = cells[((cells > 1) & (cells < np.array([width, height]) - 2)).all(axis=1)]
    middle, _, away = first.look_up(*(cells.T * _STEP))
    spots, distances = second.view.project(middle)
    good = (distances > 0) & ((spots > 4) & (spots < np.array(second.view.size) - 4)).all(axis=1)
    cells, spots, distances, away = cells[good], spots[good], distances[good], away[good]
    _, seen, other = second.look_up(*spots.astype(np.intp).T)
    good = seen & (np.abs(other - distances) < _SAME * np.abs(distances))
    cells, spots, away = cells[good], spots[good], away[good]
    ends: list[Doubles] = []
    good = np.ones(len(cells), bool)
    for step in ((2, 0), (-2, 0), (0, 2), (0, -2)):
        near, seen, other = first.look_up(*(cells * _STEP + step).T)
        good &= seen & (np.abs(other - away) < _SMOOTH * np.abs(away))
        ends.append(second.view.project(near)[0])
    across = np.stack([(ends[0] - ends[1]) / 4, (ends[2] - ends[3]) / 4], axis=-1)
    spread = np.abs(np.linalg.det(across))
    good &= (spread > 0.2) & (spread < 5)
    if good.sum() < _FEWEST:
        return None
    cells, spots, across = cells[good], spots[good], across[good]
    shown, placed = np.zeros((height, width), np.float32), np.zeros((height, width, 2), np.float32)
    shown[cells[:, 1], cells[:, 0]], placed[cells[:, 1], cells[:, 0]] = 1, spots
    chosen = (cells % _EVERY == _EVERY // 2).all(axis=1)
    back = np.linalg.inv(across[chosen])
    return SharedSurface(*numbers, shown, placed, cells[chosen] * float(_STEP) + 0.5, spots[chosen], back)


def reduce(plane: Reals, factor: int) -> Floats:
    """The means of squares of `factor` pixels of a plane (h, w) or image (h, w, n)."""
    height, width = (length // factor for length in plane.shape[:2])
    cut = plane[: height * factor, : width * factor]
    parts = cut.reshape(height, factor, width, factor, *plane.shape[2:])
    return parts.mean(axis=(1, 3)).astype(np.float32)


def measure_flow(
    overlap: SharedSurface, images: tuple[Floats, Floats], factor: int, reach: int, near: int
) -> tuple[Doubles, Doubles]:
    """How far the first image's content lies from the second's (n, 2), in pixels of the guide, and the trust (n,).

    `images` (h, w) are grey, reduced by `factor` (2 or more); `reach` and `near` (half the patch) are in their pixels.
    """
    shown, spots = overlap.shown, overlap.spots
    if factor > _STEP:
        shown = (reduce(shown, factor // _STEP) > 0.99).astype(np.float32)
        spots = reduce(spots, factor // _STEP)
    height, width = (min(a, b) for a, b in zip(shown.shape, images[0].shape, strict=True))
    shown, spots = shown[:height, :width], spots[:height, :width]
    laid = sample(images[1][..., None], spots / factor)[..., 0].astype(np.float32)
    second = _normalise(laid, shown, near)
    own = np.pad(_normalise(images[0][:height, :width], np.ones_like(shown), near), reach)
    columns, rows = (np.clip((overlap.places[:, i] / factor).astype(int), 0, (width, height)[i] - 1) for i in (0, 1))
    scores = np.zeros((len(rows), 2 * reach + 1, 2 * reach + 1), np.float32)
    whole = np.maximum(blur(second * second, near)[rows, columns], 1e-3)
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            product = second * own[down : down + height, right : right + width]
            scores[:, down, right] = blur(product, near)[rows, columns] / whole
    moves, trust = _find_peaks(scores)
    return moves * factor, trust * (shown[rows, columns] > 0.5)


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
