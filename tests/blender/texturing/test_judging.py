# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures for judging say what is true of the bake, and can be seen on the object."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakedMap, BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.mesh import Geometry, read_geometry
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.bake.views import Lens, ring
from nano_banana_addon.features.texture.maps import check_images
from tests.oracle import scenes


@pytest.fixture(scope="module")
def baked() -> tuple[Geometry, BakedMap]:
    """A sphere, red from the front and blue from behind."""
    (sphere,) = scenes.sphere()
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [sphere])
    views = ring(geometry.outline_points(), Lens((256, 256)), 2, 0.0)
    colours = ((220, 30, 30), (30, 30, 220))
    painted = [
        PaintedView(view, np.full((256, 256, 3), colour, np.uint8)) for view, colour in zip(views, colours, strict=True)
    ]
    settings = BakeSettings(size=(256, 256), match_colours=False, finish=False)
    return geometry, bake_geometry(geometry, painted, settings).maps[0]


def test_unseen_is_magenta_and_what_one_view_has_alone_is_green(
    baked: tuple[Geometry, BakedMap],
) -> None:
    geometry, made = baked
    shown = check_images.draw_coverage(geometry.targets[0], made).astype(int)
    green = (shown[..., 1] > shown[..., 0] + 40) & (shown[..., 1] > shown[..., 2] + 40)
    magenta = (shown[..., 0] > 150) & (shown[..., 1] < 60)
    assert green[128].mean() > 0.5, "around the equator one of the two has it"
    assert magenta[:16].any(), "the poles are not seen by a level ring"
    assert magenta.mean() == pytest.approx((~made.painted_mask).mean(), abs=0.04)


def test_each_view_has_a_colour_of_its_own_where_it_painted(
    baked: tuple[Geometry, BakedMap],
) -> None:
    _, made = baked
    shown = check_images.draw_views(made).astype(int)
    red = made.rgba[..., 0].astype(int) > made.rgba[..., 2].astype(int) + 100
    blue = made.rgba[..., 2].astype(int) > made.rgba[..., 0].astype(int) + 100
    first, second = (np.median(shown[where], axis=0) for where in (red, blue))
    assert np.abs(first - second).max() > 120
    for where, colour in ((red, first), (blue, second)):
        assert (np.abs(shown[where] - colour).max(axis=-1) < 40).mean() > 0.9


def test_a_jump_at_a_seam_is_red_an_even_one_green_and_both_can_be_seen(
    baked: tuple[Geometry, BakedMap],
) -> None:
    geometry, made = baked
    wide = 2 * (256 // 700 or 1) + 1
    shown = check_images.draw_seams([geometry.targets[0]], [made])[0]
    lines = shown.max(axis=-1) > 180
    assert lines.any()
    rows = lines[64:192]
    assert rows[:, 0].all(), "the cut runs along the map's border"
    assert rows[:, 0 : (wide + 1) // 2].all(), "lines are wide enough to be seen"
    edited = made.rgba.copy()
    edited[:, :4] = (0, 255, 0, 255)
    jump = check_images.draw_seams([geometry.targets[0]], [_with(made, edited)])[0]
    assert (jump[100, 0].astype(int)[0] - jump[100, 0].astype(int)[1]) > 100


def _with(made: BakedMap, rgba: np.ndarray) -> BakedMap:
    from dataclasses import replace

    return replace(made, rgba=rgba)
