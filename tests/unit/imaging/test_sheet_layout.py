# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiles on a canvas: whole, apart, as large as they can be, and found again where they were put."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nano_banana_addon.imaging.sheets import sheet_layout

CANVASES = {"1:1": (512, 512), "16:9": (688, 384), "9:16": (384, 688)}
EDGES = st.integers(100, 2000)


def to_pixels(layout, box):
    """Left, top, right, bottom in pixels; each must be a whole number."""
    width, height = layout.canvas
    exact = [box[0] * width, box[1] * height, box[2] * width, box[3] * height]
    assert exact == pytest.approx([round(value) for value in exact])
    return [round(value) for value in exact]


@given(st.integers(1, 9), EDGES, EDGES)
def test_tiles_are_whole_and_apart(count, width, height):
    layout = sheet_layout.lay_out(count, (width, height), CANVASES)
    boxes = [to_pixels(layout, box) for box in layout.boxes]
    assert len(boxes) == count
    assert layout.canvas == CANVASES[layout.ratio]
    for left, top, right, bottom in boxes:
        assert (right - left, bottom - top) == layout.tile
        assert 0 < left < right < layout.canvas[0]
        assert 0 < top < bottom < layout.canvas[1]
    for a, b in combinations(boxes, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1], "a gap lies between them"


@given(st.integers(1, 9), EDGES, EDGES)
def test_a_tile_keeps_its_shape_to_a_pixel(count, width, height):
    tile = sheet_layout.lay_out(count, (width, height), CANVASES).tile
    assert abs(tile[0] * height - tile[1] * width) <= max(width, height)


@given(st.integers(1, 9), EDGES, EDGES)
def test_no_single_canvas_gives_larger_tiles(count, width, height):
    best = sheet_layout.lay_out(count, (width, height), CANVASES).tile
    for ratio, canvas in CANVASES.items():
        other = sheet_layout.lay_out(count, (width, height), {ratio: canvas}).tile
        assert other[0] * other[1] <= best[0] * best[1]


@settings(max_examples=20)
@given(st.integers(1, 9), EDGES, EDGES)
def test_a_composed_tile_is_found_at_its_box(count, width, height):
    layout = sheet_layout.lay_out(count, (width, height), CANVASES)
    shape = (layout.tile[1], layout.tile[0], 3)
    tiles = [np.full(shape, 100 + number, np.uint8) for number in range(count)]
    sheet = sheet_layout.compose(tiles, layout)
    for tile, box in zip(tiles, layout.boxes, strict=True):
        left, top, right, bottom = to_pixels(layout, box)
        assert np.array_equal(sheet[top:bottom, left:right], tile)
        sheet[top:bottom, left:right] = sheet_layout.GROUND
    assert (sheet == sheet_layout.GROUND).all(), "the gaps stay grey"


@pytest.mark.parametrize(("count", "canvases"), [(0, CANVASES), (3, {})])
def test_nothing_cannot_be_laid_out(count, canvases):
    with pytest.raises(ValueError, match="at least one"):
        sheet_layout.lay_out(count, (100, 100), canvases)


@pytest.mark.parametrize("count", [2, 4, 6, 8])
def test_the_tiles_of_a_pair_stand_side_by_side(count):
    canvases = {"9:16": (768, 1376), "16:9": (1376, 768)}
    layout = sheet_layout.lay_out(count, (100, 100), canvases, pairs=True)
    for first, second in zip(layout.boxes[::2], layout.boxes[1::2], strict=True):
        assert first[2] < second[0]
        assert first[1::2] == second[1::2]
    assert count != 2 or layout.ratio == "16:9"
