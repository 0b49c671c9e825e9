# SPDX-License-Identifier: GPL-3.0-or-later
"""What no view has seen takes its colours from the surface around it."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.texture_fill.fill import fill_unseen

RED, BLUE = (220, 30, 20), (10, 40, 230)


def plane(size: int, z: float, facing: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions and normals of a unit square at a height, one texel each."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    position = np.stack([x, y, np.full_like(x, z)], -1)
    return position, np.broadcast_to(np.float32([0, 0, facing]), position.shape)


def side_by_side(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("size", [64, 1024, 2048])
def test_one_colour_stays_one_colour_and_what_was_seen_is_untouched(size):
    position, normal = plane(size, 0, 1)
    colour = np.full((size, size, 3), 137, np.uint8)
    seen = np.random.default_rng(1).random((size, size)) < 0.3
    seen[size // 4 : size // 2, size // 4 : size // 2] = False
    colour[~seen] = 0
    valid = np.ones((size, size), bool)
    valid[-size // 8 :] = False
    result = fill_unseen(colour, position, valid, seen, normal)
    assert (result[valid] == 137).all()
    assert (result[~valid] == colour[~valid]).all()


def test_a_hole_in_a_gradient_is_closed_without_a_border():
    size = 128
    position, normal = plane(size, 0, 1)
    truth = (position * 200 + 20).clip(0, 255).astype(np.uint8)
    seen = np.ones((size, size), bool)
    seen[50:70, 40:64] = False
    colour = np.where(seen[..., None], truth, 0).astype(np.uint8)
    result = fill_unseen(colour, position, np.ones_like(seen), seen, normal).astype(int)
    assert np.abs(result - truth).max() <= 16
    steps = np.abs(np.diff(result, axis=1))[45:75, 35:70]
    assert steps.max() <= 12


def test_both_sides_of_a_thin_wall_keep_their_colours():
    size = 64
    parts = [plane(size, 0.002, 1), plane(size, 0.0, -1)]
    position = side_by_side(*[p for p, _ in parts])
    normal = side_by_side(*[n for _, n in parts])
    colour = np.zeros((size, 2 * size, 3), np.uint8)
    colour[:, :size], colour[:, size:] = RED, BLUE
    seen = np.ones(colour.shape[:2], bool)
    seen[20:44, 20:44] = False
    seen[10:30, size + 10 : size + 50] = False
    blank = np.where(seen[..., None], colour, 0).astype(np.uint8)
    result = fill_unseen(blank, position, np.ones_like(seen), seen, normal).astype(int)
    assert np.abs(result - colour).max() <= 12


def test_neighbours_are_those_on_the_surface_not_those_in_the_texture():
    size = 64
    left, _ = plane(size, 0, 1)
    right = left + np.float32([50, 0, 0])  # far away on the object, next to it in the texture
    position = side_by_side(left, right)
    colour = np.zeros((size, 2 * size, 3), np.uint8)
    colour[:, :size], colour[:, size:] = RED, BLUE
    seen = np.ones(colour.shape[:2], bool)
    seen[:, size : size + 20] = False  # unseen blue texels that touch seen red ones in the texture
    blank = np.where(seen[..., None], colour, 0).astype(np.uint8)
    result = fill_unseen(blank, position, np.ones_like(seen), seen).astype(int)
    assert np.abs(result - colour).max() <= 12


def test_a_side_that_nobody_saw_takes_the_colours_around_it():
    size = 48
    top, up = plane(size, 0.0, 1)
    bottom, down = plane(size, -0.5, -1)
    position, normal = side_by_side(top, bottom), side_by_side(up, down)
    seen = np.zeros((size, 2 * size), bool)
    seen[:, :size] = True
    colour = np.zeros((size, 2 * size, 3), np.uint8)
    colour[:, :size] = RED
    result = fill_unseen(colour, position, np.ones_like(seen), seen, normal).astype(int)
    assert np.abs(result - RED).max() <= 1


@pytest.mark.parametrize("value", [True, False])
def test_all_seen_or_none_changes_nothing(value, noise):
    colour = np.asarray(noise(32, 32))
    position, _ = plane(32, 0, 1)
    seen = np.full((32, 32), value)
    assert np.array_equal(fill_unseen(colour, position, np.ones_like(seen), seen), colour)


def test_nan_outside_the_islands_does_no_harm():
    position, normal = (part.copy() for part in plane(32, 0, 1))
    valid = np.ones((32, 32), bool)
    valid[:, 20:] = False
    position[~valid], normal[~valid] = np.nan, np.nan
    seen = valid.copy()
    seen[10:20] = False
    colour = np.full((32, 32, 3), 99, np.uint8)
    result = fill_unseen(np.where(seen[..., None], colour, 0).astype(np.uint8), position, valid, seen, normal)
    assert (result[valid] == 99).all()


def test_a_surface_of_one_point_is_filled():
    colour = np.array([[[9, 8, 7], [0, 0, 0]]], np.uint8)
    seen = np.array([[True, False]])
    result = fill_unseen(colour, np.zeros((1, 2, 3), np.float32), np.ones_like(seen), seen)
    assert (result[0, 1] == (9, 8, 7)).all()
