# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets and sequences: several views in one picture, and views that go on from what is painted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture.job import run
from nano_banana_addon.features.texture.maps import layers
from nano_banana_addon.features.texture.maps.align import crop
from nano_banana_addon.features.texture.plan import prepare
from tests.oracle import painter
from tests.support.metrics import psnr

from .conftest import TruthPainter, choose_texture_settings, pixels_of, true_map
from .test_single import posts, quiet


def planned(**wanted: Any) -> Any:
    settings = scene_settings.settings_of(bpy.context.scene)
    return prepare(bpy.context, settings, choose_texture_settings(**wanted))


def test_the_tiles_of_a_sheet_are_cut_where_they_were_laid_and_become_the_true_texture(
    sculpture: bpy.types.Object, truthful: TruthPainter, server: Simulator, tmp_path: Path
) -> None:
    bpy.context.scene.nano_banana.image_size = "1K"
    plan = planned(mode="SHEET", count=4, guides=("CLAY",))
    (request,) = plan.order.requests
    clay = np.load(request.references[-1].path)
    sheet = np.full_like(clay, 96)
    for shown in request.texture.shown:
        picture = painter.render(shown.view, shown.size, str(tmp_path), samples=2)
        assert crop(clay, shown.box).shape == picture.shape
        left, top = round(shown.box[0] * clay.shape[1]), round(shown.box[1] * clay.shape[0])
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    truthful.promise(request, np.roll(sheet, 3, axis=1))
    done = run(plan, quiet)
    assert posts(server) == 1
    assert [round(d.before) for d in done.report.drifts] == [3] * 4
    expected = true_map(sculpture, 256)
    assert psnr(pixels_of(done.report.textures[0].files[0]), expected[..., :3], expected[..., 3] > 0) > 20


def test_refined_views_replace_the_tiles(
    sculpture: bpy.types.Object, truthful: TruthPainter, server: Simulator
) -> None:
    done = run(planned(mode="SHEET", count=2, refine=True, guides=("CLAY",), texture_size=64), quiet)
    assert posts(server) == 3
    sheet, *views = done.generations
    assert {drift.generation for drift in done.report.drifts} == {view.id for view in views}
    assert sheet.id not in {drift.generation for drift in done.report.drifts}


def test_in_a_sequence_each_view_is_shown_what_is_painted_and_painted_texels_never_change(
    sculpture: bpy.types.Object,
    server: Simulator,
    truthful: TruthPainter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    colours = [(200, 40, 40), (40, 200, 40), (40, 40, 200)]

    def flat(job: Any) -> Image.Image:
        truthful.jobs.append(job)
        structure = Image.open(io.BytesIO(job.images[-1])).convert("L").resize((job.width, job.height))
        lined = np.asarray(structure)[..., None] / 255 * 0.2 + 0.8
        colour = np.array(colours[len(truthful.jobs) - 1])
        return Image.fromarray((lined * colour).astype(np.uint8))

    monkeypatch.setattr(type(truthful), "__call__", lambda _self, job: flat(job))
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    plain = layers.Layers.add

    def watched(self: Any, painted: Any) -> None:
        before = self.maps[0].copy()
        plain(self, painted)
        seen = before[..., 3] > 0
        kept.append((before[seen], self.maps[0][seen]))

    monkeypatch.setattr(layers.Layers, "add", watched)
    done = run(planned(mode="SEQUENTIAL", count=3, guides=("CLAY",), texture_size=128), quiet)
    assert len(done.report.drifts) == 3
    assert len(kept) >= 3
    assert any(len(before) for before, _ in kept)
    assert all((before == after).all() for before, after in kept)
    for job in truthful.jobs[1:]:
        shown = np.asarray(Image.open(io.BytesIO(job.images[-1])).convert("RGB")).astype(int)
        magenta = (np.abs(shown - (255, 0, 255)).max(axis=-1) < 3).mean()
        red = (shown[..., 0] - shown[..., 1] > 80).mean() - magenta
        assert magenta > 0.02, "nothing is left to be painted"
        assert red > 0.01, "what is painted is not shown"
    final = pixels_of(done.report.textures[0].files[0]).astype(int)
    assert ((final[..., 0] - final[..., 1]) > 60).mean() > 0.1, "the first view is not in the texture"
