# SPDX-License-Identifier: GPL-3.0-or-later
"""Where two views show the same surface, in blocks of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..arrays import Doubles, Floats, Indices, Mask, Reals

STEP = 2  # pixels between places that are compared
BLOCK = 6  # of these to a side are one measurement
_FACING = 0.25  # least cosine between a surface and the line of sight
_FEWEST = 2000  # compared places: less tells nothing
_SAME, _SMOOTH = 0.008, 0.03  # of the distance: another surface; a jump between neighbours
_FILLED = 0.1  # of a block: less of it is not measured
_ROUGH = 3.0  # pixels from the block's linear map: more is two surfaces


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
        """The place (h, w, 3) in the world that every second pixel shows, and whether it is seen from the front."""
        width, height = self.size
        distances, normals = self.distances[::STEP, ::STEP], self.normals[::STEP, ::STEP]
        hit = distances < 1e20
        away = np.where(hit, distances, 1.0).astype(np.float64)
        matrix = self.projection
        depth = (matrix[2, 3] - matrix[2, 2] * away) / (matrix[3, 3] - matrix[3, 2] * away)
        x = np.broadcast_to((np.arange(0, width, STEP) + 0.5) / width * 2 - 1, away.shape)
        y = np.broadcast_to(1 - (np.arange(0, height, STEP) + 0.5)[:, None] / height * 2, away.shape)
        own = np.stack([x, y, depth, np.ones_like(away)], axis=-1) @ np.linalg.inv(matrix).T
        own /= own[..., 3:]
        line = own[..., :3]
        if matrix[3, 2] == 0:  # orthographic
            line = np.broadcast_to(np.array([0.0, 0.0, -1.0]), line.shape)
        lengths = np.linalg.norm(line, axis=-1) * np.linalg.norm(normals, axis=-1)
        cosine = -(normals * line).sum(axis=-1) / np.maximum(lengths, 1e-6)
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

    `shown` (h, w) and `spots` (h, w, 2): which of every second pixel of the first, from `corner` (row, column) of these
    on, and where in the second; whole blocks. `blocks` (n,) are the numbers of those that are measured, `places` and
    `others` (n, 2) their middles in the two views, `back` (n, 2, 2) the Jacobians from the second view to the first.
    """

    first: int
    second: int
    corner: tuple[int, int]
    shown: Floats
    spots: Floats
    blocks: Indices
    places: Reals
    others: Reals
    back: Reals

    def cut(self, image: Floats, factor: int) -> Floats:
        """The part of the first view's image (h, w), reduced by `factor`, that the blocks cover."""
        share = factor // STEP
        top, left = (each // share for each in self.corner)
        height, width = (length // share for length in self.shown.shape)
        part = image[top : top + height, left : left + width]
        return np.pad(part, ((0, height - part.shape[0]), (0, width - part.shape[1])), mode="edge")

    def gather(self, plane: Reals, factor: int, passes: int) -> Doubles:
        """The sums (n,) over the measured blocks, and less and less of those around, of a plane as `cut` gives it.

        Each of the `passes` adds half of the four neighbours, and a quarter of those at the corners.
        """
        side = BLOCK * STEP // factor
        tops: Indices = np.arange(0, plane.shape[0], side, dtype=np.intp)
        lefts: Indices = np.arange(0, plane.shape[1], side, dtype=np.intp)
        sums = np.add.reduceat(np.add.reduceat(plane, tops, axis=0), lefts, axis=1).astype(np.float64)
        for _ in range(passes):
            wide = np.pad(sums, 1)
            wide = wide[1:-1] + (wide[:-2] + wide[2:]) / 2
            sums = wide[:, 1:-1] + (wide[:, :-2] + wide[:, 2:]) / 2
        return sums.ravel()[self.blocks]


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    """A view with the places (h, w, 3) that every second pixel shows, and which (h, w) of these face it."""

    view: SeenDepth
    places: Doubles
    front: Mask

    def look_up(self, columns: Indices, rows: Indices) -> tuple[Doubles, Mask, Floats]:
        """The places (n, 3) at pixels, whether they face the view, and their distances."""
        near = (rows // STEP, columns // STEP)
        return self.places[near], self.front[near], self.view.distances[rows, columns]


def find_overlaps(views: Sequence[SeenDepth]) -> list[SharedSurface]:
    """The pairs of views that see enough of the same surface."""
    surfaces = [_Surface(view, *view.locate()) for view in views]
    found = [_link(surfaces[i], surfaces[k], (i, k)) for i, k in combinations(range(len(views)), 2)]
    return [each for each in found if each is not None]


def _link(first: _Surface, second: _Surface, numbers: tuple[int, int]) -> SharedSurface | None:
    width, height = (length // (2 * STEP) * 2 for length in first.view.size)
    cells = np.argwhere(first.front[:height, :width])[:, ::-1]
    cells = cells[((cells > 1) & (cells < np.array([width, height]) - 2)).all(axis=1)]
    middle, _, away = first.look_up(*(cells.T * STEP))
    spots, distances = second.view.project(middle)
    good = (distances > 0) & ((spots > 4) & (spots < np.array(second.view.size) - 4)).all(axis=1)
    cells, spots, distances, away = cells[good], spots[good], distances[good], away[good]
    _, seen, other = second.look_up(*spots.astype(np.intp).T)
    good = seen & (np.abs(other - distances) < _SAME * np.abs(distances))
    cells, spots, away = cells[good], spots[good], away[good]
    ends: list[Doubles] = []
    good = np.ones(len(cells), bool)
    for step in ((2, 0), (-2, 0), (0, 2), (0, -2)):
        near, seen, other = first.look_up(*(cells * STEP + step).T)
        good &= seen & (np.abs(other - away) < _SMOOTH * np.abs(away))
        ends.append(second.view.project(near)[0])
    across = np.stack([(ends[0] - ends[1]) / 4, (ends[2] - ends[3]) / 4], axis=-1)
    spread = np.abs(np.linalg.det(across))
    good &= (spread > 0.2) & (spread < 5)
    if good.sum() < _FEWEST:
        return None
    # A compared place stands for `STEP` pixels, and lies in their middle.
    middles = spots + across.sum(axis=-1) * (STEP - 1) / 2
    return _divide(numbers, cells[good], middles[good], across[good])


def _divide(numbers: tuple[int, int], cells: Indices, spots: Doubles, across: Doubles) -> SharedSurface | None:
    """The overlap in blocks, from its cells (n, 2), their places in the second view, and Jacobians (n, 2, 2)."""
    left, top = cells.min(axis=0) // BLOCK * BLOCK
    columns, rows = (cells.max(axis=0) - (left, top)) // BLOCK + 1
    x, y = (cells - (left, top)).T
    shown = np.zeros((rows * BLOCK, columns * BLOCK), np.float32)
    placed = np.zeros((*shown.shape, 2), np.float32)
    shown[y, x], placed[y, x] = 1, spots
    owner = y // BLOCK * columns + x // BLOCK
    count = np.bincount(owner, minlength=rows * columns)

    def average(values: Reals) -> Doubles:
        flat = values.reshape(len(values), -1).T
        sums = [np.bincount(owner, each, len(count)) for each in flat]
        return (np.stack(sums, axis=-1) / np.maximum(count, 1)[:, None]).reshape(-1, *values.shape[1:])

    middles, others, forth = average(cells * float(STEP) + STEP / 2), average(spots), average(across)
    off = cells * float(STEP) + STEP / 2 - middles[owner]
    rest = spots - others[owner] - np.einsum("nij,nj->ni", forth[owner], off)
    rough = np.sqrt(average((rest**2).sum(axis=1)))
    sound = (count > _FILLED * BLOCK**2) & (rough < _ROUGH) & (np.abs(np.linalg.det(forth)) > 0.1)
    blocks = np.flatnonzero(sound)
    if not len(blocks):
        return None
    back = np.asarray(np.linalg.inv(forth[blocks]), np.float64)
    corner = (int(top), int(left))
    return SharedSurface(*numbers, corner, shown, placed, blocks, middles[blocks], others[blocks], back)
