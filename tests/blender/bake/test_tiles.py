# SPDX-License-Identifier: GPL-3.0-or-later
"""A view is left out of a part of a map only where it could change nothing."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from nano_banana_addon.blender.bake import views as view_sets
from nano_banana_addon.blender.bake.batches import solid_batch, surface_batch
from nano_banana_addon.blender.bake.mesh import Geometry, read_geometry
from nano_banana_addon.blender.bake.project import draw_texels, project_view
from nano_banana_addon.blender.bake.tiles import TILE, Tiles
from nano_banana_addon.blender.bake.view_pass import PaintedView, ViewPass, prepare_view
from nano_banana_addon.blender.bake.view_uniforms import Weighting
from nano_banana_addon.blender.host.gpu import initialise_gpu
from nano_banana_addon.core.scene.capture import View
from tests.oracle import scenes

EDGE, PIXELS = 512, 256
SIDES = [(0.2, -1, 0.3), (1, 0.3, -0.4), (-0.5, 0.4, 1)]
WEIGHTING = Weighting(sharpness=3.0)


def build_floor() -> list[bpy.types.Object]:
    """Two large triangles: no corner is seen as steeply as their middle."""
    scenes.empty_file()
    bpy.ops.mesh.primitive_plane_add(size=2)
    return [bpy.context.object]


def build_cube() -> list[bpy.types.Object]:
    """Faces whose normals turn by 70 degrees: no corner faces a view as their middle does."""
    scenes.empty_file()
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.data.shade_smooth()
    return [bpy.context.object]


@pytest.fixture(params=[build_floor, build_cube, scenes.suzanne], ids=["floor", "cube", "suzanne"])
def geometry(request: pytest.FixtureRequest) -> Geometry:
    build: Callable[[], list[bpy.types.Object]] = request.param
    objects = build()  # before the dependency graph is asked for: an empty file frees the one before
    return read_geometry(bpy.context.evaluated_depsgraph_get(), objects)


def make_tiles(geometry: Geometry) -> Tiles:
    initialise_gpu()
    return Tiles(geometry.targets[0], (EDGE, EDGE))


def make_pass(geometry: Geometry, view: View) -> ViewPass:
    white = PaintedView(view, np.full((PIXELS, PIXELS, 3), 255, np.uint8))
    return prepare_view(white, [solid_batch(surface) for surface in geometry.surfaces], geometry.origin)


def weigh_tiles(geometry: Geometry, view_pass: ViewPass) -> NDArray[np.float32]:
    """The largest weight of the view in each tile (n,), drawn everywhere."""
    texels = draw_texels(surface_batch(geometry.targets[0]), (EDGE, EDGE))
    weights = project_view(texels, view_pass, WEIGHTING)[::-1, :, 3]
    return weights.reshape(EDGE // TILE, TILE, -1, TILE).max(axis=(1, 3)).reshape(-1)


@pytest.mark.parametrize("is_flat", [True, False], ids=["orthographic", "perspective"])
def test_a_view_weighs_no_more_in_a_tile_than_was_foretold(geometry: Geometry, is_flat: bool) -> None:
    tiles = make_tiles(geometry)
    lens = view_sets.Lens((PIXELS, PIXELS), orthographic=is_flat, angle=75.0)
    for side in (*SIDES, (0, 0, 1)):
        view_pass = make_pass(geometry, view_sets.fit_view(side, geometry.outline_points(), lens))
        facing = tiles.find_facing(view_pass.matrices, view_pass.picture_height, WEIGHTING.least_cosine)
        weights = weigh_tiles(geometry, view_pass)
        assert (weights <= view_pass.limit_weights(facing.most, WEIGHTING) * 1.0001).all()
    assert weights.max() > 0.1  # from above all have something to see


def test_what_a_view_cannot_see_is_left_out() -> None:
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), scenes.scan(24))
    tiles = make_tiles(geometry)
    lens = view_sets.Lens((PIXELS, PIXELS))
    view_pass = make_pass(geometry, view_sets.fit_view((0, -1, 0), geometry.outline_points(), lens))
    limits = view_pass.limit_weights(
        tiles.find_facing(view_pass.matrices, view_pass.picture_height, WEIGHTING.least_cosine).most, WEIGHTING
    )
    weights = weigh_tiles(geometry, view_pass)
    assert (limits[weights == 0] == 0).mean() > 0.7
    seen = weights > weights.max() / 4
    assert np.median(limits[seen] / weights[seen]) < 1.5
