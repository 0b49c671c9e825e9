# SPDX-License-Identifier: GPL-3.0-or-later
"""One texture for several objects: islands of one texel density side by side, one image, everything else as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake.batches import surface_batch
from nano_banana_addon.blender.bake.mesh import read_geometry
from nano_banana_addon.blender.bake.project import draw_surface_mask
from nano_banana_addon.blender.deliver.material import atlas
from nano_banana_addon.blender.deliver.material.base_image import find_base_image
from nano_banana_addon.blender.host.gpu import initialise_gpu
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.texture import ATLAS_MAP, require_texture_context
from nano_banana_addon.features.texture import job, rebake
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.plan import TexturePlan

from .conftest import pixels_of, true_map

Promised = Callable[..., TexturePlan]
SIZE = 512


def _ignore(*_: object) -> None:
    """Progress is not looked at."""


@pytest.fixture
def group(sculpture: bpy.types.Object) -> list[bpy.types.Object]:
    """Five objects of different sizes, densities and layouts: one without UVs, one scaled unevenly, one with shape
    keys, one mirrored."""
    bpy.ops.mesh.primitive_cube_add(location=(4, 0, 0), scale=(1, 1, 3))
    uneven = bpy.context.object
    bpy.ops.mesh.primitive_uv_sphere_add(location=(0, 4, 0), radius=0.4, segments=16, ring_count=8)
    keyed = bpy.context.object
    keyed.shape_key_add(name="Basis")
    keyed.shape_key_add(name="Up").data[0].co.z += 0.5
    bpy.ops.mesh.primitive_torus_add(location=(-4, 0, 0))
    bare = bpy.context.object
    bare.data.uv_layers.remove(bare.data.uv_layers[0])
    bpy.ops.mesh.primitive_grid_add(location=(0, -4, 0), size=3)
    mirrored = bpy.context.object
    mirrored.scale = (-2, 1, 1)
    objects = [sculpture, uneven, keyed, bare, mirrored]
    for obj in objects:
        obj.select_set(True)
    bpy.context.view_layer.objects.active = sculpture
    bpy.context.view_layer.update()
    bpy.context.scene.nano_banana.texturing.texture_size = SIZE
    return objects


def _measure_density(obj: bpy.types.Object) -> float:
    """The root of the area in the map for an area of one in the world."""
    (surface,) = read_geometry(
        bpy.context.evaluated_depsgraph_get(), [obj], uv_map=ATLAS_MAP, include_occluders=False
    ).targets
    edges = surface.uvs[:, 1:] - surface.uvs[:, :1]
    flat = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]).sum() / 2
    sides = surface.corners[:, 1:] - surface.corners[:, :1]
    return float(np.sqrt(flat / (np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1).sum() / 2)))


def _draw_masks(objects: list[bpy.types.Object], size: int) -> list[np.ndarray]:
    initialise_gpu()
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), objects, uv_map=ATLAS_MAP, include_occluders=False)
    return [draw_surface_mask(surface_batch(surface), (size, size)) for surface in geometry.targets]


def test_all_objects_get_the_same_texel_density_with_margins_between_them(group: list[bpy.types.Object]) -> None:
    assert bpy.ops.nano_banana.unwrap(atlas=True) == {"FINISHED"}
    densities = [_measure_density(obj) for obj in group]
    assert max(densities) / min(densities) < 1.05
    masks = _draw_masks(group, SIZE)
    assert sum(mask.astype(int) for mask in masks).max() == 1
    used = np.mean(sum(masks))
    assert used > 0.3  # the square is not wasted
    owner = np.full((SIZE, SIZE), -1)
    for number, mask in enumerate(masks):
        owner[mask] = number
    for reach in range(1, atlas.MARGINS[0] - 2):
        for first, second in ((owner[:, reach:], owner[:, :-reach]), (owner[reach:], owner[:-reach])):
            assert not ((first >= 0) & (second >= 0) & (first != second)).any()


def test_everything_else_is_as_it_was(group: list[bpy.types.Object]) -> None:
    sculpture, uneven, _, bare, mirrored = group
    mirrored.select_set(False)
    uneven.data.polygons[0].hide = True
    sculpture.data.polygons[3].select = False
    flags = [[(p.select, p.hide) for p in obj.data.polygons] for obj in group]
    second = uneven.data.uv_layers.new(name="Second")
    uneven.data.uv_layers.active = second
    before = [np.array([tuple(uv.vector) for uv in obj.data.uv_layers[0].uv]) for obj in (sculpture, uneven)]
    sync = bpy.context.scene.tool_settings.use_uv_select_sync
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    bpy.ops.nano_banana.unwrap(atlas=True)
    assert bpy.context.mode == "PAINT_TEXTURE"
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.context.view_layer.objects.active == sculpture
    assert {obj.name for obj in bpy.context.selected_objects} == {obj.name for obj in group} - {mirrored.name}
    assert ATLAS_MAP not in mirrored.data.uv_layers
    assert [[(p.select, p.hide) for p in obj.data.polygons] for obj in group] == flags
    assert (uneven.data.uv_layers.active.name, uneven.data.uv_layers[0].active_render) == ("Second", True)
    for obj, uvs in zip((sculpture, uneven), before, strict=True):
        assert np.array_equal([tuple(uv.vector) for uv in obj.data.uv_layers[0].uv], uvs)
        assert not obj.data.uv_layers[ATLAS_MAP].active_render
    assert bare.data.uv_layers[ATLAS_MAP].active_render  # its only one
    assert bpy.context.scene.tool_settings.use_uv_select_sync == sync


def test_one_image_shows_on_all_objects_by_the_map_of_the_atlas(
    group: list[bpy.types.Object], promised: Promised
) -> None:
    bpy.context.scene.nano_banana.texturing.atlas = True
    assert "Pack Atlas" in texture_info.find_blocker(bpy.context)
    bpy.ops.nano_banana.unwrap(atlas=True)
    assert not texture_info.find_blocker(bpy.context)
    plan = promised(views="RING", count=2)
    context = require_texture_context(plan.order.requests[0])
    assert (context.atlas, context.uv_map, len(context.targets)) == (True, ATLAS_MAP, 5)
    (texture,) = job.run(plan, _ignore).report.textures
    assert set(texture.objects) == {obj.name for obj in group}
    (path,) = texture.files
    assert pixels_of(path).shape == (SIZE, SIZE, 3)
    for obj in group:
        found = find_base_image(obj)
        assert (found.image.name, found.uv_map) == (texture.image, ATLAS_MAP)
    (again,) = rebake.reproject(group[2], 256).textures
    assert again.objects == texture.objects
    assert {find_base_image(obj).image.name for obj in group} == {again.image}


def test_the_colours_of_each_object_lie_on_its_own_islands(sculpture: bpy.types.Object, promised: Promised) -> None:
    """The truth of the sculpture, beside a smaller one that is turned and stands elsewhere."""
    other = sculpture.copy()
    other.data = sculpture.data.copy()
    other.location, other.scale, other.rotation_euler = (3, 0, 0), (0.5, 0.5, 0.5), (0, 0, 2.0)
    bpy.context.scene.collection.objects.link(other)
    other.select_set(True)
    bpy.context.view_layer.update()
    bpy.context.scene.nano_banana.texturing.texture_size = SIZE
    bpy.ops.nano_banana.unwrap(atlas=True)
    plan = promised(views="RING_TOP_BOTTOM", count=6, atlas=True, true=True, texture_size=SIZE)
    (texture,) = job.run(plan, _ignore).report.textures
    baked = pixels_of(texture.files[0])
    for obj in (sculpture, other):
        obj.data.uv_layers[ATLAS_MAP].active_render = True
        expected = true_map(obj, SIZE)
        mask = expected[..., 3] > 0
        difference = np.abs(baked[mask].astype(int) - expected[mask][:, :3]).mean(axis=1)
        assert np.median(difference) < 20  # of colours that differ by some 60 from texel to texel


def test_views_one_after_another_fill_the_same_image(group: list[bpy.types.Object], promised: Promised) -> None:
    bpy.ops.nano_banana.unwrap(atlas=True)
    plan = promised(views="RING", count=2, atlas=True, mode="SEQUENTIAL")
    (texture,) = job.run(plan, _ignore).report.textures
    assert len(texture.files) == 1
    assert len(texture.objects) == 5


def test_linked_duplicates_have_one_place_in_the_atlas(group: list[bpy.types.Object], promised: Promised) -> None:
    twin = group[1].copy()
    twin.location = (9, 0, 0)
    bpy.context.scene.collection.objects.link(twin)
    twin.select_set(True)
    bpy.context.view_layer.update()
    bpy.ops.nano_banana.unwrap(atlas=True)
    (texture,) = job.run(promised(views="RING", count=2, atlas=True), _ignore).report.textures
    assert len(texture.objects) == 6
    assert find_base_image(twin).image == find_base_image(group[0]).image


def test_objects_that_were_packed_apart_are_refused_before_paying(
    group: list[bpy.types.Object], promised: Promised
) -> None:
    for obj in group[:2]:
        bpy.ops.object.select_all(action="DESELECT")
        obj.select_set(True)
        bpy.context.view_layer.objects.active = obj
        bpy.ops.nano_banana.unwrap(atlas=True)
    group[0].select_set(True)
    with pytest.raises(InputError, match="lie over one another") as refusal:
        promised(views="RING", count=2, atlas=True)
    assert refusal.value.remedy == "ATLAS"
    bpy.ops.nano_banana.unwrap(atlas=True)
    promised(views="RING", count=2, atlas=True)


def _link_mesh(obj: bpy.types.Object, folder: Path) -> None:
    path, name = folder / "library.blend", obj.data.name
    bpy.data.libraries.write(str(path), {obj.data})
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        wanted.meshes = [name]
    obj.data = wanted.meshes[0]


def _empty(obj: bpy.types.Object, _folder: Path) -> None:
    obj.data.clear_geometry()


def _fill(obj: bpy.types.Object, _folder: Path) -> None:
    while len(obj.data.uv_layers) < 8:
        obj.data.uv_layers.new()


@pytest.mark.parametrize(
    ("spoil", "words"), [(_link_mesh, "linked from another file"), (_empty, "no faces"), (_fill, "8 UV maps")]
)
def test_what_cannot_be_packed_is_told_and_nothing_has_changed(
    group: list[bpy.types.Object], tmp_path: Path, spoil: Callable[..., None], words: str
) -> None:
    spoil(group[1], tmp_path)
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.nano_banana.unwrap(atlas=True)
    assert all(ATLAS_MAP not in obj.data.uv_layers for obj in group)
    assert len(bpy.context.selected_objects) == 5


def test_more_islands_than_margins_leave_room_for_are_told_and_nothing_has_changed(
    group: list[bpy.types.Object],
) -> None:
    bpy.context.scene.nano_banana.texturing.texture_size = 16
    with pytest.raises(RuntimeError, match="too many islands"):
        bpy.ops.nano_banana.unwrap(atlas=True)
    assert all(ATLAS_MAP not in obj.data.uv_layers for obj in group)
