# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole oracle: every scene as it was painted, then disturbed the way a model disturbs its pictures."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakeSettings
from tests.oracle import cycles_bake, measure, table
from tests.oracle.scenes import SCENES

pytestmark = pytest.mark.soak
SIZE = 1024
LEAST = {"suzanne": 38.0}  # dB; 35 elsewhere
Painted = tuple[str, measure.Trial, list[measure.Truth]]


@pytest.fixture(scope="module", params=sorted(SCENES))
def painted(request: pytest.FixtureRequest) -> Painted:
    """A scene, its painted views, and what its maps should hold: once for all tests."""
    trial = measure.paint(request.param, pixels=SIZE)
    return request.param, trial, measure.truth_maps(trial, SIZE)


@pytest.fixture(scope="module")
def as_painted(painted: Painted) -> measure.Report:
    scene, trial, truths = painted
    settings = BakeSettings(size=(SIZE, SIZE), match_colours=False)
    report = measure.undisturbed(scene, trial, truths, settings)
    table.add("as painted", report)
    return report


@pytest.fixture(scope="module")
def disturbed(painted: Painted) -> measure.Report:
    scene, trial, truths = painted
    report = measure.disturbed(scene, trial, truths, BakeSettings(size=(SIZE, SIZE)))
    table.add("disturbed", report)
    return report


def test_the_truth_comes_back(as_painted: measure.Report) -> None:
    assert as_painted.psnr >= LEAST.get(as_painted.scene, 35.0), as_painted.line()


def test_no_view_colours_what_it_cannot_see(as_painted: measure.Report, disturbed: measure.Report) -> None:
    assert as_painted.leak <= 0.001, as_painted.line()
    assert disturbed.leak <= 0.001, disturbed.line()


def test_white_views_give_a_white_texture(as_painted: measure.Report) -> None:
    assert as_painted.white_error <= 1, as_painted.line()


def test_seams_jump_no_more_than_the_truth(as_painted: measure.Report) -> None:
    assert as_painted.seam_excess <= 0.5, as_painted.line()


def test_disturbed_views_are_laid_where_they_belong(disturbed: measure.Report) -> None:
    assert disturbed.residual <= 0.5, disturbed.line()
    assert all(drift.confidence > 0.5 for drift in disturbed.drifts), disturbed.line()


def test_the_drift_that_is_told_is_the_drift_there_was(disturbed: measure.Report) -> None:
    for drift in disturbed.drifts:
        assert drift.told == pytest.approx(drift.moved, abs=0.5)
        assert drift.told_after == pytest.approx(drift.residual, abs=0.5)


def test_a_disturbed_truth_comes_back(disturbed: measure.Report) -> None:
    """Nobody can know that most of the painter's pictures were too dark: that is in the first figure, too."""
    assert disturbed.psnr >= 30, disturbed.line()
    assert disturbed.psnr_lit >= 38, disturbed.line()


def test_matching_colours_changes_nothing_where_they_match(painted: Painted, as_painted: measure.Report) -> None:
    scene, trial, truths = painted
    settings = BakeSettings(size=(SIZE, SIZE), finish=False, heat_size=0)
    matched = measure.bake_geometry(trial.geometry, trial.painted(), settings)
    assert measure.compare(scene, trial, matched, truths).psnr >= as_painted.psnr - 0.2


def test_one_view_equals_a_bake_by_cycles(painted: Painted, as_painted: measure.Report) -> None:
    """Onto a map finer than the picture: where a texel holds several pixels we take their mean, Cycles any of them.

    Last of a scene's tests: its first object gets another material.
    """
    _, trial, _ = painted
    fine = 2 * SIZE
    settings = BakeSettings(size=(fine, fine), match_colours=False, finish=False, heat_size=0, bicubic=False)
    ours = measure.bake_geometry(trial.geometry, trial.painted()[:1], settings).maps[0]
    theirs = cycles_bake.bake_view(trial.objects[0], trial.views[0], trial.pictures[0], fine)
    both = ours.painted_mask & (theirs[..., 3] > 0)
    off = np.abs(ours.rgba[..., :3].astype(int) - theirs[..., :3])[both].max(axis=-1)
    as_painted.as_cycles = float((off <= 2).mean())
    assert both.sum() > 50_000
    assert as_painted.as_cycles >= 0.99, as_painted.line()
