# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of shots: made from markers, cameras and frames, ordered, and known again by an id that stays."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.styles.styles import compose_style
from nano_banana_addon.features.storyboard import orders, shot_list, shots
from nano_banana_addon.features.storyboard.board import find_board, find_shot_strip
from nano_banana_addon.session import session


@pytest.fixture
def two(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Markers "Wide" at frame 1 and "Close" at 60, each with a camera of its own."""
    second = scene.camera.copy()
    second.data = second.data.copy()
    second.name, second.location.x = "Second", 0.5
    scene.collection.objects.link(second)
    for name, frame, camera in (("Wide", 1, scene.camera), ("Close", 60, second)):
        scene.timeline_markers.new(name, frame=frame).camera = camera
    scene.frame_end = 90
    return scene


def names(scene: bpy.types.Scene) -> list[str]:
    return [shot.name for shot in shots.list_shots(scene)]


def entries(scene: bpy.types.Scene):
    return scene.nano_banana.storyboard.shots


def test_markers_are_the_shots_until_a_list_is_made_of_them(two: bpy.types.Scene) -> None:
    before = shots.list_shots(two)
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    after = shots.list_shots(two)
    assert [(s.name, s.start, s.length, s.camera) for s in before] == [
        ("Wide", 1, 59, "Camera"),
        ("Close", 60, 31, "Second"),
    ]
    assert [(s.name, s.start, s.length, s.camera) for s in after] == [
        (s.name, s.start, s.length, s.camera) for s in before
    ]
    assert all(s.id for s in after)
    assert {s.id for s in before} == {""}


def test_an_update_keeps_texts_and_ids_when_markers_are_moved_renamed_and_added(two: bpy.types.Scene) -> None:
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    ids = [entry.shot_id for entry in entries(two)]
    entries(two)[0].dialogue, entries(two)[1].prompt = "Who is there?", "rain"
    two.timeline_markers["Wide"].frame = 5
    two.timeline_markers["Close"].name = "Closer"
    two.timeline_markers.new("Between", frame=30).camera = two.camera
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    assert [(e.name, e.frame) for e in entries(two)] == [("Wide", 5), ("Between", 30), ("Closer", 60)]
    assert [entries(two)[0].shot_id, entries(two)[2].shot_id] == ids
    assert (entries(two)[0].dialogue, entries(two)[2].prompt) == ("Who is there?", "rain")


def test_cameras_follow_one_another_and_every_nth_frame_has_the_camera_of_its_marker(two: bpy.types.Scene) -> None:
    bpy.ops.nano_banana.shots_update(origin="CAMERAS")
    assert [(e.name, e.frame, e.camera.name) for e in entries(two)] == [
        ("Camera", 1, "Camera"),
        ("Second", 49, "Second"),
    ]
    bpy.ops.nano_banana.shots_update(origin="CAMERAS")
    assert len(entries(two)) == 2
    entries(two).clear()
    bpy.ops.nano_banana.shots_update(origin="FRAMES", step=40)
    assert [(e.name, e.frame, e.camera.name) for e in entries(two)] == [
        ("Frame 1", 1, "Camera"),
        ("Frame 41", 41, "Camera"),
        ("Frame 81", 81, "Second"),
    ]
    two.view_layers[0].objects.active = None
    for each in two.objects:
        each.select_set(each.name == "Second")
    entries(two).clear()
    bpy.ops.nano_banana.shots_update(origin="SELECTED")
    assert names(two) == ["Second"]


def test_shots_are_added_duplicated_moved_and_removed_and_jumped_to(two: bpy.types.Scene) -> None:
    two.frame_set(20)
    bpy.ops.nano_banana.shot_add()
    assert names(two) == ["Wide", "Camera", "Close"], "the shots of the markers come along"
    active = shot_list.find_active(two)
    active.prompt, active.settings.seed, active.continuity.anchor = "fog", 7, "FULL"
    bpy.ops.nano_banana.shot_duplicate()
    copy = shot_list.find_active(two)
    assert (copy.prompt, copy.settings.seed, copy.continuity.anchor, copy.frame) == ("fog", 7, "FULL", 21)
    assert len({entry.shot_id for entry in entries(two)}) == 4
    bpy.ops.nano_banana.shot_move(step=1)
    assert names(two) == ["Wide", "Camera", "Close", "Camera"]
    bpy.ops.nano_banana.shot_remove()
    assert names(two) == ["Wide", "Camera", "Close"]
    bpy.ops.nano_banana.shot_jump(index=2)
    assert (two.frame_current, two.camera.name) == (60, "Second")


def test_a_shot_keeps_its_frame_when_it_is_renamed_and_moved(two: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.storyboard()
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    entry = entries(two)[1]
    kept = find_shot_strip(two, shots.list_shots(two)[1]).name
    entry.name, entry.frame, entry.length = "Renamed", 200, 12
    found = find_shot_strip(two, shots.list_shots(two)[1])
    assert found.name == kept
    assert compat.strip_span(found) == (200, 212)
    assert find_board(two).frame_end == 211
    bpy.ops.nano_banana.storyboard_shot(index=1)
    (request,) = [g.request for g in session.current().store.page(_query(), 0, 1)]
    assert (request.shot, request.shot_id) == ("Renamed", entry.shot_id)
    assert find_shot_strip(two, shots.list_shots(two)[1]).channel == 2


def test_a_shots_own_prompt_and_settings_are_sent_and_only_its(two: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    entry = entries(two)[1]
    entry.prompt, entry.settings.seed = "a red door", 41
    requests = orders.prepare(bpy.context, _settings()).requests
    assert [request.seed for request in requests] == [None, 41]
    assert ["a red door" in request.prompt for request in requests] == [False, True]
    assert all("a neon alley" in request.prompt for request in requests)
    entry.settings.property_unset("seed")
    assert orders.prepare(bpy.context, _settings()).requests[1].seed is None


def test_a_shot_has_a_style_of_its_own(two: bpy.types.Scene) -> None:
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    two.nano_banana.style = "NOIR"
    entries(two)[1].settings.style = "ANIME"
    noir, anime = (compose_style(style) for style in ("NOIR", "ANIME"))
    prompts = [request.prompt for request in orders.prepare(bpy.context, _settings()).requests]
    assert [noir[:40] in prompt for prompt in prompts] == [True, False]
    assert [anime[:40] in prompt for prompt in prompts] == [False, True]


def test_the_list_is_saved_with_the_file(two: bpy.types.Scene, tmp_path: Path) -> None:
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    entries(two)[1].settings.image_size, entries(two)[1].dialogue = "4K", "Привет, 世界"
    before = shots.list_shots(two)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shots.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shots.blend"))
    assert shots.list_shots(bpy.context.scene) == before
    assert before[1].overrides == {"image_size": "4K"}


def test_bad_input_gets_a_sentence(scene: bpy.types.Scene, two: bpy.types.Scene) -> None:
    for each in list(two.timeline_markers):
        each.camera = None
    with pytest.raises(RuntimeError, match="No timeline marker is bound"):
        bpy.ops.nano_banana.shots_update(origin="MARKERS")
    with pytest.raises(RuntimeError, match="No shot is active"):
        bpy.ops.nano_banana.shot_remove()
    two.frame_end = 100_000
    with pytest.raises(RuntimeError, match="100000 shots"):
        bpy.ops.nano_banana.shots_update(origin="FRAMES", step=1)
    bpy.ops.nano_banana.shots_update(origin="CAMERAS")
    bpy.data.objects.remove(bpy.data.objects["Second"])
    with pytest.raises(RuntimeError, match="The camera of the shot Second was deleted"):
        bpy.ops.nano_banana.storyboard()
    with pytest.raises(RuntimeError, match="was deleted"):
        bpy.ops.nano_banana.shot_jump(index=1)
    for each in list(bpy.data.cameras):
        bpy.data.cameras.remove(each)
    with pytest.raises(RuntimeError, match="has no camera"):
        bpy.ops.nano_banana.shot_add()


@pytest.mark.parametrize("name", ["a/b\\c:d", "..", "x" * 300, "", "ü\n\t世界"])
def test_any_name_of_a_shot_is_generated(two: bpy.types.Scene, server: Simulator, name: str) -> None:
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    entries(two)[0].name = name
    bpy.ops.nano_banana.storyboard()
    found = find_shot_strip(two, shots.list_shots(two)[0])
    assert Path(bpy.path.abspath(found.directory + found.elements[0].filename)).is_file()


def _query():
    from nano_banana_addon.storage.database.query import HistoryQuery

    return HistoryQuery()


def _settings():
    from nano_banana_addon.features.generation import scene_settings

    return scene_settings.settings_of(bpy.context.scene)
