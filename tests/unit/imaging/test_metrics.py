# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers by which pictures are judged are the usual ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.metrics import psnr, ssim, wrap_error


@pytest.fixture
def pixels(render):
    return np.asarray(render(40, 30))


def test_equal_pictures(pixels):
    assert psnr(pixels, pixels) == math.inf
    assert ssim(pixels, pixels) == pytest.approx(1.0)


def test_psnr_of_a_known_error(pixels):
    other = np.clip(pixels.astype(int), 0, 245).astype(np.uint8)
    assert psnr(other, other + 10) == pytest.approx(20 * math.log10(25.5), abs=1e-4)


def test_only_the_mask_counts(pixels):
    other = pixels.copy()
    other[:, 20:] = 0
    mask = np.zeros(pixels.shape[:2], bool)
    mask[:, :20] = True
    assert psnr(pixels, other, mask) == math.inf
    assert ssim(pixels, other, mask) == pytest.approx(1.0)
    assert ssim(pixels, other, ~mask) < 0.5


def test_ssim_is_what_its_definition_says(noise):
    a, b = np.asarray(noise(20, 15))[..., 0], np.asarray(noise(20, 15))[..., 1]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for row in range(15 - 6):
        for column in range(20 - 6):
            x = a[row : row + 7, column : column + 7].astype(float).ravel()
            y = b[row : row + 7, column : column + 7].astype(float).ravel()
            (vx, both), (_, vy) = np.cov(x, y)
            above = (2 * x.mean() * y.mean() + c1) * (2 * both + c2)
            values.append(above / ((x.mean() ** 2 + y.mean() ** 2 + c1) * (vx + vy + c2)))
    assert ssim(a, b) == pytest.approx(np.mean(values), abs=1e-9)


def test_worse_pictures_score_lower(pixels):
    rng = np.random.default_rng(1)
    scores = []
    for amount in (2, 8, 30):
        noisy = np.clip(pixels + rng.normal(0, amount, pixels.shape), 0, 255).astype(np.uint8)
        scores.append((psnr(noisy, pixels), ssim(noisy, pixels)))
    assert scores == sorted(scores, reverse=True)
    assert [s for _, s in scores] == sorted((s for _, s in scores), reverse=True)


def test_different_shapes_and_nothing_to_compare_are_mistakes(pixels):
    for measure in (psnr, ssim):
        with pytest.raises(ValueError, match="shapes differ"):
            measure(pixels, pixels[1:])
        with pytest.raises(ValueError, match="nothing to compare"):
            measure(pixels, pixels, np.zeros(pixels.shape[:2], bool))


def test_a_tile_that_joins_itself_has_no_wrap_error():
    y, x = np.mgrid[0:64, 0:64]
    tile = 128 + 100 * np.sin(x / 64 * 2 * np.pi) * np.cos(y / 64 * 2 * np.pi)
    tile = np.repeat(tile[..., None], 3, 2)
    assert wrap_error(tile.astype(np.uint8)) < 1
    ramp = np.repeat((x * 4.0)[..., None], 3, 2).astype(np.uint8)
    assert wrap_error(ramp) > 200
    assert wrap_error(ramp.swapaxes(0, 1)) > 200
