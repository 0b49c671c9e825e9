# SPDX-License-Identifier: GPL-3.0-or-later
"""A sequence that is continued in the window: its views are aligned while Blender draws; the cross gives that up."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, open_panel, picture, provide_google, sidebar, until

COUNT = 3


def module(name: str):
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def case() -> Steps:
    simulator = provide_google()
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    bpy.ops.mesh.primitive_monkey_add(size=4.0)
    name, choices = bpy.context.object.name, bpy.context.scene.nano_banana
    choices.prompt, choices.image_size, texturing = "mossy stone", "1K", choices.texturing
    texturing.views, texturing.mode, texturing.count, texturing.texture_size = "RING", "SEQUENTIAL", COUNT, 1024
    open_panel("NANO_BANANA_PT_texturing", "Texturing")
    area, region = yield from sidebar("VIEW_3D", "Texturing")
    window = bpy.context.window_manager.windows[0]
    info, session = module("features.texture.maps.texture_info"), module("session.session")
    news = module("session.panel_state").get_properties

    def press() -> None:
        with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
            bpy.ops.nano_banana.texture("INVOKE_DEFAULT")

    press()
    yield from until(lambda: info.group_of(bpy.data.objects[name]), "the texture is on", 240)
    sent = len(simulator.requests)
    *_, last = session.current().store.many(info.generations_of(info.group_of(bpy.data.objects[name])))
    Path(last.picture.path).unlink()
    yield 0.5
    press()
    yield from until(lambda: news().baking.startswith("Aligning Ring 2"), "the second view is aligned", 60)
    picture("sequence-continued", region)
    bpy.ops.nano_banana.texture_cancel_bake()
    yield 1.0
    assert (news().baking, len(simulator.requests)) == ("", sent), "what was given up was sent"
    press()
    turns = 0
    while news().baking:
        yield 0.0
        turns += 1
    assert turns > COUNT, "Blender had no turn while the views were aligned"
    yield from until(lambda: len(simulator.requests) > sent, "what is missing is sent", 60)
    yield from until(lambda: not news().baking and not session.current().under_way, "the texture is on", 240)
    simulator.stop()


driver.play(case)
