# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly the shots that see a change are stale, and only they are generated again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.storyboard import shots, stale
from nano_banana_addon.session import session

Change = Callable[[], object]


@pytest.fixture
def stage(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Two cubes far apart, a camera before each, one before both; the right cube has a material."""
    left = bpy.data.objects["Cube"]
    left.name, left.location.x = "Left", -10.0
    right = left.copy()
    right.data, right.name, right.location.x = left.data.copy(), "Right", 10.0
    scene.collection.objects.link(right)
    material = bpy.data.materials.new("Paint")
    right.data.materials.append(material)
    both = scene.camera
    both.location = (0.0, -40.0, 0.0)
    for name, x in (("Left", -10.0), ("Right", 10.0)):
        camera = bpy.data.objects.new(f"{name} Camera", both.data.copy())
        camera.location, camera.rotation_euler = (x, -4.0, 0.0), both.rotation_euler
        scene.collection.objects.link(camera)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    scene.collection.objects.link(lamp)
    for frame, name, camera in ((1, "Both", "Camera"), (20, "Left", "Left Camera"), (40, "Right", "Right Camera")):
        scene.timeline_markers.new(name, frame=frame).camera = bpy.data.objects[camera]
    scene.frame_end = 60
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    return scene


def names_of_stale(scene: bpy.types.Scene) -> set[str]:
    bpy.ops.nano_banana.storyboard_check()
    return {shot.name for shot in stale.list_due(scene)}


def move(name: str) -> Change:
    def change() -> None:
        bpy.data.objects[name].location.z += 0.1

    return change


def raise_a_vertex() -> None:
    bpy.data.objects["Left"].data.vertices[0].co.z += 0.05


def animate_right() -> None:
    item = bpy.data.objects["Right"]
    item.keyframe_insert("location", frame=1)
    item.location.z = 0.3
    item.keyframe_insert("location", frame=40)
    bpy.context.scene.frame_set(1)


def add_behind_all() -> None:
    item = bpy.data.objects["Left"].copy()
    item.location = (0.0, -200.0, 0.0)
    bpy.context.scene.collection.objects.link(item)


def set_paint() -> None:
    bpy.data.materials["Paint"].diffuse_color = (1.0, 0.0, 0.0, 1.0)


def set_lamp() -> None:
    bpy.data.lights["Lamp"].energy = 55.0


def rename() -> None:
    bpy.data.objects["Right"].name = "Renamed"
    bpy.context.scene.nano_banana.storyboard.shots[2].name = "Third"


def prompt_second() -> None:
    bpy.context.scene.nano_banana.storyboard.shots[1].prompt = "with a hat"


def set_lens() -> None:
    bpy.data.objects["Right Camera"].data.lens += 5


ALL = {"Both", "Left", "Right"}
CHANGES: dict[str, tuple[Change, set[str]]] = {
    "nothing": (lambda: None, set()),
    "selection": (lambda: bpy.data.objects["Left"].select_set(False), set()),
    "one character": (move("Left"), {"Both", "Left"}),
    "the other character": (move("Right"), {"Both", "Right"}),
    "a vertex": (raise_a_vertex, {"Both", "Left"}),
    "a material": (set_paint, {"Both", "Right"}),
    "a lens": (set_lens, {"Right"}),
    "a camera": (move("Left Camera"), {"Left"}),
    "a light": (set_lamp, ALL),
    "something that no camera sees": (add_behind_all, set()),
    "names": (rename, set()),
    "a prompt": (prompt_second, {"Left"}),
    "an animation": (animate_right, {"Right"}),
    "the scene's prompt": (lambda: setattr(bpy.context.scene.nano_banana, "prompt", "dusk"), ALL),
}


@pytest.mark.parametrize("name", CHANGES)
def test_exactly_the_shots_that_see_a_change_are_stale(stage: bpy.types.Scene, server: Simulator, name: str) -> None:
    assert names_of_stale(stage) == ALL
    bpy.ops.nano_banana.storyboard()
    assert names_of_stale(stage) == set()
    change, expected = CHANGES[name]
    frame, camera = stage.frame_current, stage.camera
    change()
    stale_names = names_of_stale(stage)
    assert stale_names == expected
    assert (stage.frame_current, stage.camera) == (frame, camera)


def test_only_stale_shots_are_generated_and_paid(stage: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.storyboard()
    count = len(server.requests)
    move("Left")()
    bpy.context.view_layer.update()
    assert bpy.ops.nano_banana.storyboard_stale() == {"FINISHED"}
    sent = [r for r in server.requests[count:] if r.method == "POST"]
    assert len(sent) == 2
    assert names_of_stale(stage) == set()
    with pytest.raises(RuntimeError, match="All shots are up to date"):
        bpy.ops.nano_banana.storyboard_stale()


def test_nothing_is_stale_after_the_file_was_saved_and_opened(
    stage: bpy.types.Scene, server: Simulator, tmp_path: Path
) -> None:
    bpy.ops.nano_banana.storyboard()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "stage.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "stage.blend"))
    scene = bpy.data.scenes["Scene"]
    bpy.context.window.scene = scene
    keys = [shot.key for shot in shots.list_shots(scene)]
    assert [stale.find_status(scene, key).state for key in keys] == ["UNCHECKED"] * 3
    assert names_of_stale(scene) == set()
    first = stale.find_status(scene, keys[0])
    assert Path(first.thumbnail).is_file()
    assert first.dollars


def test_a_change_of_the_image_in_a_conversation_belongs_to_the_shot(stage: bpy.types.Scene, server: Simulator) -> None:
    from nano_banana_addon.features.conversation import continuation
    from nano_banana_addon.features.generation import request_builder

    stage.nano_banana.prompt = "what is changed afterwards"
    bpy.ops.nano_banana.storyboard()
    bpy.ops.nano_banana.storyboard_check()
    shot = shots.list_shots(stage)[1]
    first = stale.find_status(stage, shot.key)
    order = continuation.prepare(bpy.context, first.generation, {"prompt": "make it night"})
    (changed,) = request_builder.wait_and_deliver(request_builder.submit(order))
    before = session.current().store.get(first.generation).request
    assert (changed.request.shot_id, changed.request.seen) == (shot.id, before.seen)
    assert stale.find_status(stage, shot.key).generation == changed.id
    assert names_of_stale(stage) == set()


def test_what_is_odd_about_frames_is_said(stage: bpy.types.Scene) -> None:
    listed = stage.nano_banana.storyboard.shots
    listed[1].frame = 40
    listed[0].frame = 900
    stale.check(bpy.context, scene_settings.settings_of(stage))
    problems = " ".join(stale.get_problems(stage))
    assert "Left and Right begin at frame 40" in problems
    assert "Both is at frame 900, outside of the scene's 1 to 60" in problems


def test_the_command_line_generates_chosen_and_stale_shots(
    stage: bpy.types.Scene, server: Simulator, tmp_path: Path
) -> None:
    def run(*words: str) -> tuple[int, list[str]]:
        told = tmp_path / "out.jsonl"
        told.unlink(missing_ok=True)
        status = cli.main(["storyboard", *words, "--base-url", server.base_url, "--json", str(told)])
        lines = told.read_text().splitlines() if told.exists() else []
        return status, [json.loads(line).get("shot", "") for line in lines]

    stage.nano_banana.prompt = "from the command line"
    assert run("--shots", "Right", "1") == (0, ["Both", "Right"])
    assert run("--stale") == (0, ["Left"])
    assert run("--stale") == (0, [])
    move("Right")()
    assert run("--stale", "--shots", "Left") == (0, [])
    assert run("--stale") == (0, ["Both", "Right"])
    assert run("--shots", "Nobody")[0] == 1
