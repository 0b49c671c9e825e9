# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard: one frame for each marker with a camera, in a scene of its own, each shown the one before."""

from __future__ import annotations

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import compat


@pytest.fixture
def shots(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Three markers at frames 1, 25 and 60; the one in the middle has no camera."""
    second = scene.camera.copy()
    second.location.x = 0.5
    scene.collection.objects.link(second)
    for name, frame, camera in (
        ("Wide", 1, scene.camera),
        ("Note", 25, None),
        ("Close", 60, second),
    ):
        scene.timeline_markers.new(name, frame=frame).camera = camera
    scene.frame_end = 90
    scene.frame_set(10)
    return scene


def placed_in(scene: bpy.types.Scene) -> list[tuple[str, int, int]]:
    placed = [(strip.name, *compat.strip_span(strip)) for strip in scene.sequence_editor.strips]
    return sorted(placed, key=lambda name_and_span: name_and_span[1])


def test_strips_stand_where_the_markers_are_in_a_scene_of_their_own(shots: bpy.types.Scene, server: Simulator) -> None:
    camera = shots.camera
    assert bpy.ops.nano_banana.storyboard() == {"FINISHED"}
    boards = [s for s in bpy.data.scenes if s is not shots]
    assert len(boards) == 1
    assert placed_in(boards[0]) == [("Wide", 1, 60), ("Close", 60, 91)]
    assert shots.sequence_editor is None or not len(shots.sequence_editor.strips)
    assert (shots.frame_current, shots.camera) == (10, camera)


def test_each_shot_is_shown_the_one_before(shots: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.storyboard(again=True)  # the test before asked for the same
    first, second = (r for r in server.requests if r.method == "POST")
    pictures = [str(r.json["contents"]).count("sha256:") for r in (first, second)]
    assert pictures == [1, 2]
    assert "came before this one" in str(second.json["contents"])


def test_without_bound_markers_it_says_how_to_bind_them(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="Bind Camera to Markers"):
        bpy.ops.nano_banana.storyboard()
