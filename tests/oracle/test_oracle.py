"""The whole oracle: every scene undisturbed, then disturbed the way a model disturbs its pictures."""

from __future__ import annotations

from statistics import median

import pytest

from nano_banana_addon.blender.bake.bake import BakeSettings
from tests.oracle import measure
from tests.oracle.scenes import SCENES

pytestmark = pytest.mark.soak
LEAST = {"suzanne": 38.0}  # dB; 35 elsewhere
# Pixels. A ball has no edge but its outline, which does not tell how it is turned.
RESIDUAL = {"sphere": 1.0}  # 0.5 elsewhere


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_the_truth_comes_back(scene: str) -> None:
    settings = BakeSettings(size=(1024, 1024), match_colours=False)
    _, report = measure.run(scene, settings, pixels=1024)
    assert report.psnr >= LEAST.get(scene, 35.0), report.line()
    assert report.leak <= 0.001, report.line()
    assert report.white_error <= 1, report.line()
    assert report.seam <= 1.1 * report.seam_of_truth + 0.5, report.line()


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_a_disturbed_truth_comes_back_registered(scene: str) -> None:
    settings = BakeSettings(size=(1024, 1024))
    report, residuals = measure.run_disturbed(scene, settings, pixels=1024)
    assert median(residuals) <= RESIDUAL.get(scene, 0.5)
    assert report.psnr >= 30, report.line()
