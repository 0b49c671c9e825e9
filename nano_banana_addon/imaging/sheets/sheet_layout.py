# SPDX-License-Identifier: GPL-3.0-or-later
"""Layout of tiles of one shape on a canvas of the API, with gaps between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image

from ..arrays import Pixels

Box = tuple[float, float, float, float]
Size = tuple[int, int]

#: Between tiles and around them, in parts of the canvas's shorter side: wide enough that nothing runs into the next.
GUTTER = 0.02
GROUND = 96


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """The arrangement of tiles on a canvas.

    `ratio` is a key of the canvases, `canvas` and `tile` are sizes in pixels. Each of the `boxes` is left, top, right,
    bottom as parts of the canvas, exactly on its pixels.
    """

    ratio: str
    canvas: Size
    tile: Size
    boxes: tuple[Box, ...]


def lay_out(count: int, shape: Size, canvases: Mapping[str, Size], *, pairs: bool = False) -> SheetLayout:
    """The layout, among all canvases and numbers of columns, with the largest tiles of a shape (width, height).

    With `pairs` each two of an even number of tiles stand side by side. Raises `ValueError` for no tiles or no canvas.
    """
    if count < 1 or not canvases:
        raise ValueError("a sheet needs at least one tile and one canvas")
    tried = [
        _tile(ratio, canvas, shape, count, columns)
        for ratio, canvas in canvases.items()
        for columns in (range(2, count + 1, 2) if pairs else range(1, count + 1))
    ]
    return max(tried, key=lambda layout: layout.tile[0] * layout.tile[1])


def _tile(ratio: str, canvas: Size, shape: Size, count: int, columns: int) -> SheetLayout:
    rows = ceil(count / columns)
    gap = max(1, round(min(canvas) * GUTTER))
    across = (canvas[0] - gap * (columns + 1)) / columns / shape[0]
    down = (canvas[1] - gap * (rows + 1)) / rows / shape[1]
    scale = max(min(across, down), 0.0)
    tile = (max(1, int(shape[0] * scale)), max(1, int(shape[1] * scale)))
    cell = (canvas[0] / columns, canvas[1] / rows)
    boxes = [_box(canvas, cell, tile, divmod(index, columns)) for index in range(count)]
    return SheetLayout(ratio, canvas, tile, tuple(boxes))


def _box(canvas: Size, cell: tuple[float, float], tile: Size, place: tuple[int, int]) -> Box:
    row, column = place
    left = round(column * cell[0] + (cell[0] - tile[0]) / 2)
    top = round(row * cell[1] + (cell[1] - tile[1]) / 2)
    width, height = canvas
    return (left / width, top / height, (left + tile[0]) / width, (top + tile[1]) / height)


def compose(tiles: Sequence[Pixels], layout: SheetLayout) -> Pixels:
    """The tiles (h, w, 3), uint8, each scaled to its box, on a grey canvas (h, w, 3)."""
    return compose_boxes(layout.canvas, list(zip(tiles, layout.boxes, strict=True)))


def compose_boxes(canvas: Size, tiles: Sequence[tuple[Pixels, Box]]) -> Pixels:
    """The same of tiles with their boxes, on a canvas of a size (width, height)."""
    width, height = canvas
    sheet = np.full((height, width, 3), GROUND, np.uint8)
    for tile, box in tiles:
        left, top, right, bottom = (round(share * edge) for share, edge in zip(box, (width, height) * 2, strict=True))
        image = Image.fromarray(np.ascontiguousarray(tile))
        sheet[top:bottom, left:right] = np.asarray(image.resize((right - left, bottom - top), Image.Resampling.LANCZOS))
    return sheet
