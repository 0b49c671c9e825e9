"""Guides lie on the colour picture's pixels, and say what they should."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake import views as view_sets
from nano_banana_addon.blender.bake.mesh import read_geometry, read_visible
from nano_banana_addon.blender.guides.draw import (
    GuideKind,
    draw_guides,
    draw_maps,
    draw_silhouette,
)
from nano_banana_addon.blender.host.gpu import initialise_gpu
from tests.oracle import painter, scenes, truth
from tests.support.views import box_points

CANVAS = (224, 160)


@pytest.mark.parametrize("orthographic", [False, True])
def test_guides_lie_where_cycles_renders_the_object(tmp_path: Path, orthographic: bool) -> None:
    initialise_gpu()
    objects = scenes.suzanne(1)
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), objects)
    view = view_sets.fit_view((1, -2, 0.7), geometry.outline_points(), view_sets.Lens(CANVAS, orthographic))
    ours = draw_silhouette(geometry, view, CANVAS).astype(float) / 255
    truth.make_white(objects[0])
    theirs = truth.to_linear(painter.render(view, CANVAS, str(tmp_path), samples=64) / 255)[..., 0]
    assert 0.2 < ours.mean() < 0.8
    # The part of each pixel that is covered: half a pixel off would be 0.5 all along an outline.
    assert np.abs(ours - theirs).max() < 0.45
    assert np.abs(ours - theirs)[(theirs > 0.05) & (theirs < 0.95)].mean() < 0.15


def test_a_box_shows_flat_normals_depth_and_edges() -> None:
    initialise_gpu()
    scenes.empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2)
    geometry = read_visible(bpy.context.evaluated_depsgraph_get())
    lens = view_sets.Lens((128, 128), orthographic=True)
    view = view_sets.fit_view((0, -1, 0), box_points((-1, -1, -1), (1, 1, 1)), lens)
    guides = draw_guides(geometry, view, (128, 128), list(GuideKind))
    assert np.abs(guides[GuideKind.NORMAL][64, 64].astype(int) - (128, 128, 255)).max() <= 1
    assert guides[GuideKind.DEPTH][64, 64, 0] == 255
    assert guides[GuideKind.DEPTH][1, 1, 0] == 0
    lines = guides[GuideKind.LINES][..., 0]
    assert lines[64, 64] == 255
    assert lines[64].min() < 128, "the silhouette has no line"
    assert (lines < 128).mean() < 0.1


def test_objects_and_materials_have_colours_of_their_own() -> None:
    initialise_gpu()
    scenes.tori()
    geometry = read_visible(bpy.context.evaluated_depsgraph_get())
    view = view_sets.fit_view((1, -1, 1), np.array([[-1.0, -1, -1], [2, 1, 1]]), view_sets.Lens((128, 128)))
    colours = draw_guides(geometry, view, (128, 128), [GuideKind.IDENTITY])[GuideKind.IDENTITY]
    found, counts = np.unique(colours.reshape(-1, 3), axis=0, return_counts=True)
    assert (counts > 200).sum() == 3, "the background and two objects"
    assert len(found) < 400


def test_no_face_of_the_clay_has_the_tone_of_the_ground() -> None:
    initialise_gpu()
    scenes.empty_file()
    bpy.ops.mesh.primitive_uv_sphere_add(segments=64, ring_count=32)
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [bpy.context.object])
    view = view_sets.fit_view((0, -1, 0), box_points((-1, -1, -1), (1, 1, 1)), view_sets.Lens((128, 128)))
    clay = draw_guides(geometry, view, (128, 128), [GuideKind.CLAY])[GuideKind.CLAY][..., 0].astype(int)
    on = draw_silhouette(geometry, view, (128, 128)) == 255
    assert abs(clay[on] - clay[0, 0]).min() >= 12


def test_what_is_painted_shows_and_the_rest_is_the_key_colour() -> None:
    initialise_gpu()
    scenes.empty_file()
    bpy.ops.mesh.primitive_plane_add(size=2)
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [bpy.context.object])
    lens = view_sets.Lens((64, 64), orthographic=True, margin=0.0)
    view = view_sets.fit_view((0, 0, 1), box_points((-1, -1, 0), (1, 1, 0)), lens)
    half = np.zeros((32, 32, 4), np.uint8)
    half[:, :16] = (20, 200, 90, 255)
    shown = draw_maps(geometry, view, (64, 64), {0: half})
    assert (shown[:, 2:30] == (20, 200, 90)).all()
    assert (shown[:, 34:62] == (255, 0, 255)).all()
