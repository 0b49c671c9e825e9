# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel Animation in the window: keyframes are added, measured in steps that Esc stops, and priced."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, provide_google, sidebar, until


def set_the_stage() -> None:
    """A row of monkeys, and a camera that goes past it."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    for number in range(3):
        bpy.ops.mesh.primitive_monkey_add(size=2.0, location=(number * 2.2 - 2.2, 0, 0), rotation=(0, 0, number * 0.8))
    bpy.ops.object.select_all(action="SELECT")
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera, camera.rotation_euler = camera, (1.5708, 0, 0)
    scene.frame_start, scene.frame_end = 1, 12
    for frame, x in ((1, -3.0), (12, 3.0)):
        camera.location = (x, -6, 0)
        camera.keyframe_insert("location", frame=frame)
    scene.nano_banana.prompt = "mossy stone with orange lichen"


def case() -> Steps:
    simulator = provide_google()
    set_the_stage()
    open_panel("NANO_BANANA_PT_texture_animation", "Keyframes")
    area, region = yield from sidebar("VIEW_3D", "Keyframes")
    texturing = bpy.context.scene.nano_banana.texturing
    mouse = Mouse(bpy.context.window_manager.windows[0])
    x, y = yield from find(mouse, area, region, "texturing.keyframes")
    yield from mouse.click(x - 40, y)
    yield from mouse.type("1")
    yield from mouse.key("RET")
    yield from until(lambda: texturing.keyframes == "1", "a keyframe is typed")
    x, y = yield from find(mouse, area, region, "nano_banana.keyframe_coverage")
    yield from mouse.click(x, y)
    yield from until(is_measuring, "a press begins to look at frames")
    yield from mouse.move(area.x + 200, area.y + 200)
    yield from mouse.key("ESC")
    yield from until(lambda: not is_measuring(), "Esc stops")
    assert not texturing.frames_seen
    yield from mouse.click(x, y)
    yield from until(lambda: texturing.frames_seen, "all frames are looked at", 60)
    yield from until(lambda: not is_measuring(), "the operator ends")
    assert texturing.has_next_keyframe
    x, y = yield from find(mouse, area, region, "nano_banana.keyframe_add(frame=" + str(texturing.next_keyframe))
    yield from mouse.click(x, y)
    yield 0.5
    told = texturing.frames_seen
    x, y = yield from find(mouse, area, region, "nano_banana.keyframe_coverage")
    yield from mouse.click(x, y)
    yield from until(lambda: texturing.frames_seen != told, "all frames are looked at again", 60)
    assert len(bpy.data.scenes) == 1
    yield from mouse.move(area.x + 200, area.y + 200)
    yield 0.7
    picture("animation-panel", region, 240)
    x, y = yield from find(mouse, area, region, "nano_banana.texture(")
    yield from mouse.click(x, y)
    info = importlib.import_module(f"{driver.PACKAGE}.nano_banana_addon.features.texture.maps.texture_info")
    yield from until(lambda: info.group_of(bpy.data.objects["Suzanne"]), "the keyframes are on the objects", 90)
    area.spaces.active.shading.color_type = "TEXTURE"
    yield 1.0
    picture("animation-done")
    assert len(info.views_of(info.group_of(bpy.data.objects["Suzanne"]))) == 2
    simulator.stop()


def is_measuring() -> bool:
    operators = bpy.context.window_manager.windows[0].modal_operators
    return any(each.bl_idname == "NANO_BANANA_OT_keyframe_coverage" for each in operators)


driver.play(case)
