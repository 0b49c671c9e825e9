# SPDX-License-Identifier: GPL-3.0-or-later
"""Views that a server paints become the object's texture: in place, told, and able to be undone."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.features.texture.job import run
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.imaging.formats import xmp
from nano_banana_addon.session import panel_state
from tests.support.metrics import psnr

from .conftest import pixels_of, true_map

Promised = Callable[..., TexturePlan]


def quiet(_generation: object) -> None:
    """Progress that nobody looks at."""


def posts(server: Simulator) -> int:
    return len([r for r in server.requests if r.method == "POST"])


def shifted(picture: np.ndarray, index: int) -> np.ndarray:
    return np.roll(picture, (4 + index, -5), axis=(0, 1))


def test_shifted_views_of_the_truth_become_the_true_texture(sculpture: bpy.types.Object, promised: Promised) -> None:
    done = run(promised(shifted, count=4, guides=("CLAY",)), quiet)
    (made,) = done.report.textures
    expected = true_map(sculpture, 256)
    got = pixels_of(made.files[0])
    inside = expected[..., 3] > 0
    assert made.coverage > 0.6
    assert psnr(got, expected[..., :3], inside) > 22
    assert len(done.report.drifts) == 4
    for drift in done.report.drifts:
        assert drift.before == pytest.approx(np.hypot(4 + drift.index, 5), abs=1.0)
        assert drift.after < 1.0
    assert group_node(sculpture.active_material) is not None
    said = xmp.read(made.files[0])
    assert xmp.Origin.COMPOSITE.value in said, "the file says that a model had a part in it"
    assert sculpture.users_scene[0].nano_banana.prompt in said


def test_a_refused_view_is_told_and_the_others_are_baked(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    plan = promised(count=3, guides=("CLAY",), texture_size=64)
    server.script("refusal_image_safety", times=1)
    done = run(plan, quiet)
    assert len(done.report.drifts) == 2
    assert sum(g.state == "REFUSED" for g in done.generations) == 1


def test_when_all_views_are_refused_nothing_changes(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    material = sculpture.active_material
    plan = promised(count=2, texture_size=64)
    server.script("refusal_image_safety", times=2)
    done = run(plan, quiet)
    assert done.report is None
    assert "None of the views" in done.problem.to_sentence()
    assert sculpture.active_material == material
    assert group_node(material) is None


def test_the_first_view_goes_to_the_others_as_style_and_the_structure_goes_last(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    run(promised(count=2, guides=("CLAY", "DEPTH"), texture_size=64, anchor=True), quiet)
    first, second = [r.json["contents"] for r in server.requests if r.method == "POST"]
    assert [str(each).count("sha256:") for each in (first, second)] == [2, 3]
    assert "Image 2 is an unpainted view" in str(first)
    assert "Image 1 is a style reference" in str(second)
    assert "Image 3 is an unpainted view" in str(second)


def test_the_same_request_is_not_paid_twice(sculpture: bpy.types.Object, promised: Promised, server: Simulator) -> None:
    run(promised(count=2, texture_size=64), quiet)
    asked = posts(server)
    done = run(promised(count=2, texture_size=128), quiet)
    assert posts(server) == asked
    assert len(done.reused) == 2
    assert done.report.textures[0].coverage > 0.3


def test_a_view_that_does_not_show_the_shape_is_told(sculpture: bpy.types.Object, promised: Promised) -> None:
    def spoilt(picture: np.ndarray, index: int) -> np.ndarray:
        noise = np.random.default_rng(3).integers(0, 255, picture.shape, np.uint8)
        return noise if index == 1 else picture

    report = run(promised(spoilt, count=2, texture_size=64), quiet).report
    assert [drift.too_far for drift in report.drifts] == [False, True]
    assert any("Ring 2" in note and "Regenerate This View" in note for note in report.notes)
    assert panel_state.get_properties().notice_kind == "DRIFT"


def test_an_object_that_was_moved_meanwhile_gets_its_texture_where_it_belongs(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    expected = true_map(sculpture, 128)
    plan = promised(true=True, count=4, guides=("CLAY",), texture_size=128)
    sculpture.location = (3.0, -1.0, 0.5)
    sculpture.rotation_euler.z = 1.0
    bpy.context.view_layer.update()
    (made,) = run(plan, quiet).report.textures
    assert psnr(pixels_of(made.files[0]), expected[..., :3], expected[..., 3] > 0) > 20


def test_one_undo_takes_the_texture_off(sculpture: bpy.types.Object, promised: Promised) -> None:
    bpy.ops.ed.undo_push(message="before")
    name = sculpture.name
    run(promised(count=1, texture_size=64), quiet)
    assert group_node(bpy.data.objects[name].active_material) is not None
    bpy.ops.ed.undo()
    assert group_node(bpy.data.objects[name].active_material) is None


def test_two_objects_that_share_a_material_get_a_map_each(sculpture: bpy.types.Object, promised: Promised) -> None:
    other = sculpture.copy()
    other.data = sculpture.data.copy()
    other.location.x = 3
    bpy.context.scene.collection.objects.link(other)
    other.select_set(True)
    report = run(promised(count=2, texture_size=64), quiet).report
    assert [each.object for each in report.textures] == [sculpture.name, other.name]
    assert len({each.image for each in report.textures}) == 2
    assert len({name for each in report.textures for name in each.materials}) == 2


def test_names_of_images_and_files_are_never_taken_twice(sculpture: bpy.types.Object, promised: Promised) -> None:
    made = [run(promised(count=1, texture_size=64), quiet).report.textures[0] for _ in range(2)]
    assert len({each.image for each in made}) == 2
    assert len({each.files[0] for each in made}) == 2
