# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects with UDIM tiles: one tiled image, from the views to the material, the .blend and the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from nano_banana_addon.blender.bake import bake
from nano_banana_addon.blender.deliver.datablocks import copy_ahead, files
from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.blender.host import folders, preferences
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.features.texture import job, rebake
from nano_banana_addon.features.texture.maps import texture_info, write_maps
from nano_banana_addon.features.texture.plan import TexturePlan
from tests.support.tiles import spread_over_tiles

from .conftest import pixels_of

TILES = [1001, 1002, 1011, 1012]


@pytest.fixture
def tiled(sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]) -> tuple[bpy.types.Object, TexturePlan]:
    spread_over_tiles(sculpture)
    return sculpture, promised(views="RING", count=2)


def _ignore(*_: object) -> None:
    """Progress is not looked at."""


def _image_of(shape: bpy.types.Object) -> bpy.types.Image:
    group = texture_info.group_of(shape)
    assert group is not None
    return next(node.image for node in group.nodes if node.type == "TEX_IMAGE")


def _list_textures() -> set[Path]:
    return set((folders.home() / write_maps.TEXTURES_FOLDER).glob("*"))


def test_tiles_become_one_tiled_image_that_the_material_shows(tiled: tuple[bpy.types.Object, TexturePlan]) -> None:
    shape, plan = tiled
    (texture,) = job.run(plan, _ignore).report.textures
    assert [Path(path).suffixes for path in texture.files] == [[f".{tile}", ".png"] for tile in TILES]
    assert len({pixels_of(path).tobytes() for path in texture.files}) == 4
    image = _image_of(shape)
    assert (image.source, [tile.number for tile in image.tiles]) == ("TILED", TILES)
    assert files.describe_missing(image) == ""
    group = texture_info.group_of(shape)
    for check in texture_info.checks_of(group):
        assert [tile.number for tile in check.tiles] == TILES
        assert check.packed_files
    texture_info.show_check(group, "Seams")
    assert _image_of(shape).source == "TILED"


def test_the_same_images_are_baked_again_for_another_size(tiled: tuple[bpy.types.Object, TexturePlan]) -> None:
    shape, plan = tiled
    job.run(plan, _ignore)
    (again,) = rebake.reproject(shape, 128).textures
    assert [pixels_of(path).shape for path in again.files] == [(128, 128, 3)] * 4
    assert _image_of(shape).filepath.endswith("<UDIM>.png")


@pytest.mark.parametrize("storage", ["BESIDE", "PACK"])
def test_tiles_come_back_with_the_saved_file(
    tiled: tuple[bpy.types.Object, TexturePlan], tmp_path: Path, storage: str
) -> None:
    shape, plan = tiled
    preferences.get_preferences().keep_pictures = storage
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    (texture,) = job.run(plan, _ignore).report.textures
    name, image_name = shape.name, texture.image
    bpy.ops.wm.save_mainfile()
    if storage == "BESIDE":
        assert {Path(path).parent for path in texture.files} == {tmp_path / files.FOLDER}
        assert bpy.data.images[image_name].filepath.startswith("//")
    else:
        for path in texture.files:
            Path(path).unlink()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    image = _image_of(bpy.data.objects[name])
    assert [tile.number for tile in image.tiles] == TILES
    assert files.is_there(image)
    assert image.size[0] == 256
    assert np.ptp(np.array(image.pixels[:4000]))


def test_a_full_disk_in_the_middle_of_the_tiles_leaves_nothing(
    tiled: tuple[bpy.types.Object, TexturePlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, plan = tiled
    from nano_banana_addon.imaging.formats import xmp

    real, before, written = xmp.write_derived, _list_textures(), []

    def write(picture: object, path: Path, packet: str) -> None:
        if len(written) == 2:
            raise NanoBananaError(ErrorKind.DISK, "The disk is full.")
        written.append(path)
        real(picture, path, packet)

    monkeypatch.setattr(xmp, "write_derived", write)
    result = job.run(plan, _ignore)
    assert result.problem is not None
    assert result.problem.kind is ErrorKind.DISK
    assert len(written) == 2
    assert _list_textures() == before
    assert texture_info.group_of(shape) is None


def test_a_file_that_is_in_the_way_keeps_its_bytes_and_the_tiles_one_name(
    tiled: tuple[bpy.types.Object, TexturePlan], tmp_path: Path
) -> None:
    shape, plan = tiled
    preferences.get_preferences().keep_pictures = "BESIDE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    (first,) = job.run(plan, _ignore).report.textures
    before = {path: Path(path).read_bytes() for path in first.files}
    (second,) = rebake.reproject(shape, 128).textures
    assert {path: Path(path).read_bytes() for path in first.files} == before
    assert {Path(path).parent for path in second.files} == {tmp_path / files.FOLDER}
    assert len({Path(path).name.partition(".")[0] for path in second.files}) == 1
    assert not set(first.files) & set(second.files)


def test_a_disk_that_is_full_beside_the_file_leaves_no_part_there(
    tiled: tuple[bpy.types.Object, TexturePlan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, plan = tiled
    preferences.get_preferences().keep_pictures = "BESIDE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    real = copy_ahead.copy_whole

    def copy(source: Path, target: Path, *, durable: bool) -> None:
        if ".1011." in target.name:
            raise OSError(28, "No space left on device")
        real(source, target, durable=durable)

    monkeypatch.setattr(copy_ahead, "copy_whole", copy)
    report = job.run(plan, _ignore).report
    assert {Path(path).parent.name for path in report.textures[0].files} == {write_maps.TEXTURES_FOLDER}
    assert any("No space left" in note for note in report.notes)
    assert not list(tmp_path.glob(f"{files.FOLDER}/*"))


def test_views_one_after_another_cover_all_tiles(
    sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]
) -> None:
    spread_over_tiles(sculpture)
    (texture,) = job.run(promised(views="RING", count=2, mode="SEQUENTIAL"), _ignore).report.textures
    assert len(texture.files) == 4
    assert texture.coverage > 0.3


def test_more_texels_than_fit_into_memory_are_refused_before_paying(
    sculpture: bpy.types.Object, promised: Callable[..., TexturePlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    spread_over_tiles(sculpture)
    monkeypatch.setattr(bake, "MAX_TEXELS", 3 * 512**2)
    with pytest.raises(InputError, match="4 UDIM tiles") as refusal:
        promised(views="RING", count=2, texture_size=512)
    assert "256 px" in refusal.value.next_step


def test_thirty_tiles_become_one_image_at_a_size_that_fits(
    sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]
) -> None:
    mesh = sculpture.data
    for face in mesh.polygons:
        for loop in range(face.loop_start, face.loop_start + face.loop_total):
            mesh.uv_layers[0].uv[loop].vector += Vector((face.index % 10, face.index // 10 % 3))
    bpy.context.view_layer.update()
    with pytest.raises(InputError, match="30 UDIM tiles") as refusal:
        promised(views="RING", count=2, texture_size=4096)
    assert "2816 px" in refusal.value.next_step
    (texture,) = job.run(promised(views="RING", count=2, texture_size=32), _ignore).report.textures
    assert len(texture.files) == 30
    assert len(_image_of(sculpture).tiles) == 30


def test_a_texture_that_was_edited_by_hand_is_kept_beside_the_new_one(
    sculpture: bpy.types.Object, promised: Callable[..., TexturePlan]
) -> None:
    (first,) = job.run(promised(views="RING", count=2), _ignore).report.textures
    image = bpy.data.images[first.image]
    image.pixels[:4] = (1.0, 0.0, 1.0, 1.0)
    image.update()
    before = Path(first.files[0]).read_bytes()
    (second,) = rebake.reproject(sculpture, 128).textures
    assert image.is_dirty
    assert tuple(image.pixels[:4]) == (1.0, 0.0, 1.0, 1.0)
    assert Path(first.files[0]).read_bytes() == before
    assert second.files[0] != first.files[0]
    assert _image_of(sculpture) != image
    slot = sculpture.material_slots[0].material
    material.switch_version(slot, 0)
    assert _image_of(sculpture) == image
