# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of an image that are generated again for its detail: where they lie, and how they fade into one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...core.scene.frames import Rectangle
from ..arrays import Floats
from ..edit.crop import Crop, enclose

#: Of a tile's length, which it shares with the next one.
_OVERLAP = 1 / 8
#: Of the overlap, at both ends of it: there a tile does not count, so that its answer may be some pixels off.
_MARGIN = 1 / 8


def lay_tiles(size: tuple[int, int], per_side: int, canvases: Mapping[str, tuple[int, int]]) -> list[Crop]:
    """What is sent of an image (width, height) for each of `per_side` x `per_side` tiles, row by row.

    Each has exactly the shape of one of the model's canvases, given by their ratios.
    """
    spans = [_list_spans(length, per_side) for length in size]
    return [enclose((left, top, right, bottom), size, canvases) for top, bottom in spans[1] for left, right in spans[0]]


def find_cell(size: tuple[int, int], per_side: int, number: int) -> Rectangle:
    """Where in an image (width, height) a tile counts: left, top, right, bottom in pixels. Neighbours overlap."""
    spans = [_list_spans(length, per_side) for length in size]
    (left, right), (top, bottom) = spans[0][number % per_side], spans[1][number // per_side]
    return (left, top, right, bottom)


def compute_fade(length: float, per_side: int, place: int, at: Floats) -> Floats:
    """How much a column (or row) of tiles counts, 0 ... 1, at some places (n,) of an image's width (or height).

    The shares of all columns sum to 1 everywhere.
    """
    spans = _list_spans(length, per_side)
    return _rise(spans, place, at) * (1 - _rise(spans, place + 1, at))


def _rise(spans: Sequence[tuple[float, float]], place: int, at: Floats) -> Floats:
    """From 0 before a tile to 1 in it, over what it shares with the one before; none is before the first."""
    if place in (0, len(spans)):
        return np.full(at.shape, 1.0 - place / len(spans), np.float32)
    start, end = spans[place][0], spans[place - 1][1]
    margin = (end - start) * _MARGIN
    part = np.clip((at - start - margin) / (end - start - 2 * margin), 0, 1)
    return (part * part * (3 - 2 * part)).astype(np.float32)


def _list_spans(length: float, per_side: int) -> list[tuple[float, float]]:
    own = length / (per_side - (per_side - 1) * _OVERLAP)
    step = own * (1 - _OVERLAP)
    return [(place * step, place * step + own) for place in range(per_side)]
