# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the compositor in the tab: every control is there, and the buttons do what they say."""

from __future__ import annotations

import types

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.compositor.mask_kinds import MASK_KINDS
from nano_banana_addon.features import layers

from .strict_layout import StrictLayout


@pytest.fixture
def two_layers() -> bpy.types.Scene:
    """A scene with a selected cube and two layers, named Low and High."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.data.materials.append(bpy.data.materials.new("Stone"))
    for name in ("Low", "High"):
        layers.add_image(scene, bpy.data.images.new(name, 16, 9), [])
    return scene


def draw(name: str) -> StrictLayout:
    layout = StrictLayout()
    panel = getattr(bpy.types, name)
    assert panel.poll(bpy.context)
    panel.draw(types.SimpleNamespace(layout=layout), bpy.context)
    return layout


def titles(scene: bpy.types.Scene) -> list[str]:
    return [layer.title for layer in layers.list_layers(scene)]


def test_all_controls_of_layers_and_masks_are_drawn(two_layers: bpy.types.Scene) -> None:
    for kind in MASK_KINDS:
        assert bpy.ops.nano_banana.mask_add(kind=kind) == {"FINISHED"}
    drawn = draw("NANO_BANANA_PT_applied")
    assert {"Low", "High", "Cube", "Stone", "Depth"} <= set(drawn.texts)
    assert drawn.operators.count("nano_banana.mask_remove") == len(MASK_KINDS)
    assert {"mute", "default_value"} <= set(drawn.properties)
    assert bpy.ops.nano_banana.layer_blend(mode="SCREEN") == {"FINISHED"}
    assert layers.list_layers(two_layers)[0].blend == "Screen"
    first, *_rest = layers.list_layers(two_layers)
    before = len(drawn.operators)
    first.node.hide = True
    assert len(draw("NANO_BANANA_PT_applied").operators) < before


def test_the_buttons_move_remove_and_refresh(two_layers: bpy.types.Scene) -> None:
    assert titles(two_layers) == ["High", "Low"]
    assert bpy.ops.nano_banana.layer_move(layer="Low", step=1) == {"FINISHED"}
    assert titles(two_layers) == ["Low", "High"]
    assert bpy.ops.nano_banana.mask_add(layer="High", kind="MATERIAL") == {"FINISHED"}
    (mask,) = layers.list_layers(two_layers)[1].masks
    assert bpy.ops.nano_banana.layers_refresh() == {"FINISHED"}
    assert bpy.ops.nano_banana.mask_remove(layer="High", mask=mask.name) == {"FINISHED"}
    assert layers.list_layers(two_layers)[1].masks == []
    assert bpy.ops.nano_banana.layer_remove(layer="Low") == {"FINISHED"}
    assert titles(two_layers) == ["High"]
    assert bpy.ops.nano_banana.remove_applied(kind="COMPOSITOR") == {"FINISHED"}
    assert titles(two_layers) == []
    assert not bpy.types.NANO_BANANA_PT_applied.poll(bpy.context)


def test_another_version_is_shown_by_the_arrows(two_layers: bpy.types.Scene) -> None:
    node = layers.list_layers(two_layers)[0].node
    from nano_banana_addon.blender.deliver.datablocks import versions

    versions.add_version(node.node_tree, bpy.data.images.new("Later", 16, 9), {"window": (0, 0, 1, 1)})
    assert "Image 2 of 2" in draw("NANO_BANANA_PT_applied").texts
    assert bpy.ops.nano_banana.layer_version(version=0) == {"FINISHED"}
    assert titles(two_layers) == ["High", "Low"]
    with pytest.raises(RuntimeError, match="no version 7"):
        bpy.ops.nano_banana.layer_version(version=7)


def test_what_cannot_be_is_said(two_layers: bpy.types.Scene) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    with pytest.raises(RuntimeError, match="nothing that the mask could choose"):
        bpy.ops.nano_banana.mask_add(kind="OBJECT")
    with pytest.raises(RuntimeError, match="There is no layer"):
        bpy.ops.nano_banana.layer_move(layer="Moon")
    assert np.all([not layer.masks for layer in layers.list_layers(two_layers)])
