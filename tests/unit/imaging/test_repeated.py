# SPDX-License-Identifier: GPL-3.0-or-later
"""The edges of an image that repeats, moved into the middle and back: nothing else changes, and nothing breaks."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.edit.repeated import fold_edges, mark_edges, show_edges

SHAPES = ((96, 96, 3), (97, 131, 4), (64, 300), (9, 8, 3))


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_not_changed_comes_back_to_the_byte(shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    shown = show_edges(pixels)
    assert shown.shape[0] > shape[0]
    assert np.array_equal(fold_edges(shown, shape[:2]), pixels)


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_the_edges_meet_in_the_middle_inside_the_marked_cross(shape):
    height, width = shape[:2]
    marked = show_edges(mark_edges((width, height)))
    middle = marked.shape[0] // 2, marked.shape[1] // 2
    assert marked[middle[0], :].all()
    assert marked[:, middle[1]].all()
    assert 0.2 < (marked == 0).mean() < 0.8


def test_the_ends_of_the_arms_meet_at_the_far_side():
    """The arms reach the borders of what is sent, which touch in the tile: a model does not see that."""
    side = 240
    pixels = np.full((side, side, 3), 100, np.uint8)
    shown = show_edges(pixels)
    column = slice(shown.shape[1] // 2 - 10, shown.shape[1] // 2 + 10)
    shown[:, column] = np.linspace(20, 220, len(shown)).astype(np.uint8)[:, None, None]
    folded = fold_edges(shown, (side, side)).astype(int)
    assert np.ptp(folded[:, 0, 0]) > 100, "the arm is in the tile"
    assert np.abs(np.diff(np.vstack([folded, folded[:1]])[:, 0, 0])).max() <= 30
    assert (folded[:, 60] == 100).all()
