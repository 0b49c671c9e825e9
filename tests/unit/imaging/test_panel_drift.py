# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels of one sheet: together they tell how it moved, and one that moved on its own is left there."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.sheets.panel_drift import PanelDrift, settle

PLACES = [(20, 20), (440, 20), (20, 440), (440, 440), (20, 860), (440, 860)]
SIZE = (400, 400)
#: The whole sheet, scaled about its middle and moved.
SHEET = np.array([[0.98, 0.0, 17.0], [0.0, 0.98, 5.0]])


def in_panel(place):
    """What the movement of the sheet is for the pixels of one panel."""
    matrix = SHEET.copy()
    matrix[:, 2] += SHEET[:, :2] @ place - place
    return matrix


def measure(matrix, place):
    spots = np.array([[100.0, 100.0], [300.0, 100.0], [200.0, 350.0]])
    wanted = in_panel(place)
    return float(np.hypot(*(spots @ (matrix - wanted)[:, :2].T + (matrix - wanted)[:, 2]).T).max())


def find(noise=0.0, seed=1, confidence=0.8):
    draw = np.random.default_rng(seed)
    drifts = []
    for place in PLACES:
        matrix = in_panel(np.array(place))
        matrix[:, 2] += draw.normal(0, noise, 2)
        drifts.append(PanelDrift(place, SIZE, matrix, confidence))
    return drifts


def test_panels_that_tell_the_same_lie_so():
    for matrix, place in zip(settle(find()), PLACES, strict=True):
        assert measure(matrix, place) < 1e-6


def test_together_they_tell_more_exactly_than_alone():
    errors = {"alone": [], "together": []}
    for seed in range(12):
        drifts = find(0.5, seed)
        errors["alone"] += [measure(d.matrix, d.place) for d in drifts]
        errors["together"] += [measure(m, d.place) for m, d in zip(settle(drifts), drifts, strict=True)]
    assert np.mean(errors["together"]) < 0.75 * np.mean(errors["alone"])


def test_one_of_which_nothing_was_found_lies_as_the_others():
    drifts = find()
    drifts[3] = PanelDrift(PLACES[3], SIZE, np.eye(2, 3) * 1.05, 0.05)
    assert measure(settle(drifts)[3], PLACES[3]) < 1e-6


def test_one_that_moved_on_its_own_lies_where_it_was_found_and_does_not_move_the_others():
    drifts = find()
    moved = in_panel(np.array(PLACES[2]))
    moved[:, 2] += (9.0, -4.0)
    drifts[2] = PanelDrift(PLACES[2], SIZE, moved, 0.8)
    settled = settle(drifts)
    assert np.allclose(settled[2], moved)
    assert max(measure(m, p) for n, (m, p) in enumerate(zip(settled, PLACES, strict=True)) if n != 2) < 0.5


@pytest.mark.parametrize("count", [1, 2])
def test_one_pair_or_panel_is_enough(count):
    drifts = find()[:count]
    for matrix, drift in zip(settle(drifts), drifts, strict=True):
        assert measure(matrix, drift.place) < 1e-6


def test_where_nothing_was_found_nothing_is_moved():
    for matrix in settle(find(confidence=0.1)):
        assert np.array_equal(matrix, np.eye(2, 3))
