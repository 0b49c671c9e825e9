# SPDX-License-Identifier: GPL-3.0-or-later
"""A smooth displacement of the plane on a grid.

Where no one map lays an image on its guide, because the model moved parts on their own, a displacement says for each
place of the guide how much farther the image's content lies.

Coordinates are pixels of the guide from the top left corner; a pixel's centre has .5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..arrays import Doubles, Floats, Pixels, Reals
from ..registration.affine import invert

_CELL = 16  # pixels of the image: in a square of this side the displacement is as good as bilinear
_STRIP = 512  # rows that are enlarged at once
_REACH = 3  # pixels: of the filters that read the image


@dataclass(frozen=True, slots=True, eq=False)
class Displacement:
    """`moves` (rows, columns, 2): x and y at every `step` pixels, from the corner of the guide on."""

    moves: Doubles
    step: float

    def evaluate(self, places: Reals) -> Doubles:
        """The displacements (..., 2) at places (..., 2) x and y: between those of the grid."""
        last = np.array(self.moves.shape[1::-1]) - 1  # beside the grid as at its border
        spots = np.clip(np.asarray(places, np.float64) / self.step, 0, last)
        corner = np.minimum(spots.astype(np.intp), last - 1)
        right, below = np.moveaxis(spots - corner, -1, 0)[..., None]
        column, row = corner[..., 0], corner[..., 1]
        upper = self.moves[row, column] * (1 - right) + self.moves[row, column + 1] * right
        lower = self.moves[row + 1, column] * (1 - right) + self.moves[row + 1, column + 1] * right
        return upper * (1 - below) + lower * below

    def draw(self, size: tuple[int, int]) -> Floats:
        """The displacements (h, w, 2) at the centres of all pixels of a guide of `size` (width, height)."""
        result = self.moves.astype(np.float32)
        for axis, length in ((1, size[0]), (0, size[1])):
            last = result.shape[axis] - 1
            spots = np.clip((np.arange(length) + 0.5) / self.step, 0, last)
            corner = np.minimum(spots.astype(np.intp), last - 1)
            share = (spots - corner).astype(np.float32).reshape((-1, 1) if axis else (-1, 1, 1))
            before, after = np.take(result, corner, axis), np.take(result, corner + 1, axis)
            result = before + (after - before) * share
        return result.astype(np.float32, copy=False)

    def enlarge(self, scale: float) -> Displacement:
        """The same in a guide `scale` times as large."""
        return Displacement(self.moves * scale, self.step * scale)

    def measure_fold(self) -> float:
        """The least determinant of the Jacobian of place + displacement; 0 or less is a fold."""
        by_x = np.diff(self.moves, axis=1) / self.step
        by_y = np.diff(self.moves, axis=0) / self.step
        corners = [
            (1 + x[..., 0]) * (1 + y[..., 1]) - x[..., 1] * y[..., 0]
            for x in (by_x[:-1], by_x[1:])
            for y in (by_y[:, :-1], by_y[:, 1:])
        ]
        return float(np.min(corners))


def bend(picture: Pixels, displacement: Displacement, matrix: Reals) -> Pixels:
    """The image (h, w, 3) with its content moved to where `matrix` alone lays it onto the guide.

    `matrix` (2, 3) maps pixels of the image to those of the guide. The image is read once, twice enlarged (Lanczos),
    so that fine detail stays as sharp as it came.
    """
    height, width = picture.shape[:2]
    columns, rows = (np.unique(np.r_[np.arange(0, length, _CELL), length]) for length in (width, height))
    spots = np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float64)
    moves = displacement.evaluate(spots @ matrix[:, :2].T + matrix[:, 2])
    sources = spots + moves @ invert(matrix)[:, :2].T
    return np.concatenate([_bend_strip(picture, sources, columns, rows, top) for top in range(0, height, _STRIP)])


def _bend_strip(picture: Pixels, sources: Doubles, columns: Reals, rows: Reals, top: int) -> Pixels:
    """The rows from `top` on, at most `_STRIP`, of the result; `sources` are where its grid's crossings come from."""
    height, width = picture.shape[:2]
    bottom = min(top + _STRIP, height)
    lines = np.flatnonzero((rows >= top) & (rows <= bottom))
    used = sources[lines]
    first = int(np.clip(np.floor(used[..., 1].min()) - _REACH, 0, height - 1))
    last = int(np.clip(np.ceil(used[..., 1].max()) + _REACH, first + 1, height))
    part = Image.fromarray(np.ascontiguousarray(picture[first:last]))
    enlarged = part.resize((2 * width, 2 * (last - first)), Image.Resampling.LANCZOS)
    corners = np.clip(2 * (used - [0, first]), 0, enlarged.size)
    quads = np.concatenate([corners[:-1, :-1], corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]], axis=-1)
    x, y = columns.tolist(), (rows[lines] - top).tolist()
    mesh = [
        ((x[i], y[k], x[i + 1], y[k + 1]), tuple(quads[k, i].tolist()))
        for k in range(len(y) - 1)
        for i in range(len(x) - 1)
    ]
    size = (width, bottom - top)
    return np.asarray(enlarged.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC))
