# SPDX-License-Identifier: GPL-3.0-or-later
"""Views that came back with different exposure and tint become one again."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.colour_match import Overlap, apply_match, match_colours
from nano_banana_addon.imaging.srgb import to_linear, to_srgb

VIEWS = 6


def overlaps(gains, offsets, *, outliers=0.0, noise=0.005, count=2000, seed=3):
    """A ring of views; each sees a part of what the next one sees."""
    rng = np.random.default_rng(seed)
    result = []
    for a in range(VIEWS):
        b = (a + 1) % VIEWS
        true = rng.uniform(0.08, 0.6, (count, 3))
        other = np.where(rng.random((count, 1)) < outliers, rng.uniform(0.08, 0.6, (count, 3)), true)
        first = true * gains[a] + offsets[a] + rng.normal(0, noise, true.shape)
        second = other * gains[b] + offsets[b] + rng.normal(0, noise, true.shape)
        weights = rng.uniform(0.2, 1, count).astype(np.float32)
        result.append(Overlap(a, b, first.astype(np.float32), second.astype(np.float32), weights))
    return result


def darkened(falloff, gains, *, noise=0.003, count=3000, seed=4):
    """A ring of views whose painter darkens what is far from a picture's centre."""
    rng = np.random.default_rng(seed)
    result = []
    for a in range(VIEWS):
        b = (a + 1) % VIEWS
        true = rng.uniform(0.08, 0.6, (count, 3))
        radii = rng.uniform(0, 0.7, (count, 2))
        seen = [
            true * gains[view] / (1 + falloff * radii[:, k : k + 1]) + rng.normal(0, noise, true.shape)
            for k, view in enumerate((a, b))
        ]
        weights = np.ones(count, np.float32)
        result.append(Overlap(a, b, *(s.astype(np.float32) for s in seen), weights, radii))
    return result


@pytest.mark.parametrize("falloff", [0.0, 0.08, 0.2, -0.1])
def test_darker_corners_are_found_beside_gains(gains, falloff):
    match = match_colours(VIEWS, darkened(falloff, gains))
    assert match.falloff == pytest.approx(falloff, abs=0.01)
    corrected = gains * match.gains
    assert np.abs(corrected / corrected.mean(0) - 1).max() < 0.01


def test_the_falloff_is_taken_back_from_the_centre_outwards():
    flat = np.full((90, 160, 3), 188, np.uint8)
    one, none = np.ones(3, np.float32), np.zeros(3, np.float32)
    lifted = apply_match(flat, one, none, 0.2)
    assert lifted[45, 80].tolist() == [188] * 3
    expected = to_srgb(to_linear(np.array([188], np.float32) / 255) * 1.2)[0] * 255
    assert np.abs(lifted[[0, 0, -1, -1], [0, -1, 0, -1]] - expected).max() <= 1.0
    assert np.array_equal(lifted, lifted[::-1, ::-1])


@pytest.fixture
def gains():
    return np.random.default_rng(5).uniform(0.9, 1.1, (VIEWS, 3))


@pytest.mark.parametrize("outliers", [0.0, 0.2])
def test_gains_are_found_also_when_a_fifth_shows_something_else(gains, outliers):
    match = match_colours(VIEWS, overlaps(gains, np.zeros((VIEWS, 3)), outliers=outliers))
    corrected = gains * match.gains
    assert np.abs(corrected / corrected.mean(0) - 1).max() < 0.01
    assert np.abs(match.offsets).max() < 0.01


def test_offsets_are_found_beside_gains(gains):
    offsets = np.random.default_rng(6).uniform(-0.02, 0.02, (VIEWS, 3))
    given = overlaps(gains, offsets, noise=0.001)
    match = match_colours(VIEWS, given)

    def apart(overlap: Overlap, gain: np.ndarray, offset: np.ndarray) -> float:
        a = overlap.colours_first * gain[overlap.first] + offset[overlap.first]
        b = overlap.colours_second * gain[overlap.second] + offset[overlap.second]
        return float(np.abs(a - b).mean())

    for overlap in given:
        before = apart(overlap, np.ones((VIEWS, 3)), np.zeros((VIEWS, 3)))
        assert apart(overlap, match.gains, match.offsets) < max(0.004, before / 4)


def test_the_whole_gets_neither_brighter_nor_tinted(gains):
    match = match_colours(VIEWS, overlaps(gains, np.zeros((VIEWS, 3)), noise=0.05))
    assert np.allclose(np.exp(np.log(match.gains).mean(0)), 1, atol=1e-3)
    assert np.allclose(match.offsets.mean(0), 0, atol=1e-3)


def test_views_that_agree_are_left_alone():
    match = match_colours(VIEWS, overlaps(np.ones((VIEWS, 3)), np.zeros((VIEWS, 3))))
    assert np.abs(match.gains - 1).max() < 0.005
    assert np.abs(match.offsets).max() < 0.002


def test_views_without_overlap_and_overlaps_without_light_are_left_alone(gains):
    dark = Overlap(0, 1, *[np.zeros((50, 3), np.float32)] * 2, np.ones(50, np.float32))
    few = Overlap(1, 2, *[np.full((3, 3), 0.3, np.float32)] * 2, np.ones(3, np.float32))
    for given in ([], [dark], [few]):
        match = match_colours(4, given)
        assert (match.gains == 1).all()
        assert (match.offsets == 0).all()
    match = match_colours(VIEWS + 2, overlaps(gains, np.zeros((VIEWS, 3))))
    assert (match.gains[VIEWS:] == 1).all()


def test_applying_works_in_linear_light_and_nothing_changes_nothing(noise):
    pixels = np.asarray(noise(50, 40))
    same = apply_match(pixels, np.ones(3, np.float32), np.zeros(3, np.float32))
    assert np.array_equal(same, pixels)
    half = apply_match(pixels, np.float32([0.5, 1, 1]), np.zeros(3, np.float32))
    expected = to_srgb(to_linear(pixels[..., 0].astype(np.float32) / 255) * 0.5) * 255
    assert np.abs(half[..., 0] - expected).max() <= 0.51
    assert np.array_equal(half[..., 1:], pixels[..., 1:])


def test_srgb_there_and_back():
    values = np.linspace(0, 1, 1001, dtype=np.float32)
    assert np.allclose(to_srgb(to_linear(values)), values, atol=1e-5)
    assert to_linear(np.float32([0.5]))[0] == pytest.approx(0.21404, abs=1e-4)
