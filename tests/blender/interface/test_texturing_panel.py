# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel Texture from Views: the price of all pictures on the button, remedies, and how the views lay."""

from __future__ import annotations

import json
from contextlib import ExitStack

import bpy
import pytest

from nano_banana_addon.blender.deliver.datablocks import ownership_tags
from nano_banana_addon.blender.deliver.datablocks.delivery_report import DeliveryLog
from nano_banana_addon.blender.deliver.datablocks.ownership_tags import Role
from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.session import panel_state

from .strict_layout import StrictLayout
from .test_panels import draw, sidebar  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("sidebar")


def drawn() -> StrictLayout:
    return draw(next(c for c in bpy.types.Panel.__subclasses__() if c.__name__ == "NANO_BANANA_PT_texturing"))


def button() -> str:
    return next(text for text in drawn().texts if text.startswith("Generate Texture"))


def test_the_button_shows_the_price_of_all_pictures() -> None:
    package = panel_state.__package__.rsplit(".", 2)[0]
    bpy.context.preferences.addons[package].preferences.provider = "google"
    choices = bpy.context.scene.nano_banana
    choices.prompt, choices.image_size = "clay", "2K"
    choices.texturing.count = 5
    assert "× 5" in button()
    assert "$0.7" in button()  # five of $0.134, with text and guides
    choices.texturing.mode = "SHEET"
    assert "×" not in button()
    assert "$0.1" in button()
    choices.texturing.refine = True
    assert "× 6" in button()


def test_an_object_without_uvs_is_offered_a_remedy() -> None:
    bpy.ops.mesh.primitive_cube_add()
    assert "nano_banana.unwrap" not in drawn().operators
    layers = bpy.context.object.data.uv_layers
    layers.remove(layers[0])
    assert "nano_banana.unwrap" in drawn().operators


def test_views_are_shown_with_their_drift_and_a_way_to_paint_them_again() -> None:
    bpy.ops.mesh.primitive_cube_add()
    image = bpy.data.images.new("Texture", 8, 8)
    ownership_tags.set_role(image, Role.IMAGE)
    view = {
        "index": 0,
        "name": "Ring 1",
        "generation": "1",
        "before": 7.25,
        "after": 0.4,
        "confidence": 0.8,
    }
    lost = {**view, "index": 1, "name": "Ring 2", "confidence": 0.01}
    ownership_tags.set_fact(image, "views", json.dumps([{**each, "limit": 3.0} for each in (view, lost)]))
    ownership_tags.set_fact(image, "coverage", 0.87)
    material.apply(image, [bpy.context.object], None, DeliveryLog(), ExitStack())
    shown = drawn()
    assert "Cube: 87% covered" in shown.texts
    assert "Ring 1: 7.2 → 0.4" in shown.texts
    assert "Ring 2: could not align" in shown.texts
    assert shown.operators.count("nano_banana.texture_regenerate_view") == 2
    assert "nano_banana.texture_reproject" in shown.operators
    ownership_tags.set_fact(image, "is_change", True)  # as of a view that was added to a texture
    assert "Cube: 87% changed" in drawn().texts


def test_coverage_is_shown_until_something_changes_and_shared_uvs_have_a_remedy() -> None:
    bpy.ops.mesh.primitive_cube_add()
    group = bpy.context.scene.nano_banana.texturing
    assert not [text for text in drawn().texts if "of the surface" in text]
    bpy.ops.nano_banana.texture_coverage()
    assert [text for text in drawn().texts if text.startswith("4 views see")]
    assert "nano_banana.unwrap" not in drawn().operators
    group.uv_notes = "Cube: 50% of the UV map is shared by several places."
    assert "nano_banana.unwrap" in drawn().operators
    bpy.context.object.location.x = 2.0
    bpy.context.view_layer.update()
    assert not [text for text in drawn().texts if "of the surface" in text]


def test_a_bake_is_shown_and_can_be_stopped() -> None:
    assert "nano_banana.texture_cancel_bake" not in drawn().operators
    panel_state.get_properties().baking, panel_state.get_properties().baking_fraction = "Aligning Ring 2", 0.3
    try:
        assert "Aligning Ring 2" in drawn().texts
        assert "nano_banana.texture_cancel_bake" in drawn().operators
    finally:
        panel_state.get_properties().baking = ""


def test_guides_can_be_looked_at_and_the_mask_has_an_image() -> None:
    group = bpy.context.scene.nano_banana.texturing
    assert "nano_banana.show_guides" in drawn().operators
    assert "Mask" not in drawn().texts
    group.guides = {"CLAY", "MASK"}
    assert "Mask" in drawn().texts


def test_a_view_that_was_left_out_has_its_reason_and_can_be_used_all_the_same() -> None:
    bpy.ops.mesh.primitive_cube_add()
    image = bpy.data.images.new("Texture", 8, 8)
    ownership_tags.set_role(image, Role.IMAGE)
    view = {"index": 0, "name": "Ring 1", "generation": "1", "before": 0.0, "after": 0.0, "confidence": 0.9}
    wrong = {**view, "index": 1, "reason": "it contradicts the other views", "forced": False}
    used = {**wrong, "index": 2, "forced": True}
    ownership_tags.set_fact(image, "views", json.dumps([{**each, "limit": 3.0} for each in (view, wrong, used)]))
    material.apply(image, [bpy.context.object], None, DeliveryLog(), ExitStack())
    shown = drawn()
    assert "Left out: it contradicts" in " ".join(shown.texts)
    assert shown.operators.count("nano_banana.texture_use_view") == 1
