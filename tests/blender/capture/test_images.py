"""IMAGE: the picture of a data-block or a file, unchanged wherever it is a file already."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.blender.capture import image_file
from nano_banana_addon.blender.capture.image_source import find_picture
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.imaging.formats.raw import read_raw


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A JPEG: unpacking or saving it anew would change its bytes."""
    noise = np.random.default_rng(7).integers(0, 255, (40, 60, 3), np.uint8)
    path = tmp_path / "photo.jpg"
    Image.fromarray(noise).save(path, quality=80)
    return path


def test_a_path_passes_as_it_is(take, picture) -> None:
    captured = take("IMAGE", source_image=str(picture))
    assert Path(captured.reference.path) == picture
    assert captured.reference.role is ReferenceRole.STRUCTURE
    assert captured.capture.source == "IMAGE"


def test_a_data_block_with_a_file_passes_its_file(take, picture) -> None:
    image = bpy.data.images.load(str(picture))
    assert Path(take("IMAGE", source_image=image.name).reference.path) == picture


def test_a_packed_image_gives_its_own_bytes(folder, picture) -> None:
    image = bpy.data.images.load(str(picture))
    image.pack()
    data = picture.read_bytes()
    picture.unlink()
    assert image_file(image, folder).read_bytes() == data


@pytest.mark.parametrize("alpha", [False, True])
def test_painted_pixels_are_taken_top_row_first(folder, alpha) -> None:
    image = bpy.data.images.new("Painted", 3, 2, alpha=alpha)
    values = np.zeros((2, 3, 4), np.float32)
    values[1, 0] = (1.0, 0.5, 0.0, 1.0)  # Blender's rows run up: this is the top left pixel
    image.pixels.foreach_set(values.ravel())
    pixels = read_raw(image_file(image, folder))
    assert tuple(pixels[0, 0][:3]) == (255, 128, 0)
    assert pixels[1:].max() == 0


def test_a_file_painted_over_gives_what_is_seen_now(folder, picture) -> None:
    image = bpy.data.images.load(str(picture))
    image.pixels.foreach_set(np.ones(40 * 60 * 4, np.float32))
    image.update()
    written = image_file(image, folder)
    assert written != picture
    assert read_raw(written).min() == 255


def test_float_images_go_through_the_view_transform(folder) -> None:
    """Above 1 there is no 8-bit value: as the Image Editor shows it."""
    bpy.context.scene.view_settings.view_transform = "Standard"
    image = bpy.data.images.new("Sky", 8, 8, float_buffer=True)
    image.pixels.foreach_set(np.tile(np.float32([0.2140411, 0.2140411, 4.0, 1.0]), 64))
    before = bpy.context.scene.render.image_settings.file_format
    red, green, blue = read_raw(image_file(image, folder))[4, 4][:3]
    assert abs(int(red) - 127) <= 1
    assert abs(int(green) - 127) <= 1
    assert blue == 255
    assert bpy.context.scene.render.image_settings.file_format == before


def test_images_without_data_are_refused(take, folder, picture) -> None:
    image = bpy.data.images.load(str(picture))
    picture.unlink()
    image.reload()
    with pytest.raises(InputError, match="no data"):
        image_file(image, folder)
    for name, words in (("", "No image"), ("not there.png", "There is no image")):
        with pytest.raises(InputError, match=words):
            take("IMAGE", source_image=name)


@pytest.mark.parametrize(("source", "words"), [("MOVIE", "movie"), ("SEQUENCE", "sequence"), ("TILED", "UDIM")])
def test_more_than_one_picture_is_refused(folder, picture, source, words) -> None:
    image = bpy.data.images.load(str(picture))
    image.source = source
    with pytest.raises(InputError, match=words):
        image_file(image, folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("reader", [image_file, lambda image, folder: find_picture(image.name, folder)])
def test_an_image_whose_file_is_a_pipe_is_refused_and_not_waited_for(folder: Path, reader: Any) -> None:
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe.png")
    image = bpy.data.images.new("Pipe", 4, 4)
    image.source, image.filepath = "FILE", str(folder / "pipe.png")
    # Blender would wait for ever, and every thread with it: another process ends the pipe after some seconds.
    with subprocess.Popen(["sh", "-c", 'sleep 5; : <> "$0"', str(folder / "pipe.png")]) as other:
        with pytest.raises(InputError, match="no ordinary file"):
            reader(image, folder)
        other.kill()
