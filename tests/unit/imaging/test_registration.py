# SPDX-License-Identifier: GPL-3.0-or-later
"""A repainted view is laid onto its guide again, whatever colours and textures it has got."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.imaging.registration.registration import register, warp

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
def test_shift_scale_and_bend_are_found_to_a_fraction_of_a_pixel(made, shift, scale, bend, with_silhouette):
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


def test_with_a_silhouette_the_drift_is_that_of_the_object(made):
    truth = affine(SIZE, (9, -8), 1.02, 0.0)
    found = register(disturbed(made.painted, truth), made.guide, made.silhouette)
    identity = np.hstack([np.eye(2), np.zeros((2, 1))])
    there = np.median(errors(identity, truth, made.silhouette))
    assert found.drift_before_px == pytest.approx(there, abs=0.3)


def test_a_round_outline_does_not_make_a_picture_turn():
    """A ball's outline does not tell how the ball is turned, and its checker is not in the guide."""
    y, x = np.mgrid[0:600, 0:600] - 299.5
    ball = np.hypot(x, y) < 250
    guide = np.where(ball, 150 - 0.15 * y, 60)[..., None].repeat(3, 2).astype(np.uint8)
    checker = np.where(np.sin(x / 19) * np.sin(y / 23) > 0, 200, 90)
    painted = np.where(ball, checker, 30)[..., None].repeat(3, 2).astype(np.uint8)
    silhouette = ball.astype(np.uint8) * 255
    truth = affine((600, 600), (7.3, -4.6), 1.012, 0.0)
    found = register(disturbed(painted, truth), guide, silhouette)
    off = errors(found.matrix, truth, silhouette)
    assert np.median(off) <= 0.25
    assert off.max() <= 0.5


def test_a_picture_that_is_turned_is_turned_back(made):
    turn = np.deg2rad(1.2)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.array(SIZE) / 2
    truth = np.hstack([linear, (centre - linear @ centre)[:, None]])
    found = register(disturbed(made.painted, truth), made.guide, made.silhouette)
    assert np.median(errors(found.matrix, truth, made.silhouette)) <= 0.3


def bent(picture: np.ndarray, amplitude: float) -> np.ndarray:
    """Parts moved by up to so many pixels, each way, as no one map can undo."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    dx = amplitude * np.sin(2 * np.pi * x / width * 1.5) * np.cos(2 * np.pi * y / height)
    dy = amplitude * np.cos(2 * np.pi * x / width) * np.sin(2 * np.pi * y / height * 1.5)
    rows = np.clip(np.round(y + dy), 0, height - 1).astype(int)
    columns = np.clip(np.round(x + dx), 0, width - 1).astype(int)
    return picture[rows, columns]


def test_what_no_one_map_lays_in_place_is_told(made):
    told = []
    for amplitude in (0, 4, 16):
        found = register(bent(made.painted, amplitude), made.guide, made.silhouette)
        told.append(found)
    assert told[0].drift_after_px < 0.4 < told[1].drift_after_px
    assert told[0].confidence > told[1].confidence
    assert told[2].confidence < 0.15 or told[2].drift_after_px > 2


@pytest.mark.parametrize("way", ["borders added", "cropped", "stretched"])
def test_an_answer_of_another_shape_is_laid_where_it_belongs(made, way):
    """The guide is 3:2, the answer square."""
    if way == "borders added":
        came = np.pad(made.painted, ((150, 150), (0, 0), (0, 0)), mode="edge")
        truth = np.array([[1.0, 0, 0], [0, 1.0, 150]])
    elif way == "cropped":
        came = np.ascontiguousarray(made.painted[:, 150:750])
        truth = np.array([[1.0, 0, -150], [0, 1.0, 0]])
    else:
        came = np.asarray(Image.fromarray(made.painted).resize((900, 900), Image.Resampling.BICUBIC))
        truth = np.array([[1.0, 0, 0], [0, 1.5, 0]])
    found = register(came, made.guide, made.silhouette)
    assert found.confidence > 0.3
    assert np.median(errors(found.matrix, truth, made.silhouette)) <= 0.5


def test_a_picture_of_something_else_is_left_alone_and_not_trusted(made):
    other = scene(*SIZE, 77)
    found = register(other.painted, made.guide, made.silhouette)
    assert found.confidence < 0.15
    assert np.array_equal(found.matrix, np.hstack([np.eye(2), np.zeros((2, 1))]))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_or_guide_raises_nothing_and_only_a_black_picture_is_an_alarm(made, value):
    flat = np.full_like(made.guide, value)
    for picture, guide in ((flat, made.guide), (made.painted, flat), (flat, flat)):
        found = register(picture, guide)
        assert (found.confidence < 0.15) == (picture is not flat or value == 0)
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
