"""What comes out of the projection, against the truth, against Cycles, and against what it must never do."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake import views as view_sets
from nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.mesh import read_geometry
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.bake.visibility import measure_view_quality
from nano_banana_addon.core.errors import InputError
from tests.oracle import cycles_bake, measure, scenes
from tests.support.views import box_points

QUICK = BakeSettings(size=(512, 512), match_colours=False, heat_size=128)


@pytest.mark.parametrize("scene", ["suzanne", "tori"])
def test_the_truth_comes_back(scene: str) -> None:
    _, report = measure.run(scene, QUICK, pixels=512, view_count=6)
    assert report.psnr >= 35, report.line()
    assert report.leak <= 0.001, report.line()
    assert report.white_error <= 1, report.line()
    assert report.seam_excess <= 0.5, report.line()


def test_one_view_equals_a_bake_by_cycles() -> None:
    trial = measure.paint("suzanne", pixels=512, view_count=1)
    settings = replace(QUICK, size=(1024, 1024), finish=False, heat_size=0, bicubic=False)  # as Cycles filters
    ours = bake_geometry(trial.geometry, trial.painted(), settings).maps[0]
    theirs = cycles_bake.bake_view(trial.objects[0], trial.views[0], trial.pictures[0], 1024)
    both = ours.painted_mask & (theirs[..., 3] > 0)
    off = np.abs(ours.rgba[..., :3].astype(int) - theirs[..., :3])[both].max(axis=-1)
    assert both.sum() > 50_000
    assert (off <= 2).mean() >= 0.99, f"{(off <= 2).mean():.4f} within 2/255"


def test_a_hidden_surface_gets_nothing_from_a_view() -> None:
    scenes.empty_file()
    bpy.ops.mesh.primitive_plane_add(size=2, location=(0, 0, 0))
    behind = bpy.context.object
    bpy.ops.mesh.primitive_plane_add(size=1, location=(0, 0, 0.05))
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [behind])
    assert len(geometry.occluders) == 1
    lens = view_sets.Lens((256, 256), orthographic=True)
    view = view_sets.fit_view((0, 0, 1), box_points(*geometry.bounds), lens)
    result = bake_geometry(
        geometry,
        [PaintedView(view, np.full((256, 256, 3), 255, np.uint8))],
        replace(QUICK, finish=False),
    )
    seen = result.maps[0].painted_mask
    assert not seen[132:380, 132:380].any(), "texels behind the small plane (a quarter of the map) are painted"
    assert seen[20:100, 20:492].all()


def test_every_size_is_the_same_in_strips() -> None:
    trial = measure.paint("tori", pixels=128, view_count=2)
    settings = replace(QUICK, size=(128, 128), finish=False)
    whole = bake_geometry(trial.geometry, trial.painted(), settings)
    cut = bake_geometry(trial.geometry, trial.painted(), replace(settings, strip_texels=128 * 37))
    for one, other in zip(whole.maps, cut.maps, strict=True):
        differ = np.abs(one.rgba.astype(int) - other.rgba).max(axis=-1) > 1
        assert differ.mean() < 1e-3


def test_weights_of_views_sum_to_one_where_anything_is_seen() -> None:
    trial = measure.paint("sphere", pixels=128, view_count=4)
    weights = bake_geometry(trial.geometry, trial.painted(), replace(QUICK, size=(128, 128))).maps[0].weights
    total = weights.sum(axis=0)
    assert weights.shape == (4, 128, 128)
    assert np.allclose(total[total > 0], 1, atol=1e-5)


def test_an_orthographic_view_brings_the_truth_back() -> None:
    trial = measure.paint("suzanne", pixels=512, view_count=4, orthographic=True)
    result = bake_geometry(trial.geometry, trial.painted(), QUICK)
    report = measure.compare("suzanne", trial, result, measure.truth_maps(trial, 512))
    assert report.psnr >= 35, report.line()


def test_greedy_views_see_more_of_the_rings_than_as_many_in_a_ring() -> None:
    trial = measure.paint("tori", pixels=64, view_count=1)
    points = trial.geometry.outline_points()
    lens = view_sets.Lens((256, 256))
    candidates = view_sets.hemisphere(points, lens, 16, -90.0)
    quality = measure_view_quality(trial.geometry, candidates)
    chosen = view_sets.select_views(quality, 4)
    ring = measure_view_quality(trial.geometry, view_sets.ring(points, lens, 4, 0.0))
    assert len(chosen) == 4
    assert (quality[chosen].max(axis=0) > 0).mean() > (ring.max(axis=0) > 0).mean()
    assert quality.max() <= 1


def test_masked_pixels_are_not_used() -> None:
    trial = measure.paint("sphere", pixels=128, view_count=1)
    mask = np.full((128, 128), 255, np.uint8)
    mask[:, :64] = 0
    spoilt = trial.pictures[0].copy()
    spoilt[:, :64] = (255, 0, 255)
    settings = replace(QUICK, size=(256, 256), finish=False)
    baked = bake_geometry(trial.geometry, [replace(trial.painted([spoilt])[0], mask=mask)], settings).maps[0]
    magenta = (baked.rgba[..., :3] == (255, 0, 255)).all(axis=-1) & baked.painted_mask
    assert baked.painted_mask.any()
    assert not magenta.any()


def test_exposures_are_brought_together() -> None:
    trial = measure.paint("sphere", pixels=256, view_count=4)
    gains = (0.85, 1.1, 0.95, 1.1)
    changed = [np.clip(p * g, 0, 255).astype(np.uint8) for p, g in zip(trial.pictures, gains, strict=True)]
    settings = replace(QUICK, size=(256, 256))
    truths = measure.truth_maps(trial, 256)
    plain = measure.compare("sphere", trial, bake_geometry(trial.geometry, trial.painted(changed), settings), truths)
    matched = bake_geometry(trial.geometry, trial.painted(changed), replace(settings, match_colours=True))
    assert measure.compare("sphere", trial, matched, truths).psnr > plain.psnr + 3


def test_finished_maps_are_opaque_and_keep_what_was_seen() -> None:
    trial = measure.paint("cup", pixels=256, view_count=4)
    finished = bake_geometry(trial.geometry, trial.painted(), replace(QUICK, size=(256, 256))).maps[0]
    assert (finished.rgba[..., 3] == 255).all()
    assert 0.3 < finished.coverage < 1
    assert finished.rgba[~finished.painted_mask][:, :3].max() > 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (replace(QUICK, size=(8, 8)), "edges go from"),
        (replace(QUICK, size=(16384, 512)), "edges go from"),
    ],
)
def test_sizes_out_of_range_are_refused(settings: BakeSettings, words: str) -> None:
    trial = measure.paint("sphere", pixels=64, view_count=1)
    with pytest.raises(InputError, match=words):
        bake_geometry(trial.geometry, trial.painted(), settings)


def test_a_bake_without_views_is_refused() -> None:
    trial = measure.paint("sphere", pixels=64, view_count=1)
    with pytest.raises(InputError, match="no view"):
        bake_geometry(trial.geometry, [], QUICK)


def test_a_stretched_picture_is_refused() -> None:
    trial = measure.paint("sphere", pixels=64, view_count=1)
    wide = np.zeros((64, 96, 3), np.uint8)
    with pytest.raises(InputError, match="shape"):
        bake_geometry(trial.geometry, trial.painted([wide]), QUICK)
