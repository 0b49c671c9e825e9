# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an image is joined to repeat: nothing is cut through that could stay whole, and as much detail is left."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.material.cuts import choose_weights, find_closed_paths
from nano_banana_addon.imaging.material.periodic import blur
from nano_banana_addon.imaging.material.periods import fit_periods
from nano_banana_addon.imaging.material.seamless import make_seamless, measure_detail
from nano_banana_addon.imaging.material.seams import join_by_cut

from .surfaces import draw_surface

_MORTAR = 0.15  # of a brick's height


def draw_bricks(columns: float, rows: float, side: int = 384, *, staggered: bool = True):
    """Bricks of even, random colours (side, side, 3), 0 ... 1, in black mortar."""
    y, x = np.mgrid[0:side, 0:side] / side
    row = np.floor(y * rows).astype(int)
    along = x * columns + (row % 2) * 0.5 * staggered
    across, down = along % 1, y * rows % 1
    colours = np.random.default_rng(4).uniform(0.3, 0.9, (40, 40, 3))[row, np.floor(along).astype(int)]
    width = _MORTAR * columns / rows
    inside = (np.minimum(across, 1 - across) > width / 2) & (np.minimum(down, 1 - down) > _MORTAR / 2)
    return (colours * inside[..., None]).astype(np.float32)


def list_lines(image, axis: int):
    """The first pixels of the mortar that goes all along an axis."""
    dark = (image.max(axis=2) < 0.15).mean(axis=axis) > 0.9
    return list(np.flatnonzero(dark & ~np.roll(dark, 1)))


@pytest.mark.parametrize(("columns", "rows"), [(5.37, 11.6), (6.3, 8.2), (4.69, 6.35)])
def test_bricks_that_do_not_fit_are_made_to_fit(columns, rows):
    image, shifts, _ = fit_periods(draw_bricks(columns, rows))
    gaps = np.diff(list_lines(image, 1), append=list_lines(image, 1)[0] + len(image))
    assert len(gaps) % 2 == 0  # else the rows above and below the edge would not be staggered
    moved = np.roll(image, shifts, axis=(1, 0))[40:-40, 40:-40]
    where = (image[40:-40, 40:-40].max(axis=2) < 0.1) == (moved.max(axis=2) < 0.1)
    assert where.mean() > 0.9


def test_squares_stay_squares():
    image = fit_periods(draw_bricks(4.69, 4.69, staggered=False)).image
    across, down = (np.median(np.diff(list_lines(image, axis))) for axis in (0, 1))
    assert across == pytest.approx(down, rel=0.03)


@pytest.mark.parametrize("name", ["stochastic-rust-1", "stochastic-grass-1", "large-pebbles-1", "large-stains-1"])
def test_what_has_no_periods_is_not_scaled(name):
    pixels = (draw_surface(name, 384) / 255).astype(np.float32)
    fitted = fit_periods(pixels)
    assert fitted.image is pixels
    assert fitted.shifts == (192, 192)
    assert not fitted.is_regular


@pytest.mark.parametrize(("columns", "rows"), [(5.37, 11.6), (6.3, 8.2)])
def test_no_brick_is_cut(columns, rows):
    found = make_seamless(draw_bricks(columns, rows))
    assert found.repair == "cut"
    image = np.concatenate([np.concatenate([found.image] * 2, axis=0)] * 2, axis=1)
    bright = image.min(axis=2) > 0.2
    # Of neighbours that are both well inside a brick none may differ: there a brick of another colour begins.
    cuts = 0
    for axis in (0, 1):
        differences = np.abs(image - np.roll(image, 1, axis)).max(axis=2)
        inside = np.logical_and.reduce([np.roll(bright, by, axis) for by in range(-3, 4)])
        cuts += int((differences[inside] > 0.04).sum())
    assert cuts < 0.005 * bright.size


@pytest.mark.parametrize("name", ["stochastic-rust-1", "stochastic-rust-2", "stochastic-grass-1"])
def test_cuts_leave_as_much_detail_as_there_was(name):
    # The cheapest cuts of rust on steel lie in the steel, and left a tenth less of the rust.
    pixels = (draw_surface(name, 384) / 255).astype(np.float32)
    found = make_seamless(pixels)
    assert 0.97 <= found.detail <= 1.08


def test_less_or_more_detail_can_be_aimed_at():
    pixels = (draw_surface("stochastic-rust-2", 256) / 255).astype(np.float32)
    weights = [choose_weights(pixels, (128, 128), aim) for aim in (0.8, 1.1)]
    less, more = (measure_detail(join_by_cut(pixels, (128, 128), each), pixels) for each in weights)
    assert less < 0.95 < more


def test_a_path_runs_along_a_row_where_that_costs_less():
    errors = np.ones((1, 8, 30), np.float32)
    errors[0, :4, 5] = errors[0, 4:, 20] = errors[0, 4, 5:21] = errors[0, 0, 5:21] = 0
    (path,) = find_closed_paths(errors)
    assert list(path[1:4]) == [5, 5, 5]
    assert list(path[4:7]) == [20, 20, 20]


def test_no_faint_edge_shows_where_plain_ground_is_cut():
    side = 512
    slow = 0.04 * np.cos(2 * np.pi * (np.arange(side) / side - 0.2))  # no cut lies where both layers are as bright
    ground = 0.5 + slow + np.random.default_rng(3).normal(0, 0.003, (side, side))
    image = ground[..., None].repeat(3, axis=2).astype(np.float32)
    joined = blur(join_by_cut(image, (side // 2, side // 2), (0.0, 0.0))[..., 0], 2.0)
    assert np.abs(joined - np.roll(joined, 1, axis=1)).max() < 8 * np.abs(np.diff(slow)).max()


def test_clouds_go_over_into_each_other():
    """Large soft spots of other colours have no shape to hide a cut in: it would be seen as a cliff."""
    draw = np.random.default_rng(7)
    y, x = np.mgrid[0:512, 0:512] / 512
    clouds = np.full((512, 512, 3), 0.45)
    for _ in range(40):
        spot = np.exp(-(((x - draw.uniform()) ** 2 + (y - draw.uniform()) ** 2) / 0.012))
        clouds += spot[..., None] * draw.uniform(-0.12, 0.12, 3)
    image = (clouds + draw.normal(0, 0.03, clouds.shape)).clip(0, 1).astype(np.float32)
    slopes = [measure_steepest(each) for each in (join_by_cut(image, (256, 256), (1.0, 1.0)), image)]
    assert slopes[0] < 1.3 * slopes[1], slopes


def measure_steepest(image):
    """The largest change over a pixel of what is coarser than the noise."""
    coarse = np.stack([blur(image[..., channel], 4.0) for channel in range(3)], axis=-1)[16:-16, 16:-16]
    return max(float(np.abs(np.diff(coarse, axis=axis)).max()) for axis in (0, 1))
