# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes in the scene: where they are projected, what hides them, what is sent, and that nothing of them stays."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.notes import scene_notes, viewport
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.features.generation import preview, request_builder, scene_settings
from tests.blender.capture.snapshot import differences, snapshot

from .conftest import latest

FRONT = (0.2, -0.5, 0.1)  # on the cube's face that the camera sees
RED = np.array((214, 0, 60))


def add(text: str = "make it red", place: tuple[float, float, float] = FRONT, item: str = "Cube") -> bpy.types.Object:
    assert bpy.ops.nano_banana.note_add(text=text, place=place, object=item) == {"FINISHED"}
    return scene_notes.list_notes(bpy.context.scene)[-1]


def ordered(**choices: object) -> request_builder.Order:
    for name, value in choices.items():
        setattr(bpy.context.scene.nano_banana, name, value)
    settings = scene_settings.settings_of(bpy.context.scene)
    return request_builder.prepare(bpy.context, settings, reference_override=(), dry_run=True)


def requested(**choices: object) -> GenerationRequest:
    return ordered(**choices).requests[0]


def find_marks(request: GenerationRequest) -> np.ndarray:
    """Where the marked copy differs from the clean image (h, w)."""
    copy, clean = (np.load(reference.path)[..., :3].astype(int) for reference in request.references[-2:])
    assert copy.shape == clean.shape
    return np.abs(copy - clean).max(axis=-1) > 8


@pytest.mark.full_size
@pytest.mark.parametrize("source", ["CAMERA", "RENDER", "VIEWPORT"])
def test_a_note_is_drawn_where_the_image_shows_its_point(scene: bpy.types.Scene, source: str) -> None:
    """A small white ball is put at the note's point: the leader ends on it."""
    scene.render.engine = "BLENDER_WORKBENCH"
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.02, location=FRONT)
    ball = bpy.context.object
    without = np.load(requested(source=source).references[-1].path)[..., :3].astype(int)
    ball.hide_set(True)
    ball.hide_render = True
    add()
    request = requested()
    (note,) = request.scene_notes
    clean = np.load(request.references[-1].path)[..., :3].astype(int)
    rows, columns = np.nonzero(np.abs(without - clean).max(axis=-1) > 12)
    height, width = clean.shape[:2]
    assert abs(columns.mean() - note.x * width) < 2.5
    assert abs(rows.mean() - note.y * height) < 2.5
    marks = find_marks(request)
    assert marks[round(note.y * height), round(note.x * width)], "the leader ends at the point"
    assert 0.0005 < marks.mean() < 0.02, "the mark is small"


def test_what_is_sent_is_what_is_shown(scene: bpy.types.Scene, server: Simulator) -> None:
    add("make this door red.")
    add("a lamp here", (-0.4, -0.5, 0.4))
    shown = preview.format_order(preview.prepare_references(ordered()))
    assert bpy.ops.nano_banana.restyle() == {"FINISHED"}
    (post,) = [r for r in server.requests if r.method == "POST"]
    sent = str(post.json["contents"])
    assert sent.count("sha256:") == 2, "the marked copy and the clean image"
    for words in (
        "Image 1 is a guide (the last picture with numbered marks)",
        "Image 2 is a render of the 3D scene",
        "The numbered marks in image 1",
        "Do not draw the marks",
        "1 (in the middle, middle third): make this door red.",
        "2 (in the middle, upper third): a lamp here",
    ):
        assert words in sent
        assert words in shown
    assert latest().request.scene_notes == requested().scene_notes


def test_a_hidden_note_is_left_out_and_told(scene: bpy.types.Scene) -> None:
    add("seen")
    add("behind the cube", (0.0, 0.5, 0.0))
    add("", FRONT)
    add("far outside", (40.0, 0.0, 0.0), "")
    add("behind the camera", (0.0, -9.0, 0.0), "")
    switched_off = add("off", (-0.3, -0.5, 0.0))
    switched_off.nano_banana_note.enabled = False
    order = ordered()
    assert [note.number for note in order.requests[0].scene_notes] == [1]
    (told,) = order.notes
    assert told.startswith("4 of 5 notes were left out: ")
    for words in ("2 is hidden by Cube", "3 has no text", "4 lies outside", "5 lies outside"):
        assert words in told


@pytest.mark.parametrize("source", ["CAMERA", "RENDER"])
def test_what_the_image_does_not_show_hides_nothing(scene: bpy.types.Scene, source: str) -> None:
    scene.render.engine = "BLENDER_WORKBENCH"
    bpy.ops.mesh.primitive_plane_add(size=4.0, location=(0, -2, 0), rotation=(1.5707963, 0, 0))
    screen = bpy.context.object
    add()
    assert not requested(source=source).scene_notes
    screen.hide_render = source == "RENDER"
    screen.display_type = "WIRE" if source == "CAMERA" else "TEXTURED"
    assert len(requested().scene_notes) == 1
    bpy.data.objects["Cube"].hide_render = True
    bpy.data.objects["Cube"].hide_set(True)
    assert not requested().scene_notes, "a note on an object that is hidden"


def test_notes_follow_their_object_and_each_shot_has_its_own_projection(scene: bpy.types.Scene) -> None:
    add()
    cube = bpy.data.objects["Cube"]
    for frame, x in ((1, 0.0), (10, 0.5)):
        cube.location.x = x
        cube.keyframe_insert("location", frame=frame)
        marker = scene.timeline_markers.new(f"Shot {frame}", frame=frame)
        marker.camera = scene.camera
    scene.frame_set(1)
    from nano_banana_addon.features.storyboard import orders

    order = orders.prepare(bpy.context, scene_settings.settings_of(scene), reference_override=(), dry_run=True)
    first, second = (request.scene_notes[0] for request in order.requests)
    assert second.x - first.x > 0.1
    assert second.y == first.y
    scene_notes.find_collection(scene).hide_viewport = True
    assert requested().scene_notes == (first,), "also while their collection is hidden"


def test_an_orthographic_camera_and_another_ratio(scene: bpy.types.Scene) -> None:
    scene.camera.data.type = "ORTHO"
    scene.camera.data.ortho_scale = 4.0
    add(place=(1.0, 0.0, 0.0), item="")
    request = requested(aspect_ratio="1:1")
    assert request.scene_notes[0].x == pytest.approx(0.75, abs=0.002)
    assert request.scene_notes[0].y == pytest.approx(0.5, abs=0.002)


@pytest.mark.full_size
def test_notes_are_no_objects_of_the_image(scene: bpy.types.Scene) -> None:
    """Also with overlays, which draw empties; and a capture leaves them as they were."""
    clean = np.load(requested(overlays=True).references[-1].path).astype(int)
    note = add("x", (0.9, -0.9, 0.3), "")
    note.parent = bpy.data.objects["Cube"]
    note.select_set(True)
    bpy.context.view_layer.objects.active = note
    before = snapshot()
    with_note = np.load(requested().references[-1].path).astype(int)
    cube = slice(100, 670), slice(400, 980)  # whose outline is drawn as that of the active object, or not
    difference = np.abs(with_note - clean).max(axis=-1) > 24
    difference[cube] = False
    assert difference.sum() < 12
    assert differences(before, snapshot()) == []
    assert scene_notes.find_collection(scene).hide_render


def test_removing_all_leaves_the_scene_as_it_was(scene: bpy.types.Scene) -> None:
    def names() -> list[str]:
        return sorted(block.name for blocks in (bpy.data.objects, bpy.data.collections) for block in blocks)

    before = names()
    for text in "abc":
        add(text)
    assert [note.name for note in scene_notes.list_notes(scene)] == ["Note 1", "Note 2", "Note 3"]
    scene.nano_banana.active_note = 0
    bpy.ops.nano_banana.note_remove()
    assert [note.nano_banana_note.text for note in scene_notes.list_notes(scene)] == ["b", "c"]
    assert [note.name for note in scene_notes.list_notes(scene)] == ["Note 1", "Note 2"]
    bpy.ops.nano_banana.notes_clear()
    assert names() == before
    with pytest.raises(RuntimeError, match="no note"):
        bpy.ops.nano_banana.note_remove()
    add()
    bpy.ops.nano_banana.note_remove()
    assert names() == before, "the last one takes the collection along"


def test_notes_survive_saving_and_a_note_whose_object_is_gone_is_told(scene: bpy.types.Scene, tmp_path: Path) -> None:
    add("make it red")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "notes.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "notes.blend"))
    assert requested().scene_notes[0].text == "make it red"
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    order = ordered()
    assert order.requests[0].scene_notes == ()
    assert [r.role for r in order.requests[0].references] == ["STRUCTURE"]
    assert order.notes == ("1 of 1 notes was left out: 1 has lost its object.",)


def test_a_linked_object_can_bear_a_note_and_stays_unchanged(scene: bpy.types.Scene, tmp_path: Path) -> None:
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {bpy.data.objects["Cube"]}, fake_user=True)
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Cube"]
    cube = wanted.objects[0]
    scene.collection.objects.link(cube)
    bpy.context.view_layer.update()
    note = add()
    assert note.parent == cube
    assert cube.library
    assert len(requested().scene_notes) == 1


def test_a_model_of_one_image_is_refused_and_a_panoramic_camera_too(scene: bpy.types.Scene) -> None:
    add()
    scene.nano_banana.model, scene.nano_banana.custom_model = "CUSTOM", "gemini-2.5-flash-image"
    limit = scene_settings.find_model(scene).max_references
    for number in range(limit - 1):
        entry = scene.nano_banana.references.add()
        entry.image = bpy.data.images.new(f"R{number}", 8, 8)
    settings = scene_settings.settings_of(scene)
    with pytest.raises(Exception, match=f"There are {limit + 1} images"):
        request_builder.prepare(bpy.context, settings, dry_run=True)
    scene.camera.data.type = "PANO"
    scene.render.engine = "CYCLES"
    with pytest.raises(Exception, match="panoramic"):
        ordered(source="RENDER")


def test_a_note_without_a_selected_object_lies_at_the_cursor(scene: bpy.types.Scene) -> None:
    scene.cursor.location = FRONT
    assert bpy.ops.nano_banana.note_add(text="here") == {"FINISHED"}
    (note,) = scene_notes.list_notes(scene)
    assert note.parent == bpy.data.objects["Cube"], "the selected object"
    assert tuple(round(v, 4) for v in note.matrix_world.translation) == FRONT
    assert scene.nano_banana.notes, "who adds a note wants it sent"
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.nano_banana.note_add(text="there")
    assert scene_notes.list_notes(scene)[1].parent is None


def test_notes_that_are_switched_off_leave_the_request_as_it_was(scene: bpy.types.Scene) -> None:
    plain = requested()
    add()
    unmarked = requested(notes=False)
    assert replace(unmarked, references=plain.references, capture=plain.capture, choices=plain.choices) == plain
    assert len(unmarked.references) == 1
    assert [r.role for r in requested(notes=True).references] == ["GUIDE", "STRUCTURE"]


def test_a_change_in_a_conversation_takes_notes_along_when_asked(scene: bpy.types.Scene, server: Simulator) -> None:
    add("make it red")
    assert bpy.ops.nano_banana.restyle() == {"FINISHED"}
    first = latest()
    scene_notes.get_group(scene_notes.list_notes(scene)[0]).text = "now a window"
    assert bpy.ops.nano_banana.continue_generation(generation=first.id, prompt="as marked") == {"FINISHED"}
    assert latest().request.scene_notes == (), "those of the first image are not sent again by themselves"
    done = bpy.ops.nano_banana.continue_generation(generation=first.id, prompt="as marked", notes=True)
    assert done == {"FINISHED"}
    request = latest().request
    assert [note.text for note in request.scene_notes] == ["now a window"]
    (copy,) = request.references
    marked, plain = (
        np.asarray(Image.open(path).convert("RGB")).astype(int) for path in (copy.path, first.picture.path)
    )
    note = request.scene_notes[0]
    changed = np.abs(marked - plain).max(axis=-1) > 40
    assert changed[round(note.y * plain.shape[0]), round(note.x * plain.shape[1])]
    assert 0.0003 < changed.mean() < 0.03, "the image of before, with one mark"
    assert "now a window" in str(server.requests[-1].json["contents"])


def draw_annotation(scene: bpy.types.Scene, points: list[tuple[float, float, float]], frame: int = 1) -> None:
    """A stroke of the Annotate tool (5.0 and later: 4.5 lets no script draw one)."""
    if scene.annotation is None:
        scene.annotation = bpy.data.annotations.new("Annotations")
        scene.annotation.layers.new("Layer").color = (0.0, 1.0, 0.0)
    layer = scene.annotation.layers[0]
    stroke = layer.frames.new(frame).strokes.new()
    stroke.points.add(len(points))
    for point, place in zip(stroke.points, points, strict=True):
        point.co = place
    if hasattr(stroke, "display_mode"):
        stroke.display_mode = "3DSPACE"


@pytest.mark.skipif(not hasattr(bpy.types, "Annotation"), reason="4.5 lets no script draw an annotation")
def test_annotations_go_along_on_the_same_copy(scene: bpy.types.Scene) -> None:
    assert len(requested(annotations=True).references) == 1, "nothing is drawn"
    draw_annotation(scene, [(-0.4, -0.6, 0.0), (0.4, -0.6, 0.0), (0.4, -9.0, 0.0)])
    draw_annotation(scene, [(0.0, -0.6, -0.4), (0.0, -0.6, 0.4)], frame=10)
    request = requested()
    copy = np.load(request.references[0].path)[..., :3].astype(int)
    rows, columns = np.nonzero((copy[..., 1] > 200) & (copy[..., 0] < 60))
    assert np.ptp(rows) < 12, "a level line; the part behind the camera is cut off, the later frame is not shown"
    assert np.ptp(columns) > 200
    assert "The strokes drawn in image 1" in request_builder.prompts.compose(request)
    add()
    both = requested()
    assert both.references[0].label == "the last picture with numbered marks and drawn strokes"
    assert len(both.references) == 2, "one copy for both"
    scene.frame_set(10)
    copy = np.load(requested(notes=False).references[0].path)[..., :3].astype(int)
    assert np.ptp(np.nonzero((copy[..., 1] > 200) & (copy[..., 0] < 60))[0]) > 100


def test_the_command_line_sends_notes_too(scene: bpy.types.Scene, tmp_path: Path) -> None:
    from nano_banana_addon import cli

    add("make it red")
    scene.nano_banana.notes = False
    out = tmp_path / "order.json"
    arguments = ["restyle", "--prompt", "x", "--dry-run", "--json", str(out)]
    for more, count in (([], 0), (["--notes"], 1)):
        assert cli.main([*arguments, *more]) == 0
        request = json.loads(out.read_text().splitlines()[-1])["request"]
        assert len(request.get("scene_notes", ())) == count


def test_a_note_on_an_instance_follows_what_makes_the_instance(scene: bpy.types.Scene) -> None:
    cube = bpy.data.objects["Cube"]
    collection = bpy.data.collections.new("Props")
    collection.objects.link(cube)
    scene.collection.objects.unlink(cube)
    makers = []
    for x in (-1.5, 1.5):
        maker = bpy.data.objects.new("Instance", None)
        maker.instance_type, maker.instance_collection, maker.location.x = "COLLECTION", collection, x
        scene.collection.objects.link(maker)
        makers.append(maker)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for maker in makers:
        is_hit, point, _, _, item, matrix = scene.ray_cast(depsgraph, (maker.location.x, -4, 0), (0, 1, 0))
        assert is_hit
        assert viewport._find_owner(bpy.context, depsgraph, item.original, matrix) == maker
        add("x", tuple(point), maker.name)
    add("behind", (1.5, 0.5, 0.0), makers[1].name)
    scene.camera.location.y = -9
    order = ordered()
    assert [note.number for note in order.requests[0].scene_notes] == [1, 2]
    assert "3 is hidden by Cube" in order.notes[0]
