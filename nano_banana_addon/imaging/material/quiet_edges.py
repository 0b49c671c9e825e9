# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a seamless material should begin: it has no edges of its own, and some places show a cut more than others."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Indices
from . import patches
from .periodic import THREADS
from .seam_figures import compare_distances, list_scales, list_steps

_COARSEST = 16  # pixels: the coarsest scale of steps
_TRIED = 512  # pixels of the longer side of an image of which each coarse row is tried
_PARTS = 4  # of the windows of steps, which lie elsewhere when the image begins elsewhere
_CANDIDATES, _QUERIES = 1500, 300


class QuietEdges(NamedTuple):
    """Where a material should begin, and by how much its worst figure there is above its limit, as a factor."""

    row: int
    column: int
    excess: float

    def move(self, plane: Floats) -> Floats:
        """A map (height, width) or (height, width, channels) that begins there."""
        return np.roll(plane, (-self.row, -self.column), axis=(0, 1))


def find_quiet_edges(maps: Sequence[Floats], limits: tuple[float, float, float]) -> QuietEdges:
    """The row and the column from which on no map shows its edges, or the worst shows them least.

    `maps` are images (height, width, channels) of one seamless surface, 0 ... 1; `limits` those of `SeamFigures`.
    """
    rows, columns = (_list_places(side, maps[0].shape) for side in maps[0].shape[:2])
    with ThreadPoolExecutor(THREADS) as pool:
        scores = list(pool.map(partial(_score, rows=rows, columns=columns, limits=limits), maps))
    by_row, by_column = (np.max(scores_of_maps, axis=0) for scores_of_maps in zip(*scores, strict=True))
    excess = max(float(by_row.min()), float(by_column.min()))
    return QuietEdges(int(rows[by_row.argmin()]), int(columns[by_column.argmin()]), excess)


def _list_places(side: int, shape: tuple[int, ...]) -> Indices:
    """The rows, or the columns, that are tried."""
    step = _COARSEST * max(max(shape[:2]) // _TRIED, 1)
    return np.arange(max(side // step, 1), dtype=np.intp) * step


def _score(image: Floats, rows: Indices, columns: Indices, limits: tuple[float, float, float]) -> tuple[Floats, Floats]:
    """By how much the worst figure of each row that is tried, and of each column, is above its limit."""
    by_row, by_column = _score_novelty(image, rows, columns, limits)
    for scale, small in list_scales(image):
        for axis, places, scores in ((1, columns, by_column), (0, rows, by_row)):
            np.maximum(scores, list_steps(small, axis, _PARTS)[places // scale - 1] / limits[0], out=scores)
    return by_row, by_column


def _score_novelty(
    image: Floats, rows: Indices, columns: Indices, limits: tuple[float, float, float]
) -> tuple[Floats, Floats]:
    """The same of novelty alone: each patch has a row and a column through its middle."""
    small = patches.shrink(image)
    height, width = small.shape[:2]
    size = patches.choose_size((height, width))
    if not size:
        return np.zeros(len(rows), np.float32), np.zeros(len(columns), np.float32)
    numbers = np.random.default_rng(2)
    inside, queries = (
        patches.choose_inside(numbers, count, (height, width), size) for count in (_CANDIDATES, _QUERIES)
    )
    known = patches.Known(patches.cut_patches(small, inside, size), inside, size)
    usual = known.find_nearest(small, queries)
    downs = (rows * height // image.shape[0] - size // 2) % height
    acrosses = (columns * width // image.shape[1] - size // 2) % width
    corners = np.column_stack([np.repeat(downs, len(acrosses)), np.tile(acrosses, len(downs))])
    found = known.find_nearest(small, corners).reshape(len(rows), len(columns))
    worst = np.array(limits[1:])[:, None]
    by_row, by_column = ((compare_distances(each, usual) / worst).max(axis=0) for each in (found.T, found))
    return by_row.astype(np.float32), by_column.astype(np.float32)
