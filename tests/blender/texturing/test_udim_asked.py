# SPDX-License-Identifier: GPL-3.0-or-later
"""UDIM Tiles: a tiled image also where all UVs lie in the first tile, for pipelines that go by its file names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver.datablocks import files
from nano_banana_addon.blender.deliver.material.base_image import find_base_image
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.texture import add_view, job, rebake
from nano_banana_addon.features.texture.apply_maps import AppliedTexture
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.plan import TexturePlan
from tests.support.tiles import spread_over_tiles

from .conftest import choose_texture_settings, pixels_of
from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]


def list_tiles(texture: AppliedTexture) -> list[int]:
    """The tiles of a texture's image, whose files are named by them; [] for an image that is not tiled."""
    image = bpy.data.images[texture.image]
    assert files.describe_missing(image) == ""
    if image.source != "TILED":
        assert [Path(path).suffixes for path in texture.files] == [[".png"]]
        return []
    numbers = [tile.number for tile in image.tiles]
    assert "<UDIM>" in image.filepath
    assert [Path(path).suffixes for path in texture.files] == [[f".{number}", ".png"] for number in numbers]
    return numbers


def make(plan: TexturePlan) -> AppliedTexture:
    (texture,) = job.run(plan, quiet).report.textures
    return texture


def test_an_object_on_one_tile_gets_a_tiled_image_that_its_material_shows(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    plain = make(promised(count=2, guides=("CLAY",)))
    asked = posts(server)
    tiled = make(promised(count=2, guides=("CLAY",), udim=True))
    assert (list_tiles(plain), list_tiles(tiled)) == ([], [1001])
    assert posts(server) == asked, "the same views were paid again"
    assert (pixels_of(tiled.files[0]) == pixels_of(plain.files[0])).all()
    assert find_base_image(sculpture).image.name == tiled.image
    shown, before = (np.array(bpy.data.images[each.image].pixels) for each in (tiled, plain))
    assert (shown == before).all(), "Blender does not find the tile's pixels"
    again = rebake.reproject(sculpture, 128).textures[0]
    assert list_tiles(again) == [1001], "Reproject has forgotten it"
    assert pixels_of(again.files[0]).shape == (128, 128, 3)
    assert list_tiles(make(promised(count=2, guides=("CLAY",)))) == []


def test_it_comes_back_with_the_saved_file(sculpture: bpy.types.Object, promised: Promised, tmp_path: Path) -> None:
    preferences.get_preferences().keep_pictures = "BESIDE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    texture = make(promised(count=1, guides=("CLAY",), udim=True))
    assert list_tiles(texture) == [1001]
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    image = bpy.data.images[texture.image]
    assert image.filepath == f"//{files.FOLDER}/{Path(texture.files[0]).name.replace('1001', '<UDIM>')}"
    assert list_tiles(texture) == [1001]
    assert image.size[0] == 256


def test_objects_whose_uvs_say_it_keep_their_tiles(sculpture: bpy.types.Object, promised: Promised) -> None:
    spread_over_tiles(sculpture)
    assert list_tiles(make(promised(count=1, guides=("CLAY",), udim=True))) == [1001, 1002, 1011, 1012]


def test_an_atlas_becomes_a_tiled_image(sculpture: bpy.types.Object, promised: Promised) -> None:
    bpy.ops.mesh.primitive_cube_add(location=(4, 0, 0))
    cube = bpy.context.object
    sculpture.select_set(True)
    bpy.context.scene.nano_banana.texturing.texture_size = 512
    assert bpy.ops.nano_banana.unwrap(atlas=True) == {"FINISHED"}
    texture = make(promised(count=1, guides=("CLAY",), atlas=True, udim=True))
    assert list_tiles(texture) == [1001]
    assert {find_base_image(obj).image.name for obj in (sculpture, cube)} == {texture.image}


def test_a_sequence_becomes_a_tiled_image(sculpture: bpy.types.Object, promised: Promised) -> None:
    assert list_tiles(make(promised(count=2, guides=("CLAY",), mode="SEQUENTIAL", udim=True))) == [1001]


@pytest.mark.parametrize("was_tiled", [True, False])
def test_a_view_that_is_added_leaves_the_kind_of_image(
    sculpture: bpy.types.Object, promised: Promised, was_tiled: bool
) -> None:
    before = make(promised(count=1, guides=("CLAY",), udim=was_tiled))
    bpy.ops.object.camera_add(location=(0.5, -5, 0.5), rotation=(1.47, 0, 0.1))
    bpy.context.scene.camera = bpy.context.object
    bpy.context.view_layer.objects.active = sculpture
    choices = choose_texture_settings(guides=("CLAY",), cameras=(bpy.context.scene.camera.name,), udim=not was_tiled)
    after = make(add_view.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene), choices))
    assert after.image != before.image
    assert list_tiles(after) == list_tiles(before) == ([1001] if was_tiled else [])


def test_uvs_that_reach_beyond_the_tile_are_refused_before_paying(
    sculpture: bpy.types.Object, promised: Promised, server: Simulator
) -> None:
    """Blender repeats a plain image there; of a tiled one it would show nothing."""
    for corner in sculpture.data.uv_layers[0].uv:
        corner.vector.x += 0.06
    bpy.context.view_layer.update()
    with pytest.raises(InputError, match="beyond the first tile") as refusal:
        promised(count=1, guides=("CLAY",), udim=True)
    assert refusal.value.remedy == "NEW_UV_MAP"
    assert not posts(server)
    assert list_tiles(make(promised(count=1, guides=("CLAY",)))) == []


def test_the_panels_choice_reaches_the_request(sculpture: bpy.types.Object, promised: Promised) -> None:
    assert not promised(count=1).order.requests[0].texture.udim
    bpy.context.scene.nano_banana.texturing.udim = True
    assert promised(count=1).order.requests[0].texture.udim
    assert not texture_info.find_blocker(bpy.context)
