"""Camera background, storyboard strips, Texture Paint; finding what was meant; taking everything
out; undo.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver import strip
from nano_banana_addon.blender.deliver.clean_up import clean_up
from nano_banana_addon.blender.deliver.compositor import compositor
from nano_banana_addon.blender.deliver.datablocks import lookup
from nano_banana_addon.blender.deliver.datablocks.delivery_report import DeliveryReport
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.request import Delivery
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.scene.capture import DataBlockRef
from nano_banana_addon.session import material_maps
from tests.support.framing import map_to_frame

from . import pictures
from .staging import add_camera, add_cube, captured, for_objects, name_of, render

STRIP = (DeliveryKind.STRIP,)
EVERYTHING = tuple(
    kind for kind in DeliveryKind if kind not in (DeliveryKind.REPLACEMENT, DeliveryKind.CAST)
)  # what any result can be


def deliver_everywhere(generation: Generation) -> DeliveryReport:
    """To all places; the maps are computed before, as for every delivery."""
    material_maps.ensure(generation, EVERYTHING)
    return deliver(generation, EVERYTHING)


def _board(scene: bpy.types.Scene) -> bpy.types.Scene:
    board = strip.find_storyboard(scene)
    assert board is not None
    return board


def test_a_strip_goes_into_a_scene_of_its_own_and_shows_the_frame_exactly(scene, finished, tmp_path: Path) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 960, 540
    scene.render.fps, scene.view_settings.view_transform = 25, "AgX"
    add_camera(scene)
    capture = captured(scene)
    markers = pictures.markers(*capture.framing.canvas, spacing=64, radius=12)
    delivery = Delivery(name="Shot 1", strip_start=40, strip_length=30)
    report = deliver(finished(markers, capture=capture, delivery=delivery), STRIP)

    board = _board(scene)
    assert scene.sequence_editor is None or not scene.sequence_editor.strips
    assert board.render.fps == 25
    made = board.sequence_editor.strips[report.delivered[0]]
    assert compat.strip_span(made) == (40, 70)
    assert made.name.startswith("Shot 1")
    # bpy.ops.render.render(scene=…) renders that scene at the present scene's frame.
    board.frame_current = scene.frame_current = 45
    for percentage in (100, 50):
        board.render.resolution_percentage = percentage
        seen = render(board, tmp_path / f"{percentage}.png").max(2)
        found = pictures.blobs(seen)
        size = capture.framing.canvas
        xs, ys = np.arange(32, size[0], 64), np.arange(32, size[1], 64)
        points = [map_to_frame(capture.framing, float(x), float(y)) for x in xs for y in ys]
        errors = pictures.distances(found, np.array(points) * (seen.shape[1], seen.shape[0]))
        assert len(found) > 100
        assert errors.max() < 0.5


def test_a_storyboard_is_known_again_after_its_settings_were_looked_at(scene, finished) -> None:
    deliver(finished(delivery=Delivery(strip_start=1)), STRIP)
    board = _board(scene)
    board.nano_banana.prompt = "a panel or an operator looks at it"
    deliver(finished(delivery=Delivery(strip_start=100)), STRIP)
    assert _board(scene) == board
    assert len(board.sequence_editor.strips) == 2
    clean_up()
    assert len(bpy.data.scenes) == 1


def test_strips_never_overlap_and_the_newest_is_on_top(scene, finished) -> None:
    for start in (1, 10, 10, 30):
        deliver(finished(delivery=Delivery(strip_start=start, strip_length=20)), STRIP)
    strips = sorted(_board(scene).sequence_editor.strips, key=lambda s: s.name)
    spans = [(s.channel, *compat.strip_span(s)) for s in strips]
    for index, (channel, start, end) in enumerate(spans):
        for other_channel, other_start, other_end in spans[:index]:
            assert channel != other_channel or end <= other_start or start >= other_end
    assert [channel for channel, _, _ in spans][:3] == [1, 2, 3]


def test_a_strip_of_a_packed_image_reads_the_stored_file(scene, finished, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    grey = np.full((54, 96, 3), 130, np.uint8)
    report = deliver(finished(grey, delivery=Delivery(pack=True, strip_start=1)), STRIP)
    assert any("cannot be packed" in note for note in report.notes)
    seen = render(_board(scene), tmp_path / "strip.png")
    assert np.abs(seen - 130).max() <= 1


def test_a_camera_background_matches_the_framing(scene, finished) -> None:
    add_camera(scene)
    deliver(finished(capture=captured(scene)), (DeliveryKind.CAMERA_BACKGROUND,))
    data = scene.camera.data
    (background,) = data.background_images
    assert data.show_background_images
    assert background.frame_method == "FIT"
    assert background.scale >= 1.0
    assert background.display_depth == "BACK"  # in front it would hide the scene
    background.display_depth, background.alpha = "FRONT", 0.25
    deliver(finished(capture=captured(scene)), (DeliveryKind.CAMERA_BACKGROUND,))
    assert [b.show_background_image for b in data.background_images] == [False, True]
    latest = data.background_images[1]
    assert (latest.display_depth, latest.alpha) == ("FRONT", 0.25)  # as the artist set it


def test_a_renamed_object_is_found_while_the_file_stays_open(scene) -> None:
    cube = add_cube(scene)
    name = name_of(cube, "OBJECT")
    cube.name = "Renamed"
    impostor = add_cube(scene, "Cube")
    assert lookup.find_datablock(name).block == cube
    bpy.data.objects.remove(cube)
    found = lookup.find_datablock(name)
    assert found.block is None
    assert "no longer in this file" in found.note
    assert impostor.name == "Cube"


def test_after_reopening_only_the_same_file_knows_the_name(scene, tmp_path: Path) -> None:
    path = str(tmp_path / "scene.blend")
    cube = add_cube(scene)
    name = DataBlockRef("OBJECT", cube.name, session_uid=cube.session_uid, file_session="before")
    assert lookup.find_datablock(name, path).block is None
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert lookup.find_datablock(name, path).block == cube
    assert "another file" in lookup.find_datablock(name, "/elsewhere/other.blend").note
    assert lookup.find_datablock(DataBlockRef("GIZMO", "x"), path).block is None


def test_a_target_that_is_gone_is_told_and_the_image_still_comes(scene, finished) -> None:
    cube = add_cube(scene)
    delivery = for_objects(cube)
    bpy.data.objects.remove(cube)
    report = deliver(finished(delivery=delivery), (DeliveryKind.IMAGE, DeliveryKind.MATERIAL))
    assert len(report.delivered) == 1
    assert any("stays in the history" in note for note in report.notes)


def test_cleaning_up_takes_out_what_was_made_and_nothing_else(scene, finished) -> None:
    add_camera(scene)
    cube, other = add_cube(scene), add_cube(scene, "Other")
    other.data.materials[0] = cube.data.materials[0]
    bpy.data.images.new("Mine", 4, 4)
    before = _contents()
    generation = finished(capture=captured(scene), delivery=for_objects(cube, strip_start=1))
    report = deliver_everywhere(generation)
    assert len(report.delivered) == len(EVERYTHING)

    assert clean_up() > 0
    assert _contents() == before
    assert compat.compositor_tree(scene) is None
    assert not scene.camera.data.background_images
    assert clean_up() == 0


def test_a_texture_is_faded_switched_off_and_removed_in_all_materials_of_the_object(scene, finished) -> None:
    cube = add_cube(scene)
    first = cube.data.materials[0]
    cube.data.materials.append(first.copy())
    deliver(finished(delivery=for_objects(cube)), (DeliveryKind.MATERIAL,))
    bpy.context.view_layer.objects.active = cube
    choices = scene.nano_banana
    nodes = [material.group_node(slot.material) for slot in cube.material_slots]
    assert (choices.material_visible, choices.material_opacity) == (True, 1.0)
    choices.material_opacity, choices.material_visible = 0.25, False
    assert [(node.inputs["Factor"].default_value, node.mute) for node in nodes] == [(0.25, True)] * 2
    assert bpy.ops.nano_banana.remove_applied(kind="MATERIAL") == {"FINISHED"}
    assert [material.group_node(slot.material) for slot in cube.material_slots] == [None, None]
    assert bpy.ops.nano_banana.remove_applied(kind="MATERIAL") == {"CANCELLED"}


@pytest.mark.parametrize("kind", [DeliveryKind.COMPOSITOR, DeliveryKind.CAMERA_BACKGROUND, DeliveryKind.STRIP])
def test_one_target_is_removed_and_the_others_stay(scene, finished, kind: DeliveryKind) -> None:
    add_camera(scene)
    kinds = [DeliveryKind.COMPOSITOR, DeliveryKind.CAMERA_BACKGROUND, DeliveryKind.STRIP]
    deliver(finished(capture=captured(scene), delivery=Delivery(strip_start=1)), kinds)
    bpy.ops.nano_banana.remove_applied(kind=kind)
    left = {
        DeliveryKind.COMPOSITOR: compositor.group_node(scene),
        DeliveryKind.CAMERA_BACKGROUND: list(scene.camera.data.background_images),
        DeliveryKind.STRIP: strip.find_storyboard(scene),
    }
    assert {each for each, found in left.items() if found} == set(kinds) - {kind}


def _contents() -> dict[str, list[str]]:
    kinds = ("images", "materials", "node_groups", "scenes", "objects", "textures", "meshes")
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}


def test_one_undo_takes_a_delivery_back_and_redo_brings_it(scene, finished) -> None:
    add_camera(scene)
    cube = add_cube(scene)
    before = _contents()
    bpy.ops.ed.undo_push(message="Before")
    generation = finished(capture=captured(scene), delivery=for_objects(cube, strip_start=1))
    deliver_everywhere(generation)
    after = _contents()
    bpy.ops.ed.undo_push(message="Nano Banana")

    bpy.ops.ed.undo()
    assert _contents() == before
    assert compositor.group_node(bpy.context.scene) is None
    assert material.group_node(bpy.data.materials["Cube"]) is None
    bpy.ops.ed.redo()
    assert _contents() == after
    assert compositor.group_node(bpy.data.scenes["Scene"]) is not None
    assert material.group_node(bpy.data.materials["Cube"]) is not None


def test_a_failure_half_way_leaves_the_file_as_it_was(scene, finished, monkeypatch) -> None:
    add_camera(scene)
    cube = add_cube(scene)
    before = _contents()

    def broken(*_args: object) -> None:
        raise RuntimeError("the last kind broke")

    monkeypatch.setattr(strip, "_extend_range", broken)
    generation = finished(capture=captured(scene), delivery=for_objects(cube, strip_start=1))
    with pytest.raises(RuntimeError):
        deliver_everywhere(generation)
    assert _contents() == before
    assert compat.compositor_tree(scene) is None
    assert material.group_node(cube.data.materials[0]) is None
    assert not scene.camera.data.background_images
