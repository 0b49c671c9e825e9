# SPDX-License-Identifier: GPL-3.0-or-later
"""A bake that leaves out what views cannot see of a map is the bake that draws every view everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake import bake as bake_module
from nano_banana_addon.blender.bake.bake import BakedMap, BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.mesh import Geometry, read_geometry
from nano_banana_addon.blender.bake.tiles import FacingTiles, Tiles
from nano_banana_addon.blender.bake.uv_checks import split_tiles
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.bake.view_uniforms import ViewMatrices
from nano_banana_addon.blender.bake.views import Lens, fit_view, ring
from nano_banana_addon.core.scene.capture import View
from tests.oracle import scenes

PIXELS = 512
#: Where views stand amid the object, and from where they look at it.
AMID = [((-0.3, -0.1, 0.1), (0.1, -1, 0.2)), ((-0.3, -1, 0.1), (0, -1, 0)), ((-0.3, -0.2, 0.1), (-1, -0.3, 0.3))]
SETTINGS = BakeSettings(size=(320, 320), match_colours=False, finish=False, heat_size=0, strip_texels=320 * 192)


class EveryTile(Tiles):
    """Says of each view that it may weigh any amount in each tile, and that texels there are wider than its pixels."""

    def find_facing(
        self, matrices: ViewMatrices, picture_height: float, least_cosine: float, *, both_sides: bool = False
    ) -> FacingTiles:
        found = super().find_facing(matrices, picture_height, least_cosine, both_sides=both_sides)
        return FacingTiles(np.full_like(found.most, np.inf), np.ones_like(found.is_coarse))


def read(shape: bpy.types.Object) -> Geometry:
    """An object whose parts lie in two UDIM tiles, and what stands before it."""
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [shape])
    geometry = replace(geometry, targets=split_tiles(geometry.targets[0]))
    assert [surface.tile for surface in geometry.targets] == [1001, 1002]
    return geometry


def join(first: bpy.types.Object, second: bpy.types.Object) -> bpy.types.Object:
    """Both as one object, the second in a UDIM tile of its own."""
    for place in second.data.uv_layers[0].uv:
        place.vector.x += 1
    with bpy.context.temp_override(active_object=first, selected_editable_objects=[first, second]):
        bpy.ops.object.join()
    return first


def build_rings() -> Geometry:
    """Two rings through each other, and a sheet in front of them."""
    shape = join(*scenes.tori())
    bpy.ops.mesh.primitive_plane_add(size=0.4, location=(0.3, -1.3, 0), rotation=(1.3, 0, 0.4))
    return read(shape)


def build_wall() -> Geometry:
    """A box before a wall of two triangles, which lie partly before, partly behind a view that stands beside them."""
    scenes.empty_file()
    bpy.ops.mesh.primitive_cube_add(size=0.4, location=(0.4, -0.5, -0.3), rotation=(0, 0, 0.5))
    box = bpy.context.object
    bpy.ops.mesh.primitive_plane_add(size=2, rotation=(np.pi / 2, 0, 0))
    return read(join(bpy.context.object, box))


@pytest.fixture(params=[build_rings, build_wall], ids=["rings", "wall"])
def geometry(request: pytest.FixtureRequest) -> Geometry:
    build: Callable[[], Geometry] = request.param
    return build()


def make_views(geometry: Geometry, *, is_flat: bool) -> list[View]:
    """All around, near by, at a wide angle, and from places amid the object, with some of it behind them."""
    lens, points = Lens((PIXELS, PIXELS), orthographic=is_flat), geometry.outline_points()
    middle = points.mean(axis=0)
    wide = fit_view((0.05, 0.1, 1), points, replace(lens, angle=75.0))
    return [
        *ring(points, lens, 4, 25.0),
        fit_view((0.2, -1, 0.1), (points - middle) * 0.3 + middle, lens),
        wide,
        *(look_from(place, fit_view(side, points, replace(lens, angle=75.0))) for place, side in AMID),
    ]


def look_from(place: tuple[float, float, float], view: View) -> View:
    """A view from another place, which shows what is near it, too."""
    near, far = 0.02, 10.0
    world = tuple((*row[:3], to) for row, to in zip(view.world, (*place, 1.0), strict=True))
    depth = (2 / (near - far), (far + near) / (near - far))
    if not view.orthographic:
        depth = ((far + near) / (near - far), 2 * far * near / (near - far))
    return replace(view, world=world, projection=(*view.projection[:2], (0.0, 0.0, *depth), view.projection[3]))


def paint(views: list[View]) -> list[PaintedView]:
    """Each view other noise, so that no pixel of one can stand for another's; the first and the steep one doubtful."""
    dice = np.random.default_rng(3)
    pictures = [dice.integers(0, 256, (PIXELS, PIXELS, 3), np.uint8) for _ in views]
    weights = [1e-3, 1.0, 1.0, 1.0, 1.0, 1e-9, 1.0, 1.0, 1.0][-len(views) :]
    return [PaintedView(*pair, weight=weight) for *pair, weight in zip(views, pictures, weights, strict=True)]


def bake(geometry: Geometry, views: list[PaintedView]) -> tuple[BakedMap, ...]:
    return bake_geometry(geometry, views, SETTINGS).maps


@pytest.mark.parametrize("count", [1, 9], ids=["whole", "bands"])
@pytest.mark.parametrize("is_flat", [True, False], ids=["orthographic", "perspective"])
def test_leaving_tiles_out_changes_nothing(
    geometry: Geometry, is_flat: bool, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = paint(make_views(geometry, is_flat=is_flat)[-count:])
    left_out = bake(geometry, views)
    monkeypatch.setattr(bake_module, "Tiles", EveryTile)
    for ours, whole in zip(left_out, bake(geometry, views), strict=True):
        assert np.array_equal(ours.painted_mask, whole.painted_mask)
        difference = np.abs(ours.rgba.astype(int) - whole.rgba)
        # Sums are added up in another order, and without shares that change less than a hundredth of a level.
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-4
    assert max(baked.coverage for baked in left_out) > (0.01 if count == 1 else 0.6)
