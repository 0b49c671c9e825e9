# SPDX-License-Identifier: GPL-3.0-or-later
"""A material of a part of an image, free: the box that was dragged over it, of any image that can be read."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from nano_banana_addon import cli
from nano_banana_addon.core.constants import EditArea
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.material_settings import MaterialSettings
from nano_banana_addon.features.edit import marks
from nano_banana_addon.features.edit.box import list_boxes
from nano_banana_addon.features.material import from_image

from .conftest import SIDE, make
from .test_from_image import images_of

#: The wide image has stones in this part (left, bottom, right, top in Blender), and one plain red elsewhere.
PART = (0.5, 0.0, 1.0, 0.5)
RED = (220, 10, 10)


@pytest.fixture
def wide(picture: Path, tmp_path: Path) -> Path:
    """An image of twice the size, with the stones in its lower right quarter."""
    path = tmp_path / "wall.png"
    whole = Image.new("RGB", (2 * SIDE, 2 * SIDE), RED)
    with Image.open(picture) as stones:
        whole.paste(stones, (SIDE, SIDE))
    whole.save(path)
    return path


def colours(material: bpy.types.Material) -> np.ndarray:
    """The pixels of its base colour, 0 ... 1."""
    image = images_of(material)["Base Color"]
    values = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], -1)


def test_only_what_is_in_the_box_becomes_the_material(wide: Path) -> None:
    image = bpy.data.images.load(str(wide))
    assert bpy.ops.nano_banana.material_from_image(image=image.name, box=PART) == {"FINISHED"}
    (material,) = (each for each in bpy.data.materials if each.asset_data)
    pixels = colours(material)
    assert pixels.shape[:2] == (SIDE, SIDE)
    assert not ((pixels[..., 0] > 0.8) & (pixels[..., 1] < 0.1)).any(), "nothing of the red"
    assert bpy.ops.nano_banana.material_from_image(image=image.name) == {"FINISHED"}
    whole = next(each for each in bpy.data.materials if each.asset_data and each != material)
    assert images_of(whole)["Base Color"].size[0] == 2 * SIDE


@pytest.mark.parametrize("kind", ["16 bits", "CMYK", "turned", "painted"])
def test_any_image_can_be_cut(kind: str, wide: Path, tmp_path: Path) -> None:
    with Image.open(wide) as opened:
        picture = opened.convert("RGB")
    path = tmp_path / f"{kind}.tif"
    if kind == "16 bits":
        path = path.with_suffix(".png")
        grey = np.asarray(picture.convert("L")).astype(np.uint16) * 257
        Image.fromarray(grey).save(path)
    elif kind == "CMYK":
        picture.convert("CMYK").save(path)
    elif kind == "turned":  # stored on its side, as cameras do
        exif = Image.Exif()
        exif[0x0112] = 6
        path = path.with_suffix(".jpg")
        picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    source: bpy.types.Image | Path = path
    if kind == "painted":
        source = bpy.data.images.load(str(wide))
        source.pixels[0] = 0.5
        source.update()
    draft = from_image.read(bpy.context, source, MaterialSettings(), marks.turn_box(PART))
    _maps, report = from_image.run(bpy.context, draft)
    pixels = colours(bpy.data.materials[report.delivered[0]])
    assert pixels.shape[:2] == (SIDE, SIDE)
    assert not ((pixels[..., 0] > 0.7) & (pixels[..., 1] < 0.15)).any()


@pytest.mark.parametrize("box", [(0.5, 0.5, 0.6, 0.6), (0.99, 0.0, 1.0, 1.0)])
def test_a_box_that_is_too_small_is_told(box: tuple[float, ...], wide: Path) -> None:
    with pytest.raises(InputError, match="too small"):
        make_box(wide, box)
    assert not [each for each in bpy.data.materials if each.asset_data]


def make_box(path: Path, box: tuple[float, ...]) -> None:
    draft = from_image.read(bpy.context, path, MaterialSettings(), marks.turn_box(box))
    from_image.run(bpy.context, draft)


def test_a_box_without_an_area_is_the_whole_image() -> None:
    assert marks.turn_box(PART) == (0.5, 0.5, 1.0, 1.0)
    assert marks.turn_box((0.5, 0.5, 0.5, 0.5)) is None


def test_the_boxes_of_a_material_and_of_an_edit_are_drawn_apart() -> None:
    choices = bpy.context.scene.nano_banana
    choices.edit_box, choices.material.box = (0.0, 0.0, 0.25, 0.25), PART
    assert [box for box, _ in list_boxes(choices)] == [PART]
    choices.edit_area = EditArea.BOX
    assert [box for box, _ in list_boxes(choices)] == [(0.0, 0.0, 0.25, 0.25), PART]
    choices.material.box = (0.5, 0.5, 0.5, 0.5)
    assert [box for box, _ in list_boxes(choices)] == [(0.0, 0.0, 0.25, 0.25)]


def test_the_command_makes_a_material_of_a_box(wide: Path, tmp_path: Path) -> None:
    words = ("material", "--image", str(wide), "--box", "0.5", "0.5", "1", "1", "--out", str(tmp_path / "maps"))
    assert cli.main(list(words)) == 0
    with Image.open(tmp_path / "maps" / "wall_diff.png") as colour:
        assert colour.size == (SIDE, SIDE)
    assert make(wide)[0].name in bpy.data.materials


@pytest.mark.parametrize("number", ["nan", "inf", "-0.1", "1.5"])
def test_the_command_refuses_a_box_beside_the_image(
    number: str, wide: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["material", "--image", str(wide), "--box", number, "0", "1", "1"]) == 2
    assert "from 0 to 1" in capsys.readouterr().err
