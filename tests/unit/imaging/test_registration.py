# SPDX-License-Identifier: GPL-3.0-or-later
"""A repainted view is laid onto its guide again, whatever colours and textures it has got."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.imaging.registration import register, warp

from .restyled import Scene, affine, disturbed, errors, scene

SIZE = (900, 600)


@pytest.fixture(scope="module", params=[1, 2, 3])
def made(request: pytest.FixtureRequest) -> Scene:
    return scene(*SIZE, request.param)


@pytest.mark.parametrize(
    ("shift", "scale", "bend"),
    [((0, 0), 1.0, 0.0), ((12, -12), 1.0, 0.0), ((-12, 7), 1.02, 0.0), ((5.3, 11.6), 0.98, 0.003)],
)
@pytest.mark.parametrize("with_silhouette", [False, True])
def test_shift_scale_and_bend_are_found_to_a_fraction_of_a_pixel(
    made, shift, scale, bend, with_silhouette
):
    truth = affine(SIZE, shift, scale, bend)
    came = disturbed(made.painted, truth)
    found = register(came, made.guide, made.silhouette if with_silhouette else None)
    off = errors(found.matrix, truth, made.silhouette)
    assert np.median(off) <= 0.25
    assert off.max() <= 0.6
    assert found.confidence > 0.5
    assert found.drift_after_px <= 0.3


def test_the_drift_that_is_told_is_the_drift_there_was(made):
    truth = affine(SIZE, (9, -8), 1.01, 0.0)
    found = register(disturbed(made.painted, truth), made.guide)
    identity = np.hstack([np.eye(2), np.zeros((2, 1))])
    there = np.median(errors(identity, truth, made.silhouette))
    assert found.drift_before_px == pytest.approx(there, rel=0.2)
    still = register(disturbed(made.painted, identity), made.guide)
    assert still.drift_before_px < 0.3


def test_a_picture_of_something_else_is_left_alone_and_not_trusted(made):
    other = scene(*SIZE, 77)
    found = register(other.painted, made.guide, made.silhouette)
    assert found.confidence < 0.15
    assert np.array_equal(found.matrix, np.hstack([np.eye(2), np.zeros((2, 1))]))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_or_guide_raises_nothing(made, value):
    flat = np.full_like(made.guide, value)
    for picture, guide in ((flat, made.guide), (made.painted, flat), (flat, flat)):
        found = register(picture, guide)
        assert found.confidence < 0.15
        assert np.isfinite(found.matrix).all()


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (16, 16), (40, 25)])
def test_tiny_pictures_raise_nothing(size, noise):
    pixels = np.asarray(noise(*size))
    assert np.isfinite(register(pixels, pixels).matrix).all()


def test_an_answer_of_another_size_is_laid_on_the_guide(made):
    truth = affine(SIZE, (6, 5), 1.01, 0.0)
    came = disturbed(made.painted, truth)
    double = np.asarray(Image.fromarray(came).resize((1800, 1200), Image.Resampling.BICUBIC))
    found = register(double, made.guide)
    to_half = np.array([[0.5, 0, 0], [0, 0.5, 0]])
    in_half = found.matrix @ np.vstack([np.linalg.inv(to_half[:, :2]) @ np.eye(2, 3), [0, 0, 1]])
    assert np.median(errors(in_half, truth, made.silhouette)) <= 0.25
    straight = warp(double, found.matrix, SIZE)
    inner = (slice(40, -40), slice(40, -40))
    aligned = np.abs(straight.astype(float) - made.painted)[inner].mean()
    before = np.abs(came.astype(float) - made.painted)[inner].mean()
    assert aligned < before / 2


@pytest.mark.parametrize("channels", [3, 4])
def test_a_warp_by_nothing_changes_nothing(noise, channels):
    pixels = np.asarray(noise(60, 40).convert("RGBA"))[..., :channels]
    assert np.array_equal(warp(pixels, np.eye(2, 3), (60, 40)), pixels)


def test_a_warp_moves_pixels_where_the_matrix_says(noise):
    pixels = np.asarray(noise(60, 40))
    matrix = np.array([[1.0, 0, 5], [0, 1.0, -3]])
    moved = warp(pixels, matrix, (60, 40))
    assert np.array_equal(moved[:37, 5:], pixels[3:, :55])
    assert np.array_equal(moved[:37, 0], pixels[3:, 0])  # the border is repeated, not black
