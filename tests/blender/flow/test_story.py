# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's story, twelve shots with three characters in two places: what its shots see, and what is written of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from bpy_extras.object_utils import world_to_camera_view

from devtools.demo import story
from devtools.demo import storyboard as demo
from devtools.simulator.server import Simulator
from nano_banana_addon.features.storyboard import stale


@pytest.fixture
def film(server: Simulator) -> Iterator[bpy.types.Scene]:
    """The story with a frame for each shot."""
    scene = bpy.context.scene
    story.build(scene)
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    demo.set_up_shots(scene)
    choices = scene.nano_banana
    choices.prompt, choices.shading, choices.source = "ink", "SOLID", "CAMERA"
    choices.model, choices.image_size = "gemini-3.1-flash-image", "512"  # small images, drawn quickly
    bpy.ops.nano_banana.storyboard()
    return scene


def find_shots_that_see(scene: bpy.types.Scene, name: str) -> set[str]:
    """The shots in whose frame a vertex of a character lies: computed without the add-on."""
    found: set[str] = set()
    for marker in list(scene.timeline_markers):
        scene.frame_set(marker.frame)
        for part in bpy.data.objects[name].children_recursive:
            places = (world_to_camera_view(scene, marker.camera, part.matrix_world @ v.co) for v in part.data.vertices)
            if any(0 <= x <= 1 and 0 <= y <= 1 and depth > 0 for x, y, depth in places):
                found.add(marker.name)
                break
    scene.frame_set(1)
    return found


def list_stale(scene: bpy.types.Scene) -> set[str]:
    bpy.ops.nano_banana.storyboard_check()
    return {shot.name for shot in stale.list_due(scene)}


def test_moving_a_character_makes_exactly_the_shots_stale_that_see_it(film: bpy.types.Scene, tmp_path: Path) -> None:
    assert list_stale(film) == set()
    for figure in story.FIGURES:
        seen = find_shots_that_see(film, figure.name)
        assert 0 < len(seen) < len(story.SHOTS)
        bpy.data.objects[figure.name].delta_location.x += 0.01
        assert list_stale(film) == seen | find_shots_that_see(film, figure.name)
        bpy.data.objects[figure.name].delta_location.x -= 0.01
        assert list_stale(film) == set()
    files = demo.export(tmp_path)
    assert [file.suffix[1:].upper() for file in files if file.stat().st_size] == list(demo.FORMATS)
