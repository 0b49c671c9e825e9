# SPDX-License-Identifier: GPL-3.0-or-later
"""Views whose content the model moved smoothly: aligned to each other in every mode, and to what is there already."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture import add_detail, add_view, job
from nano_banana_addon.features.texture.maps import layers
from nano_banana_addon.features.texture.maps.align import align_views_steps
from nano_banana_addon.features.texture.maps.aligned_views import read_objects_steps
from nano_banana_addon.features.texture.plan import TexturePlan, prepare
from tests.oracle import warps

from ..conftest import choose_texture_settings, pixels_of
from ..test_single import quiet
from .conftest import (
    APART,
    COUNT,
    EDGE,
    KNOWN,
    KNOWN_POSES,
    LEFT,
    SIZE,
    Pixels,
    WavePainter,
    align,
    measure,
    measure_alone,
    wave,
)

Waved = Callable[..., TexturePlan]


def test_in_a_sequence_each_view_comes_to_lie_on_the_surface_so_far_which_stays(
    waved: Waved, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps: dict[layers.Layers, list[Pixels]] = {}
    add = layers.Layers.add

    def watch(self: layers.Layers, painted: PaintedView) -> None:
        add(self, painted)
        maps.setdefault(self, []).append(self.maps[0].copy())

    with monkeypatch.context() as watched:
        watched.setattr(layers.Layers, "add", watch)
        done = job.run(waved(mode="SEQUENTIAL"), quiet)
    alone, in_turn = measure_alone(done.generations), measure(align(done.generations))
    assert in_turn[0] == alone[0], "the first view has moved"
    assert all(now <= LEFT * before for now, before in zip(in_turn[1:], alone[1:], strict=True)), (alone, in_turn)
    shown, baked = sorted(maps.values(), key=len)  # each view is added once to either: that costs what baking it does
    assert [len(shown), len(baked)] == [COUNT - 1, COUNT]
    for before, after in zip(shown, baked, strict=False):
        assert (before == after).all(), "the texture has not what the next view was shown"
    final = pixels_of(done.report.textures[0].files[0])
    for stage in baked:
        painted = stage[..., 3] > 0
        assert (final[painted] == stage[painted][:, :3]).all(), "generated texels have changed"


def test_keyframes_are_aligned_to_each_other_where_they_see_one_surface_in_other_poses(
    waved: Waved, sculpture: bpy.types.Object, truthful: WavePainter
) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end, scene.camera = 1, COUNT, bpy.data.objects["From 0"]
    for frame in range(1, COUNT + 1):
        sculpture.location.x, sculpture.rotation_euler.z, sculpture.scale.z = (
            0.1 * frame,
            -frame * APART,
            1 + 0.06 * frame,
        )
        for path in ("location", "rotation_euler", "scale"):
            sculpture.keyframe_insert(path, frame=frame)
    scene.frame_set(1)
    settings = scene_settings.settings_of(scene)
    frames = ", ".join(str(frame) for frame in range(1, COUNT + 1))
    texture = choose_texture_settings(views="KEYFRAMES", keyframes=frames, guides=("CLAY",), texture_size=EDGE)
    plan = prepare(bpy.context, settings, texture)
    wave(sculpture, [request.texture.shown[0].view for request in plan.order.requests], KNOWN_POSES)
    scene.camera = bpy.data.objects["From 0"]
    truthful.known = KNOWN_POSES
    truthful.expect(plan, {})
    generations = job.run(plan, quiet).generations
    alone, together = measure_alone(generations, KNOWN_POSES), measure(align(generations), KNOWN_POSES)
    assert np.median(together) <= LEFT * np.median(alone), (alone, together)


def test_a_view_that_is_added_comes_to_lie_on_the_texture_as_it_is(waved: Waved, truthful: WavePainter) -> None:
    waved()
    truths = {number: truth for number, (truth, _) in enumerate(KNOWN)}
    job.run(waved(truths), quiet)
    texture = choose_texture_settings(cameras=("From 1",), guides=("CLAY",))
    plan = add_view.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)
    look = np.load(plan.order.requests[0].references[-1].path)[..., :3]
    truthful.expect(plan, {0: warps.wave_picture(look, 1)})
    (generation,) = job.run(plan, quiet).generations
    moved, geometry = KNOWN[1][1], run_all(read_objects_steps((generation,))).geometry
    (alone,), (view,) = run_all(align_views_steps(geometry, generation)), align((generation,))
    left = [moved.measure(each.image, followed=True) for each in (alone, view)]
    assert left[1] <= LEFT * left[0], left


def test_tiles_for_detail_show_the_views_as_they_are_baked(waved: Waved) -> None:
    generations = job.run(waved(), quiet).generations
    texture = choose_texture_settings(guides=("CLAY",), detail_tiles=1)
    plan = add_detail.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)
    assert len(plan.order.requests) == COUNT
    for request, view in zip(plan.order.requests, align(generations), strict=True):
        (alone,) = align((next(g for g in generations if g.id == view.drift.generation),))
        tile = np.load(request.references[-1].path)[..., :3].astype(int)
        size, box = tile.shape[1::-1], np.array(request.texture.shown[0].detail.box) * (*SIZE, *SIZE)
        pictures = [Image.fromarray(each.painted_view.picture) for each in (view, alone)]
        cuts = [np.asarray(each.resize(size, Image.Resampling.LANCZOS, tuple(box))) for each in pictures]
        baked, other = (float(np.abs(cut - tile).mean()) for cut in cuts)
        assert baked < 0.3 * other, (baked, other)


def test_a_wrong_view_moves_none(waved: Waved) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (*SIZE, 3), np.uint8)
    generations = job.run(waved({1: noise}, mode="SEQUENTIAL"), quiet).generations
    views = align(generations)
    assert [view.drift.left_out for view in views] == [False, True, False]
    without = align((generations[0], generations[2]))
    for view, other in zip((views[0], views[2]), without, strict=True):
        assert (view.painted_view.picture == other.painted_view.picture).all()


def test_a_view_of_something_else_moves_none(waved: Waved) -> None:
    """Its outline is right; what it shows on the surface are other colours."""
    waved()
    truth, picture = KNOWN[1][0], KNOWN[1][1].picture
    on = np.abs(truth.astype(int) - truth[0, 0]).max(axis=2, keepdims=True) > 3
    generations = job.run(waved({1: np.where(on, picture[::-1, ::-1], picture)}), quiet).generations
    with_it, without = (measure(align(chosen)) for chosen in (generations, (generations[0], generations[2])))
    assert with_it[0] <= without[0] * 1.1
    assert with_it[-1] <= without[-1] * 1.1
