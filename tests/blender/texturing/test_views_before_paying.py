# SPDX-License-Identifier: GPL-3.0-or-later
"""Views that would be paid for nothing are refused before anything is sent, with the button that mends it."""

from __future__ import annotations

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.session import panel_state

from .test_single import posts


@pytest.fixture(autouse=True)
def _nothing_sent(server: Simulator) -> None:
    yield
    assert posts(server) == 0


def refused() -> str:
    with pytest.raises(RuntimeError):
        bpy.ops.nano_banana.texture()
    return panel_state.get_properties().notice


def test_views_placed_for_another_object(sculpture: bpy.types.Object) -> None:
    """The views of a small thing, a tower selected: only its middle is in the views."""
    bpy.context.scene.nano_banana.texturing.count = 4
    bpy.ops.nano_banana.texture_show_views()
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.mesh.primitive_cube_add(size=2.0, scale=(1.0, 1.0, 14.0))
    told = refused()
    assert "see only" in told
    assert "placed around it they would see" in told
    assert panel_state.get_properties().notice_kind == "SHOW_VIEWS"


def test_views_that_look_elsewhere(sculpture: bpy.types.Object) -> None:
    bpy.context.scene.nano_banana.texturing.count = 3
    bpy.ops.nano_banana.texture_show_views()
    sculpture.location.x += 100.0
    bpy.context.view_layer.update()
    assert f"see nothing of {sculpture.name}" in refused()
    assert panel_state.get_properties().notice_kind == "SHOW_VIEWS"


def test_one_view_that_looks_elsewhere_is_named(sculpture: bpy.types.Object) -> None:
    bpy.context.scene.nano_banana.texturing.count = 3
    bpy.ops.nano_banana.texture_show_views()
    entry = bpy.context.scene.nano_banana.texturing.view_list[1]
    entry.camera.rotation_euler.z += 3.14159
    bpy.context.view_layer.update()
    assert refused().startswith(f"{entry.name} would see nothing")


def test_a_surface_whose_normals_point_inwards(sculpture: bpy.types.Object) -> None:
    sculpture.data.flip_normals()
    with pytest.raises(RuntimeError, match=r"(?s)turned inside out.*Recalculate Outside"):
        bpy.ops.nano_banana.texture()


def test_stacked_islands_are_the_reason_and_not_the_views(sculpture: bpy.types.Object) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.mesh.primitive_cube_add()
    mesh = bpy.context.object.data
    for face in mesh.polygons:
        for loop, corner in zip(face.loop_indices, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
            mesh.uv_layers.active.uv[loop].vector = corner
    assert refused().startswith("100% of the UV map of Cube is used by several parts")
    assert panel_state.get_properties().notice_kind == "NEW_UV_MAP"
    bpy.ops.nano_banana.unwrap(beside=True)
    bpy.ops.nano_banana.texture_coverage()
    assert bpy.context.scene.nano_banana.texturing.seen > 0.6
