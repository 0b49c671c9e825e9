# SPDX-License-Identifier: GPL-3.0-or-later
"""Seams do not show, and nothing bleeds into the islands from outside."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.texture_fill import blocks, flood
from nano_banana_addon.imaging.texture_fill.dilation import border_of, dilate, dilate_in_place
from nano_banana_addon.imaging.texture_fill.seams import reconcile_seams
from tests.support.metrics import seam_energy


@pytest.fixture
def islands():
    """Two squares, apart from each other and from the border."""
    valid = np.zeros((96, 128), bool)
    valid[20:70, 10:50] = valid[20:70, 80:120] = True
    colour = np.zeros((96, 128, 3), np.uint8)
    colour[20:70, 10:50], colour[20:70, 80:120] = (200, 0, 0), (0, 0, 200)
    return colour, valid


@pytest.mark.parametrize("texels", [1, 4, 9])
def test_islands_grow_by_that_many_texels_with_their_own_colour(islands, texels):
    colour, valid = islands
    result = dilate(colour, valid, texels, background=False)
    assert (result[45, 50 : 50 + texels] == (200, 0, 0)).all()
    assert (result[45, 80 - texels : 80] == (0, 0, 200)).all()
    assert (result[70 : 70 + texels, 30] == (200, 0, 0)).all()
    assert (result[45, 50 + texels] == 0).all()
    assert (result[valid] == colour[valid]).all()


def test_the_background_lies_between_the_islands_colours(islands):
    colour, valid = islands
    result = dilate(colour, valid, 4).astype(int)
    assert (result[valid] == colour[valid]).all()
    sums = result.sum(-1)[~valid]
    assert sums.min() >= 190
    assert sums.max() <= 201
    assert result[45, 53, 0] > 150
    assert result[45, 77, 2] > 150


def test_a_mip_map_of_a_dilated_texture_has_no_dark_borders(islands):
    _, valid = islands
    colour = np.where(valid[..., None], np.uint8(180), np.uint8(0)) * np.ones((1, 1, 3), np.uint8)
    result = dilate(colour, valid)
    for level in (2, 4, 8, 16):
        small = result.reshape(96 // level, level, 128 // level, level, 3).mean((1, 3))
        assert np.abs(small - 180).max() <= 1


def test_a_map_of_many_bands_of_rows_is_equal_to_one_of_a_single_band(noise, monkeypatch: pytest.MonkeyPatch) -> None:
    colour = np.array(noise(1024, 1024))
    y, x = np.ogrid[0:1024, 0:1024]
    valid = np.sin(x / 37) * np.cos(y / 31) > 0.2
    together = dilate(colour, valid, 12)
    monkeypatch.setattr(flood, "_BAND_TEXELS", 1024 * 13)
    monkeypatch.setattr(blocks, "_ROWS", 5)
    assert np.array_equal(dilate(colour, valid, 12), together)
    rgba = np.dstack([colour, np.full(valid.shape, 7, np.uint8)])
    dilate_in_place(rgba[..., :3], valid, 12)
    assert np.array_equal(rgba[..., :3], together)
    assert (rgba[..., 3] == 7).all()


def test_islands_at_the_edge_of_the_texture_do_not_wrap_around():
    valid = np.zeros((20, 30), bool)
    valid[:, 25:] = True
    colour = np.where(valid[..., None], np.uint8(90), np.uint8(0)) * np.ones((1, 1, 3), np.uint8)
    result = dilate(colour, valid, 6, background=False)
    assert (result[:, 19:] == 90).all()
    assert (result[:, :19] == 0).all()


@pytest.mark.parametrize("value", [True, False])
def test_a_full_or_empty_texture_stays(value, noise):
    colour = np.asarray(noise(40, 24))
    assert np.array_equal(dilate(colour, np.full((24, 40), value)), colour)


def test_the_border_is_what_touches_the_outside(islands):
    _, valid = islands
    border = border_of(valid)
    assert border.sum() == 2 * (2 * 50 + 2 * 40 - 4)
    assert not (border & ~valid).any()


def pairs(count: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """The right side of the left island lies on the left side of the right one."""
    rows = np.arange(20, 20 + count)
    return np.stack([rows, np.full(count, 49)], 1), np.stack([rows, np.full(count, 80)], 1)


def reconcile(colour, *others, **choices):
    """A copy in which the seams are reconciled."""
    result = np.ascontiguousarray(colour).copy()
    valid, *rest = others
    reconcile_seams([result], [valid], *rest, **choices)
    return result


def test_both_sides_of_a_seam_meet_in_the_middle_and_the_rest_stays(islands):
    colour, valid = islands
    first, second = pairs()
    result = reconcile(colour, valid, first, second, texels=8).astype(int)
    assert seam_energy(result, first, second) == 0
    assert (result[45, 49] == (100, 0, 100)).all()
    assert (result[45, 10:41] == (200, 0, 0)).all()
    assert (result[45, 90:120] == (0, 0, 200)).all()
    assert (result[~valid] == colour[~valid]).all()
    across = result[45, 40:50, 0]
    assert (np.diff(across) <= 0).all()
    assert np.abs(np.diff(across)).max() < 25


def test_the_trusted_side_keeps_its_colour(islands):
    colour, valid = islands
    first, second = pairs()
    weights = np.tile(np.float32([1, 0]), (len(first), 1))
    result = reconcile(colour, valid, first, second, weights)
    assert (result[20:70, 10:50] == colour[20:70, 10:50]).all()
    assert (result[45, 80] == (200, 0, 0)).all()


def test_equal_sides_are_left_alone(islands, noise):
    _, valid = islands
    colour = np.asarray(noise(128, 96)).copy()
    first, second = pairs()
    colour[first[:, 0], first[:, 1]] = colour[second[:, 0], second[:, 1]]
    assert np.array_equal(reconcile(colour, valid, first, second), colour)


def test_a_texel_on_several_seams_and_pairs_outside_are_borne(islands):
    colour, valid = islands
    first = np.array([[30, 49], [30, 49], [0, 0], [30, 49]])
    second = np.array([[30, 80], [31, 80], [30, 80], [5, 5]])
    result = reconcile(colour, valid, first, second)
    assert (result[30, 49] == (100, 0, 100)).all()
    assert (result[0, 0] == 0).all()
    nothing = np.zeros((0, 2), int)
    assert np.array_equal(reconcile(colour, valid, nothing, nothing), colour)
    assert seam_energy(colour, nothing, nothing) == 0


def test_a_seam_between_two_maps_is_reconciled_as_in_one(islands):
    """The left island in one map, the right one in the other, which begins below a row between them."""
    colour, valid = islands
    height, half = colour.shape[0], colour.shape[1] // 2
    first, second = pairs()
    expected = reconcile(colour, valid, first, second)
    maps = [np.ascontiguousarray(colour[:, :half]), np.ascontiguousarray(colour[:, half:])]
    masks = [np.ascontiguousarray(valid[:, :half]), np.ascontiguousarray(valid[:, half:])]
    moved = second + np.array((height + 1, -half))
    reconcile_seams(maps, masks, first, moved)
    assert np.array_equal(np.hstack(maps), expected)
