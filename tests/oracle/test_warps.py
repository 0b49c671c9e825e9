# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that a model moved or scaled on their own, against the truth: what the map alone leaves, and following.

Where a surface has no edge near, its image cannot say how far it has slid along it; what other views show there does.
One pixel is asked in the median, of some 6 that the map alone leaves; of the truck, whose flat sides hardly another
view shows and whose creases unshaded detail does not show, what `docs/dev/decisions.md` explains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakeResult, BakeSettings, bake_geometry
from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.core.request import TextureContext
from nano_banana_addon.features.texture.maps.align import AlignedView, Drift
from nano_banana_addon.features.texture.maps.align_image import AlignedImage, align_image
from nano_banana_addon.features.texture.maps.aligned_views import SurfaceSoFar
from tests.oracle import detail, table, warps
from tests.oracle import views_of_detail as views

pytestmark = pytest.mark.soak
SIZE = 1024
SETTINGS = BakeSettings(size=(SIZE, SIZE), finish=False, heat_size=0)
MOST = {"truck": 2.0}  # pixels that are left where waves are followed; else 1
LEFT_IN_TURN = 0.2  # of what each view alone leaves, in a sequence
PARTS = {"truck": 0, "tori": 1}  # the object that is larger


@pytest.fixture(scope="module", params=["suzanne", "truck", "tori", "figure"])
def prepared(request: pytest.FixtureRequest) -> tuple[str, views.DetailTrial]:
    return request.param, views.prepare(request.param)


def align(trial: views.DetailTrial, moved: Sequence[warps.MovedView]) -> list[AlignedImage]:
    return views.align(trial, [each.picture for each in moved])


def bake(trial: views.DetailTrial, aligned: Sequence[AlignedImage]) -> BakeResult:
    painted = [image.paint(view, view.camera) for image, view in zip(aligned, trial.views, strict=True)]
    return bake_geometry(trial.geometry, painted, SETTINGS)


def measure_contrast(trial: views.DetailTrial, aligned: Sequence[AlignedImage]) -> float:
    return warps.measure_contrast(bake(trial, aligned))


def measure(
    what: str, moved: Sequence[warps.MovedView], aligned: Sequence[AlignedImage]
) -> tuple[list[float], list[float]]:
    """Pixels that are left in each view by its map alone, and after following; the medians go into the table."""
    pairs = list(zip(moved, aligned, strict=True))
    alone, followed = ([each.measure(image, followed=how) for each, image in pairs] for how in (False, True))
    table.note(f"{what}: {np.median(alone):.2f} px are left by the map alone, {np.median(followed):.2f} px followed")
    return alone, followed


def test_content_that_moved_smoothly_is_followed(prepared: tuple[str, views.DetailTrial]) -> None:
    name, trial = prepared
    moved = warps.wave_views(trial)
    aligned = align(trial, moved)
    alone, followed = measure(f"{name}, waves", moved, aligned)
    assert [image.followed for image in aligned] == [True] * len(aligned)
    assert all(now < before for before, now in zip(alone, followed, strict=True)), name
    assert np.median(followed) <= MOST.get(name, 1.0), name
    assert all(image.after <= 1.0 for image in aligned), name
    kept = views.contrast(trial, bake(trial, aligned), trial.paint(detail.fine))
    table.note(f"{name}, waves: contrast {kept:.3f} of what the views hold")
    assert 0.95 <= kept <= 1.15, name  # more is not detail but noise


def test_in_a_sequence_each_view_is_laid_on_the_surface_so_far(prepared: tuple[str, views.DetailTrial]) -> None:
    """As a model is asked to, the painter goes on from what it is shown, and moves all of it by waves of its own."""
    name, trial = prepared
    moved = [warps.wave_view(trial.places[0], 0)]
    surface = SurfaceSoFar(trial.geometry, TextureContext("", (), (), texture_size=SIZE))
    alone: list[AlignedImage] = []
    in_turn: list[AlignedImage] = []
    for number, view in enumerate(trial.views):
        if number:
            shown = run_all(surface.draw_steps(view, trial.canvas))
            is_missing = (np.abs(shown.astype(int) - (255, 0, 255)).max(axis=2) < 3)[..., None]
            truth = detail.paint(trial.places[number], detail.fine)
            moved.append(warps.wave_view(trial.places[number], number, np.where(is_missing, truth, shown)))
        image = align_image(trial.geometry, view, trial.canvas, moved[-1].picture)
        drift = Drift(number, view.camera, "", image.before, image.after, image.confidence)
        (aligned,) = run_all(surface.add_steps([AlignedView(image.paint(view, view.camera), drift, image)]))
        alone.append(image)
        in_turn.append(aligned.image or image)
    before = [each.measure(image, followed=True) for each, image in zip(moved, alone, strict=True)][1:]
    _, now = measure(f"{name}, waves in a sequence", moved[1:], in_turn[1:])
    table.note(f"{name}, waves in a sequence: {np.median(before):.2f} px are left by each view alone")
    assert np.median(now) <= LEFT_IN_TURN * np.median(before), name


def test_a_part_that_is_larger_lies_right(prepared: tuple[str, views.DetailTrial]) -> None:
    name, trial = prepared
    if name not in PARTS:
        pytest.skip("it is one part")
    moved = warps.enlarge_part(trial, PARTS[name])
    aligned = align(trial, moved)
    alone, followed = measure(f"{name}, a part 3 % larger", moved, aligned)
    assert np.median(followed) <= 1.0, name
    assert all(now <= before + 0.1 for before, now in zip(alone, followed, strict=True)), name
    straight = views.align(trial, trial.paint(detail.fine))
    assert measure_contrast(trial, aligned) >= 0.95 * measure_contrast(trial, straight), name


def test_what_lies_right_is_not_moved(prepared: tuple[str, views.DetailTrial]) -> None:
    name, trial = prepared
    for texture in (detail.fine, detail.flat):
        pictures = trial.paint(texture)
        for image, picture in zip(views.align(trial, pictures), pictures, strict=True):
            assert image.displacement is None, name
            assert np.array_equal(image.picture, picture), name
