# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that do not show the object as they should are left out, told, and used only if the artist wants them."""

from __future__ import annotations

import json
from collections.abc import Callable

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features.texture import rebake
from nano_banana_addon.features.texture.job import run
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.plan import TexturePlan
from tests.support.metrics import psnr

from .conftest import pixels_of, true_map
from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]


def noise(picture: np.ndarray) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, picture.shape, np.uint8)


def test_wrong_views_are_left_out_until_the_artist_wants_one(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    def change(picture: np.ndarray, index: int) -> np.ndarray:
        wrong = {1: noise, 2: np.rot90, 3: lambda p: p[::-1]}
        return np.ascontiguousarray(wrong[index](picture)) if index in wrong else picture

    report = run(promised(change, count=5, guides=("CLAY",), texture_size=128), quiet).report
    assert [drift.left_out for drift in report.drifts] == [False, True, True, True, False]
    assert any("Use It All the Same" in note for note in report.notes)
    expected = true_map(sculpture, 128)
    seen = report.textures[0].coverage
    asked = posts(server)
    bpy.ops.nano_banana.texture_use_view(index=1)
    views = texture_info.views_of(texture_info.group_of(sculpture))
    assert [view["forced"] for view in views] == [False, True, False, False, False]
    assert texture_info.coverage_of(texture_info.group_of(sculpture)) > seen
    again = rebake.reproject(sculpture)
    assert [drift.left_out for drift in again.drifts] == [False, False, True, True, False], "the choice is kept"
    assert posts(server) == asked
    assert psnr(pixels_of(report.textures[0].files[0]), expected[..., :3], expected[..., 3] > 0) > 14


def test_when_all_views_are_wrong_nothing_is_baked_unless_it_is_wanted(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    done = run(promised(lambda picture, _index: noise(picture), count=2, texture_size=64), quiet)
    assert done.report is None
    assert isinstance(done.problem, InputError)
    assert "None of the images shows the object" in done.problem.to_sentence()
    report = rebake.bake_result(done.generations[0], use_all=True)
    assert json.dumps([drift.forced for drift in report.drifts]) == "[true, true]"


def test_inverted_faces_are_told_before_paying_and_can_be_textured(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    mesh = sculpture.data
    for polygon in mesh.polygons:
        if polygon.center.x > 0:
            polygon.flip()
    mesh.update()
    notes = promised(count=4).order.notes
    assert any("turned inside out" in note and "Recalculate Outside" in note for note in notes)
    assert promised(count=4, both_sides=True).order.notes == ()
    mesh.flip_normals()
    for polygon in mesh.polygons:
        if polygon.center.x <= 0:
            continue
        polygon.flip()
    mesh.update()
    with pytest.raises(InputError, match="inside out"):
        promised(count=4)
    assert posts(server) == 0
    both = run(promised(count=4, both_sides=True, texture_size=64), quiet).report
    assert both.textures[0].coverage > 0.6
