# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel Animation in the window: keyframes are added, measured in steps that Esc stops, and priced."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui.driver import Steps, open_panel, picture, provide_google, sidebar, until


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
    provide_google()
    set_the_stage()
    open_panel("NANO_BANANA_PT_texture_animation", "Animation")
    area, region = yield from sidebar("VIEW_3D", "Animation")
    texturing = bpy.context.scene.nano_banana.texturing
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.keyframe_add(frame=1)
        bpy.ops.nano_banana.keyframe_coverage("INVOKE_DEFAULT")
    yield from until(lambda: texturing.frames_seen, "all frames are looked at", 120)
    assert texturing.has_next_keyframe
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.nano_banana.keyframe_add(frame=texturing.next_keyframe)
        bpy.ops.nano_banana.keyframe_coverage("INVOKE_DEFAULT")
    told = texturing.frames_seen
    yield from until(lambda: texturing.frames_seen != told, "all frames are looked at again", 120)
    assert len(bpy.data.scenes) == 1
    yield 0.5
    picture("animation-panel", region, 330)
    picture("animation-window")
