# SPDX-License-Identifier: GPL-3.0-or-later
"""Fine, unshaded detail and lettering from six views of 1024 px onto 2048 texels: as painted, disturbed, wrong."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from tests.oracle import detail, painter
from tests.oracle import views_of_detail as views
from tests.oracle.scenes import DETAIL_SCENES

pytestmark = pytest.mark.soak
SIZE = 2048
SETTINGS = BakeSettings(size=(SIZE, SIZE), finish=False, heat_size=0)
Prepared = tuple[views.DetailTrial, list[views.Pixels], list[views.Pixels], list[views.Pixels]]


@pytest.fixture(scope="module", params=sorted(DETAIL_SCENES))
def prepared(request: pytest.FixtureRequest) -> Prepared:
    """A scene, its views as painted and disturbed, and what its maps should hold."""
    trial = views.prepare(request.param)
    pictures = trial.paint(detail.fine)
    came = [painter.disturb_known(picture, painter.Disturbance(), seed)[0] for seed, picture in enumerate(pictures)]
    return trial, pictures, came, views.truth_maps(trial, detail.fine, SIZE)


def test_the_bake_keeps_what_the_views_hold(prepared: Prepared) -> None:
    trial, pictures, _, _ = prepared
    result = bake_geometry(trial.geometry, views.paint_plain(trial, pictures), SETTINGS)
    assert views.sharpness(trial, result, pictures) >= 0.95


def test_undisturbed_views_stay_where_they_are(prepared: Prepared) -> None:
    trial, pictures, _, _ = prepared
    for image in views.align(trial, pictures):
        assert np.allclose(image.matrix, np.eye(2, 3), atol=1e-6)
        assert image.confidence > 0.5


def test_disturbed_views_become_the_true_texture(prepared: Prepared) -> None:
    trial, _, came, truths = prepared
    result, used = views.bake(trial, views.align(trial, came), SETTINGS)
    assert all(used)
    assert views.compare_lit(result, truths) >= 30


def test_a_mirrored_front_and_a_half_dark_view_are_left_out(prepared: Prepared) -> None:
    trial, _, came, truths = prepared
    wrong = list(came)
    wrong[0] = np.ascontiguousarray(came[0][:, ::-1])
    _, used = views.bake(trial, views.align(trial, wrong), SETTINGS)
    assert used == [False, True, True, True, True, True]
    wrong = list(came)
    wrong[1] = came[1].copy()
    wrong[1][:, 512:] = (came[1][:, 512:] * 0.35).astype(np.uint8)
    result, used = views.bake(trial, views.align(trial, wrong), SETTINGS)
    assert used == [True, False, True, True, True, True]
    assert views.compare_lit(result, truths) >= 29


def test_white_views_give_a_white_texture_and_no_alarm(prepared: Prepared) -> None:
    trial, pictures, _, _ = prepared
    result, used = views.bake(trial, views.align(trial, [np.full_like(each, 255) for each in pictures]), SETTINGS)
    assert all(used)
    assert min(baked.rgba[baked.painted_mask][:, :3].min() for baked in result.maps) == 255


def test_an_invented_background_does_not_move_a_view(prepared: Prepared) -> None:
    trial, pictures, _, _ = prepared
    draw = np.random.default_rng(5)
    for number, (places, picture) in enumerate(zip(trial.places, pictures, strict=True)):
        on = places[detail.GRAIN // 2 :: detail.GRAIN, detail.GRAIN // 2 :: detail.GRAIN, 3:] > 0.5
        hills = draw.integers(60, 200, (64, 64, 3)).repeat(16, 0).repeat(16, 1)
        image = views.align_image(
            trial.geometry, trial.views[number], trial.canvas, np.where(on, picture, hills).astype(np.uint8)
        )
        assert image.confidence > 0.5
        assert np.allclose(image.matrix, np.eye(2, 3), atol=1e-6)


def test_parts_that_drift_by_themselves_do_not_hide_the_shift(prepared: Prepared) -> None:
    """What shift and scale explain of the drift is undone, over the object's pixels."""
    trial, pictures, came, _ = prepared
    y, x = np.mgrid[0:1024, 0:1024]
    down = np.clip(np.rint(y + 6 * np.sin((x * 0.8 + y * 0.6) / 48)), 0, 1023).astype(int)
    across = np.clip(np.rint(x + 6 * np.sin((x * 0.6 - y * 0.8) / 40)), 0, 1023).astype(int)
    for seed, (places, picture) in enumerate(zip(trial.places, came, strict=True)):
        bent = views.align_image(trial.geometry, trial.views[seed], trial.canvas, picture[down, across])
        matrix = painter.disturb_known(pictures[seed], painter.Disturbance(), seed)[1]
        at = np.column_stack([across[::9, ::9].ravel(), down[::9, ::9].ravel()]) + 0.5
        own = at @ np.linalg.inv(matrix)[:2, :2].T + np.linalg.inv(matrix)[:2, 2]
        on = detail.GRAIN * own
        inside = ((on >= 0) & (on < detail.GRAIN * 1024)).all(axis=1)
        inside[inside] = places[on[inside, 1].astype(int), on[inside, 0].astype(int), 3] > 0.5
        now = np.column_stack([x[::9, ::9].ravel(), y[::9, ::9].ravel()])[inside] + 0.5
        off = views.fit_shift_and_scale(now, own[inside]) - bent.matrix
        assert bent.confidence >= 0.15
        assert np.median(np.hypot(*(off[:, :2] @ now.T + off[:, 2:]))) <= 2.5
