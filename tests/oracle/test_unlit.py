# SPDX-License-Identifier: GPL-3.0-or-later
"""The light that was painted into the views is removed, and unlit views stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.features.texture.maps.align import AlignedView, Drift
from nano_banana_addon.features.texture.maps.light import remove_light_steps
from tests.oracle import lamps, measure

pytestmark = pytest.mark.soak
SIZE = 512
#: dB in the mean over the lights. The truth's colours change over the whole object, as a light's would: on a ball, or
#: a stone that is nearly one, they cannot be told apart, and what is asked there is that unlit views stay.
LEAST = {"suzanne": 12.0, "tori": 11.5, "cup": 10.5}
SETTINGS = BakeSettings(size=(SIZE, SIZE), finish=False, heat_size=0)
Prepared = tuple[measure.Trial, list[measure.Truth], float]


@pytest.fixture(scope="module", params=["suzanne", "tori", "cup", "scan"])
def prepared(request: pytest.FixtureRequest) -> Prepared:
    trial = measure.paint(request.param, pixels=SIZE, view_count=6)
    return trial, measure.truth_maps(trial, SIZE), LEAST.get(request.param, 0.0)


def bake(prepared: Prepared, pictures: Sequence[measure.Truth], strength: float) -> float:
    """The PSNR of the worst map up to one brightness, which images alone cannot tell."""
    trial, truths, _ = prepared
    views = [
        AlignedView(painted, Drift(number, painted.name, "", 0.0, 0.0, 1.0))
        for number, painted in enumerate(trial.painted(pictures))
    ]
    unlit, _ = run_all(remove_light_steps(trial.geometry, views, strength))
    result = bake_geometry(trial.geometry, [view.painted_view for view in unlit], SETTINGS)
    return measure.compare("", trial, result, truths).psnr_lit


def test_five_lights_are_removed(prepared: Prepared) -> None:
    trial, _, least = prepared
    if not least:
        pytest.skip("its colours cannot be told from light")
    gains: dict[str, float] = {}
    for name, rig in lamps.RIGS.items():
        pictures = lamps.paint(trial.objects, trial.views, trial.canvas, rig)
        gains[name] = bake(prepared, pictures, 1.0) - bake(prepared, pictures, 0.0)
    assert np.mean(list(gains.values())) >= least, gains
    assert min(gains.values()) >= 4, gains


def test_unlit_views_stay_as_good_as_they_were(prepared: Prepared) -> None:
    pictures = prepared[0].pictures
    assert bake(prepared, pictures, 1.0) >= bake(prepared, pictures, 0.0) - 0.5
