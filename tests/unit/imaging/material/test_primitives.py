# SPDX-License-Identifier: GPL-3.0-or-later
"""What materials are computed with gives what its plain definition gives."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.material.cuts import find_closed_paths
from nano_banana_addon.imaging.material.light import remove_light
from nano_banana_addon.imaging.material.maps import compute_height, compute_occlusion, compute_roughness
from nano_banana_addon.imaging.material.patches import Known, choose_inside, cut_patches
from nano_banana_addon.imaging.material.periodic import average, blur, mix_blurs
from nano_banana_addon.imaging.material.seam_figures import list_steps
from nano_banana_addon.imaging.srgb import to_linear


def draw_noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def sum_along(errors, path) -> float:
    """What a path costs: each row is entered from a neighbouring column, and gone along to the next."""
    total = 0.0
    for row in range(1, len(path)):
        costs = []
        for entered in range(max(path[row - 1] - 1, 0), min(path[row - 1] + 2, errors.shape[1])):
            first, last = sorted((entered, path[row]))
            costs.append(errors[row, first : last + 1].sum())
        total += min(costs)
    return total


def find_least(errors, start: int) -> float:
    """The least cost of a path from a column of the first row to the same of the last, of all there are."""
    width = errors.shape[1]
    least = np.where(np.arange(width) == start, 0, np.inf)
    for row in range(1, len(errors)):
        near = np.pad(least, 1, constant_values=np.inf)
        entered = np.minimum(np.minimum(near[:-2], near[2:]), least)
        along = [[errors[row, min(a, b) : max(a, b) + 1].sum() for a in range(width)] for b in range(width)]
        least = (np.array(along) + entered).min(axis=1)
    return float(least[start])


@pytest.mark.parametrize("height", [40, 150])
def test_no_closed_path_costs_less(height):
    errors = draw_noise(2, height, 12) ** 3
    for plane, path in zip(errors, find_closed_paths(errors), strict=True):
        middle = height // 2  # where it begins is found first
        closed = np.concatenate([plane[middle:], plane[: middle + 1]])
        found = sum_along(closed, np.concatenate([path[middle:], path[: middle + 1]]))
        assert found == pytest.approx(find_least(closed, path[middle]), rel=1e-4)


def test_the_nearest_patch_is_the_nearest_that_does_not_overlap():
    image, size, numbers = draw_noise(40, 56, 3), 8, np.random.default_rng(2)
    corners, places = choose_inside(numbers, 60, (40, 56), size), choose_inside(numbers, 20, (40, 56), size)
    found = Known(cut_patches(image, corners, size), corners, size, moved=(11, 20)).find_nearest(image, places)
    for place, distance in zip(places, found, strict=True):
        patch = cut_patches(image, place[None], size)[0]
        least = np.inf
        for corner in corners:
            near = [
                any(min((gap + by) % side, -(gap + by) % side) < size for by in (0, moved, -moved))
                for gap, side, moved in zip(place - corner, (40, 56), (11, 20), strict=True)
            ]
            if not all(near):
                other = cut_patches(image, corner[None], size)[0]
                least = min(least, float(np.sqrt(((patch - other) ** 2).mean())))
        assert distance == pytest.approx(least, rel=1e-3)


def test_light_is_removed_from_all_colours_of_a_pixel_alike():
    # Dark ones, too: there sRGB is no power.
    image = draw_noise(96, 96, 3) ** 6 * np.linspace(0.1, 0.6, 96, dtype=np.float32)[:, None]
    before, after = to_linear(image), to_linear(remove_light(image))
    gains = after.sum(axis=2) / before.sum(axis=2)
    assert gains.max() > 1.5 * gains.min()
    is_whole = after.max(axis=2) < 0.999
    assert np.abs(after - before * gains[..., None])[is_whole].max() < 1e-5


def test_mixed_blurs_are_the_sum_of_blurs():
    plane = draw_noise(60, 47)
    mixed = mix_blurs(plane, {1.0: 0.5, 4.0: -2.0})
    assert np.allclose(mixed, 0.5 * blur(plane, 1.0) - 2 * blur(plane, 4.0), atol=1e-5)


@pytest.mark.parametrize(("size", "scale"), [((96, 64), 4), ((60, 90), 3)])
def test_an_average_is_the_mean_of_a_square(size, scale):
    image = draw_noise(*size, 3)
    squares = image.reshape(size[0] // scale, scale, size[1] // scale, scale, 3)
    assert np.allclose(average(image, scale), squares.mean(axis=(1, 3)), atol=1e-5)


def test_roughness_of_a_large_image_is_that_of_a_small_one():
    # What is blurred much is computed small.
    small = np.full((256, 256, 3), 0.5, np.float32)
    small[70:130, 50:110] += 0.4 * draw_noise(60, 60, 1) - 0.2
    large = small.repeat(4, axis=0).repeat(4, axis=1)
    found = average(compute_roughness(large, 0.5)[..., None], 4)[..., 0]
    assert np.abs(found - compute_roughness(small, 0.5)).max() < 0.06
    moved = compute_roughness(np.roll(large, (-400, 24), axis=(0, 1)), 0.5)
    assert np.allclose(moved, np.roll(compute_roughness(large, 0.5), (-400, 24), axis=(0, 1)), atol=1e-3)


@pytest.mark.parametrize("period", [8, 16])
def test_the_height_of_stripes_is_the_same_wherever_they_begin(period):
    rows = np.arange(2048, dtype=np.float32)[:, None, None]
    stripes = 0.5 + 0.2 * np.sin(2 * np.pi * rows / period) * np.ones((1, 64, 3), np.float32)
    height = compute_height(stripes)
    assert np.ptp(height) > 0.75
    for begin in range(1, period // 2):
        assert np.allclose(compute_height(np.roll(stripes, begin, axis=0)), np.roll(height, begin, axis=0), atol=0.01)


def test_what_is_far_brighter_or_darker_keeps_its_relief():
    """Cut off at the highest and the lowest, a bright stone is a plateau, and a white spot in the occlusion."""
    colour = np.float32(0.5) + np.repeat(draw_noise(512, 512, 1) * np.float32(0.1), 3, axis=2)
    for rows, change in ((slice(40, 70), 0.3), (slice(300, 330), -0.3)):
        colour[rows, 100:130] += np.float32(change)
    height = compute_height(colour)
    assert 0 <= height.min() < 0.05 < 0.95 < height.max() <= 1
    assert len(np.unique(height)) > 0.9 * height.size
    seen = compute_occlusion(height, 0.05)
    for rows in (slice(45, 65), slice(305, 325)):
        assert (seen[rows, 105:125] == 1).mean() < (seen[:, 200:] == 1).mean() + 0.1


def test_a_pit_is_occluded_and_what_is_flat_is_not():
    height = np.ones((128, 128), np.float32)
    height[60:68, 40:48] = 0
    seen = compute_occlusion(height, 0.1)
    assert seen[64, 44] < 0.6
    assert seen[10, 100] == pytest.approx(1)
    assert np.allclose(np.roll(seen, 64, axis=0), compute_occlusion(np.roll(height, 64, axis=0), 0.1), atol=1e-4)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_largest_step_is_where_it_is(axis):
    image = draw_noise(128, 160, 3) * np.float32(0.1)
    half = np.moveaxis(image, axis, 0)
    half[50:90] += 0.5
    lines = list_steps(image, axis)
    assert set(np.argsort(lines)[-2:]) == {49, 89}
    assert len(lines) == image.shape[axis]
