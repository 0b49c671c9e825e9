# SPDX-License-Identifier: GPL-3.0-or-later
"""What several views say of the same surface tells which one is wrong, and how their colours differ."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nano_banana_addon.imaging.colour_match import Overlap, match_colours
from nano_banana_addon.imaging.srgb import to_linear
from nano_banana_addon.imaging.view_agreement import find_contradicting, match_mixes

VIEWS = 5


def overlaps(views: list[np.ndarray]) -> list[Overlap]:
    """All pairs, of display values (n, 3) of the same places."""
    one = np.ones(len(views[0]))
    return [Overlap(i, j, to_linear(views[i]), to_linear(views[j]), one) for i, j in combinations(range(len(views)), 2)]


@pytest.fixture
def surface() -> np.ndarray:
    return np.random.default_rng(1).uniform(0.1, 0.9, (3000, 3))


def noisy(surface: np.ndarray, amount: float = 0.01) -> list[np.ndarray]:
    draw = np.random.default_rng(2)
    return [np.clip(surface + draw.normal(0, amount, surface.shape), 0, 1) for _ in range(VIEWS)]


def test_a_view_of_something_else_is_found(surface):
    views = noisy(surface)
    views[3] = np.random.default_rng(3).permutation(views[3])
    assert find_contradicting(overlaps(views)) == 3
    assert find_contradicting(overlaps(views), fixed=(3,)) is None


def test_a_half_dark_view_is_found(surface):
    views = noisy(surface)
    views[0][:1500] *= 0.4
    assert find_contradicting(overlaps(views)) == 0


def test_two_views_that_are_exchanged_are_found_one_after_the_other():
    """Six views around a bottle: each overlaps with two on either side."""
    surface = np.random.default_rng(1).uniform(0.1, 0.9, (6, 600, 3))
    shown = [surface.copy() for _ in range(6)]
    shown[2], shown[3] = np.roll(surface, -1, axis=0), np.roll(surface, 1, axis=0)
    one = np.ones(600)
    pairs = [
        Overlap(i, (i + step) % 6, to_linear(shown[i][i]), to_linear(shown[(i + step) % 6][i]), one)
        for i in range(6)
        for step in (1, 2)
    ]
    found = find_contradicting(pairs)
    assert found in (2, 3)
    rest = [pair for pair in pairs if found not in (pair.first, pair.second)]
    assert {found, find_contradicting(rest)} == {2, 3}


def test_views_that_agree_or_are_plain_are_no_alarm(surface):
    assert find_contradicting(overlaps(noisy(surface))) is None
    assert find_contradicting(overlaps([np.full_like(surface, 0.5)] * VIEWS)) is None


def test_where_all_details_differ_none_is_singled_out(surface):
    """A model paints the fine detail of each view anew."""
    assert find_contradicting(overlaps(noisy(surface, 0.15))) is None


def test_two_views_cannot_tell_which_one_is_wrong(surface):
    assert find_contradicting(overlaps([surface, 1 - surface])) is None


def test_saturation_and_balance_are_brought_together(surface):
    views = noisy(surface * 0.7 + 0.1)
    for number, (saturation, red) in enumerate(((0.8, 1.0), (1.2, 0.95), (1.0, 1.05), (0.9, 1.0), (1.1, 1.0))):
        grey = views[number].mean(axis=1, keepdims=True)
        views[number] = np.clip((grey + (views[number] - grey) * saturation) * [red, 1, 1], 0, 1)
    mixes = match_mixes(VIEWS, overlaps(views))
    before = np.std(views, axis=0).mean()
    after = np.std([view @ mix.T for view, mix in zip(views, mixes, strict=True)], axis=0).mean()
    assert after < before / 2
    assert np.allclose(mixes.mean(axis=0), np.eye(3), atol=0.02)


def test_views_that_agree_are_not_mixed(surface):
    assert np.array_equal(match_mixes(VIEWS, overlaps(noisy(surface))), np.tile(np.eye(3), (VIEWS, 1, 1)))


def test_one_dark_view_does_not_drag_the_others(surface):
    views = noisy(surface)
    views[2] = views[2] * np.where(np.arange(len(surface)) % 2, 0.3, 1.0)[:, None]
    gains = match_colours(VIEWS, overlaps(views)).gains
    others = np.delete(gains, 2, axis=0)
    assert np.abs(others / others.mean(axis=0) - 1).max() < 0.02
