# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyframes of the animation as views: each bakes onto its own pose; what cannot be projected is refused unpaid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture import job, rebake
from nano_banana_addon.features.texture.plan import prepare
from nano_banana_addon.features.texture.views import frame_coverage
from nano_banana_addon.session import session
from tests.support.metrics import psnr

from .conftest import TruthPainter, choose_texture_settings, pixels_of, promise_truth, true_map
from .test_single import posts

SIZE = 256


@pytest.fixture
def moving(sculpture: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """The sculpture turns and goes past a camera that stands still: front at 1, back at 20."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 20
    scene.render.resolution_x = scene.render.resolution_y = 512
    camera = bpy.data.objects.new("Still", bpy.data.cameras.new("Still"))
    camera.location, camera.rotation_euler = (0, -6, 0), (np.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    for frame, x, turn in ((1, -0.8, 0.0), (20, 0.8, np.pi)):
        sculpture.location.x, sculpture.rotation_euler.z = x, turn
        sculpture.keyframe_insert("location", frame=frame)
        sculpture.keyframe_insert("rotation_euler", frame=frame)
    scene.frame_set(1)
    scene.nano_banana.texturing.keyframes = "1, 20"
    yield sculpture
    scene.frame_set(1)


def plan_keyframes(keyframes: str = "1, 20", **wanted: object) -> object:
    texture = choose_texture_settings(views="KEYFRAMES", keyframes=keyframes, **wanted)
    return prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), texture)


def generate(truthful: TruthPainter, folder: Path) -> job.TextureResult:
    plan = plan_keyframes()
    scene = bpy.context.scene
    camera = scene.camera
    for request in plan.order.requests:
        scene.frame_set(request.capture.view.frame_number)
        promise_truth(truthful, request, folder)
    scene.camera = camera
    scene.frame_set(1)
    return job.run(plan, lambda _: None)


def test_each_keyframe_lands_on_its_own_pose(moving: bpy.types.Object, truthful: TruthPainter, tmp_path: Path) -> None:
    result = generate(truthful, tmp_path)
    truth = true_map(moving, SIZE)
    (texture,) = result.report.textures
    assert texture.coverage > 0.4  # of one side alone, half of that is seen
    assert [drift.name for drift in result.report.drifts] == ["Frame 1", "Frame 20"]
    inside = truth[..., 3] > 0
    assert psnr(pixels_of(texture.files[0]), truth[..., :3], inside) > 20


def test_it_is_baked_again_where_it_stood(moving: bpy.types.Object, truthful: TruthPainter, tmp_path: Path) -> None:
    """At another frame, and after the whole object was moved."""
    result = generate(truthful, tmp_path)
    before = pixels_of(result.report.textures[0].files[0]).astype(int)
    bpy.context.scene.frame_set(13)
    moving.hide_set(True)
    (again,) = rebake.reproject(moving, SIZE).textures
    moving.hide_set(False)
    assert np.abs(pixels_of(again.files[0]).astype(int) - before).max() <= 1
    moving.delta_location = (0.0, 0.0, 2.0)
    bpy.context.view_layer.update()
    (again,) = rebake.reproject(moving, SIZE).textures
    assert np.abs(pixels_of(again.files[0]).astype(int) - before).mean() < 0.5


def test_a_keyframe_that_exists_already_costs_nothing(
    moving: bpy.types.Object, truthful: TruthPainter, server: Simulator, tmp_path: Path
) -> None:
    generate(truthful, tmp_path)
    count = posts(server)
    again = job.run(plan_keyframes(), lambda _: None)
    assert posts(server) == count
    assert len(again.reused) == 2
    bpy.context.scene.frame_set(7)
    (kept,) = session.current().store.many([again.generations[0].id])
    assert rebake.bake_result(kept).textures[0].coverage > 0.4


def test_a_static_camera_and_a_deforming_object_are_no_repetition(sculpture: bpy.types.Object) -> None:
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Still", bpy.data.cameras.new("Still"))
    camera.location, camera.rotation_euler = (0, -6, 0), (np.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    sculpture.shape_key_add(name="Rest")
    wide = sculpture.shape_key_add(name="Wide")
    for point in wide.data:
        point.co.x *= 1.5
    for frame, value in ((1, 0.0), (20, 1.0)):
        wide.value = value
        wide.keyframe_insert("value", frame=frame)
    first, second = plan_keyframes().order.requests
    assert first.references[-1].sha256 != second.references[-1].path
    assert {request.texture.keyframes for request in (first, second)} == {True}


def refuse(keyframes: str, **wanted: object) -> str:
    with pytest.raises(InputError) as error:
        plan_keyframes(keyframes, **wanted)
    return error.value.to_sentence()


@pytest.mark.parametrize(
    ("keyframes", "told"),
    [
        ("", "No keyframe is chosen"),
        ("1, two", '"two" is not a frame'),
        ("1, 99999999999999", "is not a frame"),
        ("1, 21", "Frame 21 is not in the scene's range, 1 to 20"),
        ("-3", "Frame -3 is not in"),
        (", ".join(map(str, range(1, 19))), "18 keyframes were chosen; there can be 16"),
    ],
)
def test_frames_that_cannot_be(moving: bpy.types.Object, server: Simulator, keyframes: str, told: str) -> None:
    assert told in refuse(keyframes)
    assert posts(server) == 0


def test_a_scene_that_cannot_be(moving: bpy.types.Object, server: Simulator) -> None:
    scene = bpy.context.scene
    assert "mode Single" in refuse("1", mode="SHEET")
    moving.animation_data_clear()
    assert "neither the camera nor an object moves" in refuse("1, 20")
    scene.camera.rotation_euler.x = -np.pi / 2
    assert "Frame 1 would see nothing of" in refuse("1")
    scene.camera.data.type = "PANO"
    assert "panoramic" in refuse("1")
    scene.camera = None
    assert "no camera at frame 1" in refuse("1")
    moving.hide_render = True
    scene.camera = bpy.data.objects["Still"]
    scene.camera.data.type = "PERSP"
    with pytest.raises(InputError, match="are hidden"):
        plan_keyframes("1")
    assert posts(server) == 0


def test_an_object_that_appears_later(moving: bpy.types.Object, server: Simulator) -> None:
    bpy.ops.mesh.primitive_cube_add(size=0.6, location=(0, -1, 1))
    late = bpy.context.object
    moving.select_set(True)
    for frame, hidden in ((1, True), (10, False)):
        late.hide_render = late.hide_viewport = hidden
        late.keyframe_insert("hide_render", frame=frame)
        late.keyframe_insert("hide_viewport", frame=frame)
    bpy.context.scene.frame_set(15)
    late.select_set(True)
    assert f"{late.name}: hidden at every keyframe" in refuse("1, 5")
    first, second = plan_keyframes("1, 20").order.requests
    assert [len(request.texture.targets) for request in (first, second)] == [1, 2]
    late.data.uv_layers.remove(late.data.uv_layers[0])
    assert "no UV map" in refuse("1, 20")
    assert posts(server) == 0


def test_what_is_told_of_all_frames(moving: bpy.types.Object, server: Simulator) -> None:
    settings = scene_settings.settings_of(bpy.context.scene)

    def measure(keyframes: str) -> frame_coverage.FrameCoverage:
        texture = choose_texture_settings(views="KEYFRAMES", keyframes=keyframes)
        return run_all(frame_coverage.measure_steps(bpy.context, settings, texture))

    one, both = measure("1"), measure("1, 20")
    assert 0.3 < one.share < both.share <= 1
    assert one.worst[0] > 10
    assert one.best is not None
    assert "1 keyframe sees" in one.describe()
    assert posts(server) == 0
    moving.hide_render = True
    with pytest.raises(InputError, match="No frame of the animation shows"):
        measure("1")


def test_the_buttons(moving: bpy.types.Object, server: Simulator) -> None:
    texturing = bpy.context.scene.nano_banana.texturing
    texturing.keyframes = "1"
    assert bpy.ops.nano_banana.keyframe_coverage() == {"FINISHED"}
    assert texturing.has_next_keyframe
    assert bpy.ops.nano_banana.keyframe_add(frame=texturing.next_keyframe) == {"FINISHED"}
    assert texturing.keyframes == f"1, {texturing.next_keyframe}"
    with pytest.raises(RuntimeError, match="not in the scene's range"):
        bpy.ops.nano_banana.keyframe_add(frame=500)
    texturing.views = "KEYFRAMES"
    with pytest.raises(RuntimeError, match="scene's camera"):
        bpy.ops.nano_banana.texture_show_views()
    assert posts(server) == 0


def test_the_command_tells_coverage_and_price(
    moving: bpy.types.Object, server: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.jsonl"
    words = ["texture", "--keyframes", "1,20", "--dry-run", "--prompt", "clay", "--size", "512"]
    words += ["--model", "gemini-3.1-flash-image", "--base-url", server.base_url, "--json", str(target)]
    assert cli.main(words) == 0
    assert [json.loads(line)["state"] for line in target.read_text().splitlines()] == ["DRY_RUN"] * 2
    assert "2 keyframes see" in "".join(capsys.readouterr())
    assert posts(server) == 0
