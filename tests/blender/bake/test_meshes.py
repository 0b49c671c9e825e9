"""What can be painted, and the words for what cannot."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake.batches import surface_batch
from nano_banana_addon.blender.bake.mesh import Geometry, Surface, read_geometry
from nano_banana_addon.blender.bake.project import draw_positions, draw_surface_mask
from nano_banana_addon.blender.bake.uv_checks import check_uvs, split_tiles, wrap_uvs
from nano_banana_addon.blender.host.gpu import initialise_gpu
from nano_banana_addon.core.errors import InputError


@pytest.fixture
def plane() -> bpy.types.Object:
    initialise_gpu()
    bpy.ops.mesh.primitive_plane_add()
    return bpy.context.object


def _read(*objects: bpy.types.Object, **choices: object) -> Geometry:
    return read_geometry(bpy.context.evaluated_depsgraph_get(), objects, **choices)


def _move_uvs(shape: bpy.types.Object, scale: float, offset: float) -> None:
    for entry in shape.data.uv_layers[0].uv:
        entry.vector = entry.vector * scale
        entry.vector[0] += offset


def test_modifiers_are_applied(plane: bpy.types.Object) -> None:
    modifier = plane.modifiers.new("Subdivision", "SUBSURF")
    modifier.levels = 2
    assert _read(plane).targets[0].triangle_count == 32


def test_a_mirrored_object_still_faces_outwards(plane: bpy.types.Object) -> None:
    plane.scale = (1, 1, 1)
    upright = _read(plane).targets[0].flat_normals[0]
    plane.scale = (-1, 1, 1)
    bpy.context.view_layer.update()
    mirrored = _read(plane).targets[0]
    assert np.allclose(upright, (0, 0, 1))
    assert np.allclose(mirrored.flat_normals, (0, 0, 1))
    assert np.allclose(mirrored.normals, (0, 0, 1), atol=1e-3)


def test_far_from_the_origin_nothing_is_lost(plane: bpy.types.Object) -> None:
    plane.location = (50_000, -80_000, 10)
    bpy.context.view_layer.update()
    geometry = _read(plane)
    assert np.allclose(np.abs(geometry.targets[0].corners[..., :2]), 1, atol=1e-6)
    assert np.allclose(geometry.bounds[0], (49_999, -80_001, 10))


def test_the_map_for_rendering_is_used_unless_one_is_named(plane: bpy.types.Object) -> None:
    second = plane.data.uv_layers.new(name="Second")
    second.active_render = True
    assert _read(plane).targets[0].uv_map == "Second"
    assert _read(plane, uv_map="UVMap").targets[0].uv_map == "UVMap"
    with pytest.raises(InputError, match="it has UVMap, Second"):
        _read(plane, uv_map="Third")


def test_a_mesh_without_uvs_is_refused_with_the_remedy(plane: bpy.types.Object) -> None:
    plane.data.uv_layers.remove(plane.data.uv_layers[0])
    plane.data.update_tag()
    with pytest.raises(InputError, match="no UV map") as refusal:
        _read(plane)
    assert "Unwrap" in refusal.value.next_step


def test_an_object_without_a_surface_is_refused(plane: bpy.types.Object) -> None:
    empty = bpy.data.objects.new("Marker", None)
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.update()
    with pytest.raises(InputError, match="Marker has no surface"):
        _read(empty)


def _join_moved(plane: bpy.types.Object, *tiles: tuple[float, float]) -> Surface:
    """The plane and copies of it with UVs moved by so many squares, as one object's surface."""
    layouts = [0.5 + 0.9 * (np.array([(0, 0), (1, 0), (0, 1), (1, 1)]) - 0.5) + tile for tile in ((0, 0), *tiles)]
    mesh = bpy.data.meshes.new("Planes")
    corners = [(x + 3 * n, y, 0) for n in range(len(layouts)) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
    mesh.from_pydata(corners, [], [(4 * n, 4 * n + 1, 4 * n + 3, 4 * n + 2) for n in range(len(layouts))])
    uvs = np.concatenate([layout[[0, 1, 3, 2]] for layout in layouts]).astype(np.float32)
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", uvs.reshape(-1))
    plane.data = mesh
    bpy.context.view_layer.update()
    return _read(plane).targets[0]


def test_udim_tiles_are_split_each_into_its_own_square(plane: bpy.types.Object) -> None:
    """Also with holes between them, in the upper rows, and where there are many."""
    parts = split_tiles(_join_moved(plane, (1, 0), (3, 0), (9, 99)))
    assert [part.tile for part in parts] == [1001, 1002, 1004, 2000]
    assert [part.triangle_count for part in parts] == [2, 2, 2, 2]
    for part in parts:
        assert check_uvs(part).notes() == ()
        assert np.abs(part.uvs - 0.5).max() == pytest.approx(0.45, abs=1e-4)
    assert len(split_tiles(_join_moved(plane, *((n % 10, n // 10) for n in range(1, 30))))) == 30


@pytest.mark.parametrize("beside", [(0.5, 0.0), (-1.0, 0.0), (10.0, 0.0), (0.0, 100.0), (float("nan"), 0.0)])
def test_uvs_that_lie_beside_the_tiles_are_refused(plane: bpy.types.Object, beside: tuple[float, float]) -> None:
    (surface,) = split_tiles(_join_moved(plane, (1, 0), beside))
    with pytest.raises(InputError, match=r"leave the square|not numbers"):
        check_uvs(surface)


def test_a_face_without_area_makes_no_tile(plane: bpy.types.Object) -> None:
    surface = _join_moved(plane, (1, 0))
    uvs = surface.uvs.copy()
    uvs[-1] = (7.0, 3.0)
    assert [part.tile for part in split_tiles(replace(surface, uvs=uvs))] == [1001, 1002]


def test_a_repeating_texture_is_refused(plane: bpy.types.Object) -> None:
    _move_uvs(plane, 3.0, 0.0)
    with pytest.raises(InputError, match="leave the square") as caught:
        check_uvs(_read(plane).targets[0])
    assert caught.value.remedy == "NEW_UV_MAP", "the button that the message names stands below it"


def test_uvs_in_one_place_are_refused(plane: bpy.types.Object) -> None:
    _move_uvs(plane, 0.0, 0.5)
    with pytest.raises(InputError, match="one place"):
        check_uvs(_read(plane).targets[0])


def test_overlap_is_measured_and_told(plane: bpy.types.Object) -> None:
    assert check_uvs(_read(plane).targets[0]).notes() == ()
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    for polygon in cube.data.polygons:
        for index, loop in enumerate(polygon.loop_indices):
            cube.data.uv_layers[0].uv[loop].vector = ((0, 0), (1, 0), (1, 1), (0, 1))[index]
    report = check_uvs(_read(cube).targets[0])
    assert report.overlap == 1.0
    assert "100%" in report.notes()[0]


def test_instances_hide_what_is_behind_them(plane: bpy.types.Object) -> None:
    bpy.ops.mesh.primitive_ico_sphere_add(radius=0.2)
    small = bpy.context.object
    small.parent = plane
    plane.instance_type = "VERTS"
    bpy.context.view_layer.update()
    bpy.ops.mesh.primitive_plane_add(location=(0, 0, -1))
    assert sum(1 for surface in _read(bpy.context.object).occluders if surface.name == small.name) >= 4


@pytest.mark.parametrize("across", [-0.052, 0.07])
def test_uvs_a_little_outside_the_square_come_in_on_its_other_side(plane: bpy.types.Object, across: float) -> None:
    """As Blender repeats an image: no texel of the square stays without a place."""
    _move_uvs(plane, 1.0, across)
    surface = wrap_uvs(_read(plane).targets[0])
    check_uvs(surface)
    assert draw_surface_mask(surface_batch(surface), (64, 64)).all()
    places = draw_positions(surface_batch(surface), (64, 64))
    column = int((1 + across) * 64) % 64  # where the plane's borders meet
    assert abs(places[32, (column - 2) % 64, 0] - places[32, (column + 2) % 64, 0]) > 1.5


def test_broken_coordinates_are_told_as_such(plane: bpy.types.Object) -> None:
    plane.data.vertices[0].co.x = float("nan")
    plane.data.update_tag()
    with pytest.raises(InputError, match="coordinates are not numbers"):
        _read(plane)
