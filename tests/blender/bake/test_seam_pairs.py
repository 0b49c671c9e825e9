# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of each cut of a UV map are known, however the mesh came to it."""

from __future__ import annotations

import bpy
import numpy as np

from nano_banana_addon.blender.bake.mesh import Surface, read_geometry
from nano_banana_addon.blender.bake.seam_pairs import find_seam_pairs
from tests.oracle import scenes

SIZE = (256, 256)


def surface_of(shape: bpy.types.Object) -> Surface:
    bpy.context.view_layer.update()
    return read_geometry(bpy.context.evaluated_depsgraph_get(), [shape]).targets[0]


def cube(*, split: bool) -> bpy.types.Object:
    """A cube whose six sides are islands; `split`: they share no points, as after an import."""
    scenes.empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2)
    shape = bpy.context.object
    for face in range(6):
        for corner in range(4):
            x, y = (0, 1, 1, 0)[corner], (0, 0, 1, 1)[corner]
            uv = ((face % 3 + 0.1 + 0.8 * x) / 3, (face // 3 + 0.1 + 0.8 * y) / 2)
            shape.data.uv_layers[0].uv[face * 4 + corner].vector = uv
    if split:
        shape.modifiers.new("Split", "EDGE_SPLIT").split_angle = 0.1
    return shape


def sorted_pairs(surface: Surface) -> np.ndarray:
    first, second = find_seam_pairs([surface], SIZE)
    both = np.stack([first, second], axis=1)
    sides = np.sort(both[..., 0] * SIZE[0] + both[..., 1], axis=1)
    return np.unique(sides, axis=0)


def test_a_mesh_whose_seams_are_split_has_the_same_pairs() -> None:
    whole, split = (surface_of(cube(split=split)) for split in (False, True))
    assert len(np.unique(split.vertices)) > len(np.unique(whole.vertices))
    expected = sorted_pairs(whole)
    assert len(expected) > 12 * 60
    assert np.array_equal(sorted_pairs(split), expected)


def test_the_scans_sides_meet() -> None:
    (shape,) = scenes.scan(12)
    first, second = find_seam_pairs([surface_of(shape)], SIZE)
    assert len(first) >= 12 * 12
    assert not np.array_equal(first, second)


def test_two_sheets_back_to_back_have_no_seam() -> None:
    scenes.empty_file()
    mesh = bpy.data.meshes.new("Leaf")
    corners = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
    mesh.from_pydata([*corners, *corners], [], [(0, 1, 2, 3), (7, 6, 5, 4)])
    layer = mesh.uv_layers.new(name="UVMap")
    uvs = [(0, 0), (0.4, 0), (0.4, 0.4), (0, 0.4), (0.6, 1), (1, 1), (1, 0.6), (0.6, 0.6)]
    for index, uv in enumerate(uvs):
        layer.uv[index].vector = uv
    shape = bpy.data.objects.new("Leaf", mesh)
    bpy.context.scene.collection.objects.link(shape)
    assert not len(find_seam_pairs([surface_of(shape)], SIZE)[0])
