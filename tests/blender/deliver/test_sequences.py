"""Image sequences as layers: each frame of the scene shows the file of its number."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.compositor import compositor, masks
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features import layers

from . import pictures
from .staging import add_camera

SIZE = (96, 54)
GREYS = {5: 40, 6: 90, 7: 140, 9: 220}


@pytest.fixture
def shot(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Scene:
    """A scene whose render is black, saved beside a folder with images 5, 6, 7 and 9."""
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.view_settings.view_transform = "Standard"
    scene.display.shading.background_type = "VIEWPORT"
    add_camera(scene)
    scene.render.film_transparent = True
    for number, grey in GREYS.items():
        pixels = np.full((54, 96, 3), grey, np.uint8)
        pictures.write_png(tmp_path / f"night_{number:04d}.png", pixels)
    pictures.write_png(tmp_path / "night_note.png", np.zeros((4, 4, 3), np.uint8))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return bpy.context.scene


def read_frame(scene: bpy.types.Scene, frame: int, folder: Path) -> float:
    """The grey of a rendered frame's centre, 0-255."""
    scene.frame_set(frame)
    pixels = pictures.read_png(layers.write(scene, folder / f"out_{frame}.png"))
    return float(pixels[27, 48, 0])


def test_each_frame_shows_the_image_of_its_number(shot: bpy.types.Scene, tmp_path: Path) -> None:
    notes: list[str] = []
    layers.add_image(shot, tmp_path / "night_####.png", notes)
    shown = {frame: read_frame(shot, frame, tmp_path) for frame in (3, 5, 6, 7, 9, 12)}
    expected = {3: 0, 5: 40, 6: 90, 7: 140, 9: 220, 12: 220}
    assert shown == pytest.approx(expected, abs=1)
    assert read_frame(shot, 8, tmp_path) == 0
    assert any("1 images of the sequence are missing: 8" in note for note in notes)
    node = compositor.group_node(shot)
    assert layers.find_sequence_node(node).image.filepath == "//night_0005.png"


def test_the_artists_frames_stay_when_the_layer_is_built_anew(shot: bpy.types.Scene, tmp_path: Path) -> None:
    layers.add_files(shot, [str(tmp_path / f"night_{n:04d}.png") for n in (7, 6, 5)], is_sequence=False)
    layer = compositor.group_node(shot)
    layers.find_sequence_node(layer).frame_start = 20
    layers.set_blend(shot, layer.name, "ADD")
    layers.refresh(shot)
    assert layers.find_sequence_node(layer).frame_start == 20
    assert abs(read_frame(shot, 21, tmp_path) - 90) <= 1
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    assert abs(read_frame(bpy.context.scene, 22, tmp_path) - 140) <= 1


def test_a_mask_may_be_a_sequence(shot: bpy.types.Scene, tmp_path: Path) -> None:
    for number, grey in ((1, 0), (2, 255)):
        pictures.write_png(tmp_path / f"matte{number}.png", np.full((54, 96, 3), grey, np.uint8))
    notes: list[str] = []
    name = layers.add_image(shot, tmp_path / "night_0009.png", notes)
    choice = layers.MaskChoice("IMAGE", [tmp_path / "matte#.png"])
    layers.set_up(bpy.context, name, "MIX", 1.0, False, [choice])
    assert read_frame(shot, 1, tmp_path) == 0
    assert abs(read_frame(shot, 2, tmp_path) - 220) <= 1
    assert masks.find_image_node(masks.list_masks(compositor.group_node(shot))[0]).image.source == "SEQUENCE"


@pytest.mark.parametrize("name", ["night_note.png", "nothing_####.png", "absent/f_##.png"])
def test_files_without_a_number_are_refused_and_nothing_is_left(
    shot: bpy.types.Scene, tmp_path: Path, name: str
) -> None:
    before = len(bpy.data.images)
    with pytest.raises(InputError) as refused:
        layers.add_files(shot, [str(tmp_path / name)], is_sequence=True)
    assert refused.value.next_step
    assert (len(bpy.data.images), layers.has_layers(shot)) == (before, False)


def test_a_damaged_first_file_is_refused(shot: bpy.types.Scene, tmp_path: Path) -> None:
    (tmp_path / "bad_1.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="cannot be read"):
        layers.add_image(shot, tmp_path / "bad_#.png", [])
    assert not layers.has_layers(shot)
