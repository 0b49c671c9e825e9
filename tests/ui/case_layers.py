# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of the compositor in the window: masks come and go, layers are exchanged. Takes the manual's picture."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, picture, until

PACKAGE = "bl_ext.user_default.nano_banana.nano_banana_addon"


def new_image(name: str, *colour: float) -> bpy.types.Image:
    image = bpy.data.images.new(name, 192, 108)
    image.pixels.foreach_set(np.tile(np.array([*colour, 1.0], np.float32), 192 * 108))
    return image


def case() -> Steps:
    layers = importlib.import_module(f"{PACKAGE}.features.layers")
    scene = bpy.context.scene
    for name, colour in (("rainy night", (0.1, 0.2, 0.5)), ("neon house", (0.9, 0.3, 0.6))):
        layers.add_image(scene, new_image(name, *colour), [])
    low = layers.list_layers(scene)[1].node
    bpy.ops.nano_banana.mask_add(layer=low.name, kind="DEPTH")
    low.inputs["Factor"].default_value = 0.6

    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda each: each.width * each.height)
    area.ui_type = "CompositorNodeTree"
    yield 0.5
    area.spaces.active.node_tree = scene.compositing_node_group
    area.spaces.active.show_region_ui = True
    yield 1.5
    region = next(each for each in area.regions if each.type == "UI")
    region.active_panel_category = "Nano Banana"
    yield 0.5
    main = next(each for each in area.regions if each.type == "WINDOW")
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.nano_banana.mask_add(kind="OBJECT")
        bpy.ops.nano_banana.layer_blend(mode="SCREEN")
        bpy.ops.node.view_all()
    yield 1.5
    mouse = Mouse(window)
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.layer_move")))
    yield from until(lambda: layers.list_layers(scene)[0].title == "rainy night", "the upper layer goes down")
    yield from mouse.move(area.x + area.width * 0.4, area.y + area.height * 0.8)  # no tooltip in the picture
    yield 1.0
    with bpy.context.temp_override(window=window, area=area, region=main):
        bpy.ops.node.select_all(action="DESELECT")
        bpy.ops.node.view_all()
    yield 1.0
    picture("layers")
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.mask_remove")))
    yield from until(lambda: sum(len(layer.masks) for layer in layers.list_layers(scene)) == 1, "one mask is left")


driver.play(case)
