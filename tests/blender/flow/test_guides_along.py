# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides go along with a capture: on its pixel grid, told in the text, looked at before, and refused with a reason."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.core.guides import Guide
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.features.generation import request_builder, restore_settings, scene_settings

from .conftest import latest

ALL = {guide.value for guide in Guide} - {"MASK"}


def requested(**choices: object) -> GenerationRequest:
    group = bpy.context.scene.nano_banana
    for name, value in choices.items():
        setattr(group, name, value)
    order = request_builder.prepare(
        bpy.context, scene_settings.settings_of(bpy.context.scene), reference_override=(), dry_run=True
    )
    return order.requests[0]


def pictures(request: GenerationRequest) -> dict[str, np.ndarray]:
    return {r.label.partition(":")[0].partition(" ")[0]: np.load(r.path) for r in request.references}


@pytest.mark.parametrize("source", ["CAMERA", "RENDER"])
def test_all_guides_lie_on_the_captures_pixels_and_the_capture_goes_last(scene: bpy.types.Scene, source: str) -> None:
    scene.world = None
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.display.shading.show_shadows = False
    request = requested(source=source, capture_guides=ALL, aspect_ratio="1:1", image_size="1K")
    assert [r.role for r in request.references] == ["GUIDE"] * 5 + ["STRUCTURE"]
    found = pictures(request)
    shape = found["plain"].shape
    assert {p.shape[:2] for p in found.values()} == {shape[:2]}
    ground = np.load(request.references[-1].path)[0, 0, :3].astype(int)
    capture = np.load(request.references[-1].path)[..., :3].astype(int)
    cube = np.abs(capture - ground).max(axis=-1) > 12
    assert 0.02 < cube.mean() < 0.6
    parts = found["parts"].max(axis=-1) > 127
    assert (cube != parts).mean() < 0.004, "the guide's cube is not where the picture's is"


def test_guides_are_sent_and_named_in_the_text(scene: bpy.types.Scene, server: Simulator) -> None:
    scene.nano_banana.capture_guides = {"DEPTH", "LINES"}
    assert bpy.ops.nano_banana.restyle() == {"FINISHED"}
    (post,) = [r for r in server.requests if r.method == "POST"]
    assert str(post.json["contents"]).count("sha256:") == 3
    assert "Image 1 is a guide (depth: near is white, far is dark)" in str(post.json["contents"])
    assert "Image 3 is a render of the 3D scene" in str(post.json["contents"])


def test_a_mask_that_was_painted_on_the_uv_map_shows_where_the_camera_sees_it(
    scene: bpy.types.Scene,
) -> None:
    bpy.ops.mesh.primitive_plane_add(size=1.0, location=(0, -1, 0), rotation=(1.5707963, 0, 0))
    plane = bpy.context.object
    bpy.ops.object.select_all(action="DESELECT")
    plane.select_set(True)
    mask = bpy.data.images.new("My Mask", 8, 8)
    half = np.zeros((8, 8, 4), np.float32)
    half[..., 3] = 1
    half[:, 4:, :3] = 1  # the right half of the UV map
    mask.pixels.foreach_set(half.reshape(-1))
    request = requested(capture_guides={"MASK"}, mask_image="My Mask", aspect_ratio="1:1")
    shown = np.load(request.references[0].path)[..., 0]
    middle = shown[shown.shape[0] // 2]
    white = np.flatnonzero(middle > 127)
    half_width = shown.shape[1] // 2
    assert len(white) > 20
    assert abs(white[0] - half_width) < 12, "the white half begins in the middle"
    assert (shown[:, : half_width - 12] < 128).all(), "the other half and the cube behind are black"
    assert "Image 1 is a guide (mask:" in request_builder.prompts.compose(request)


@pytest.mark.parametrize(
    ("mask", "selected", "words"),
    [
        ("", True, "has no image"),
        ("Nothing", True, "no image named Nothing"),
        ("M", False, "none is selected"),
    ],
)
def test_a_mask_that_cannot_be_drawn_is_refused_before_anything_is_sent(
    scene: bpy.types.Scene, server: Simulator, mask: str, selected: bool, words: str
) -> None:
    bpy.data.images.new("M", 8, 8)
    if not selected:
        bpy.ops.object.select_all(action="DESELECT")
    scene.nano_banana.capture_guides, scene.nano_banana.mask_image = {"MASK"}, mask
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.nano_banana.restyle()
    assert not [r for r in server.requests if r.method == "POST"]


def test_a_panoramic_camera_has_no_guides_and_says_so(scene: bpy.types.Scene) -> None:
    scene.render.engine = "CYCLES"
    scene.camera.data.type = "PANO"
    scene.nano_banana.capture_guides = {"CLAY"}
    with pytest.raises(RuntimeError, match="panoramic"):
        bpy.ops.nano_banana.show_guides()


def test_only_selected_objects_are_in_the_guides_of_such_a_capture(scene: bpy.types.Scene) -> None:
    cube = bpy.context.object
    bpy.ops.mesh.primitive_plane_add(size=20, location=(0, 5, 0), rotation=(1.5707963, 0, 0))
    bpy.ops.object.select_all(action="DESELECT")
    cube.select_set(True)
    whole = pictures(requested(capture_guides={"IDENTITY"}))["parts"]
    alone = pictures(requested(capture_guides={"IDENTITY"}, only_selected=True))["parts"]
    assert (whole.max(axis=-1) > 0).mean() > 0.99
    assert 0 < (alone.max(axis=-1) > 0).mean() < 0.5


def test_guides_are_looked_at_before_sending_and_cost_nothing(scene: bpy.types.Scene, server: Simulator) -> None:
    with pytest.raises(RuntimeError, match="No guide is chosen"):
        bpy.ops.nano_banana.show_guides()
    scene.nano_banana.capture_guides = ALL
    bpy.ops.nano_banana.show_guides()
    image = bpy.data.images["Nano Banana Guides"]
    before = image.size[:]
    scene.nano_banana.capture_guides = {"CLAY"}
    bpy.ops.nano_banana.show_guides()
    assert image.size[0] < before[0], "the preview is drawn anew"
    assert not [r for r in server.requests if r.method == "POST"]


def test_guides_of_a_request_come_back_with_its_settings(scene: bpy.types.Scene, server: Simulator) -> None:
    scene.nano_banana.capture_guides = {"DEPTH", "LINES"}
    bpy.ops.nano_banana.restyle()
    scene.nano_banana.capture_guides = set()
    found = latest().id
    assert restore_settings.restore(scene, found) == []
    assert scene.nano_banana.capture_guides == {"DEPTH", "LINES"}
    assert not len(scene.nano_banana.references), "guides are drawn anew, not listed"


def test_no_guides_leave_the_request_as_it_was(scene: bpy.types.Scene) -> None:
    request = requested(capture_guides=set())
    assert [r.role for r in request.references] == ["STRUCTURE"]
    assert Path(request.references[0].path).is_file()
