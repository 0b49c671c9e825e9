# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard in the window: its shots, progress, and the way to the sequencer. Takes the picture of the manual."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, provide_google, sidebar, until

SHOTS = ("Wide", "Jug", "Bottle", "Close")


def set_the_stage() -> None:
    """The demo's still life, with four cameras on the timeline."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    choices = scene.nano_banana
    choices.image_size, choices.shading = "1K", "SOLID"
    choices.prompt = "Oil painting of a still life in golden light"
    for number, name in enumerate(SHOTS):
        camera = scene.camera.copy()
        camera.data = scene.camera.data.copy()
        camera.data.lens += 15 * number
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(name, frame=1 + 24 * number).camera = camera


def case() -> Steps:
    simulator = provide_google()
    simulator.script("silence", times=4, seconds=4.0)
    set_the_stage()
    open_panel("NANO_BANANA_PT_storyboard", "Storyboard")
    area, region = yield from sidebar("VIEW_3D", "Storyboard")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    shown = bpy.context.window_manager.nano_banana
    x, y = yield from find(mouse, area, region, "nano_banana.storyboard(")
    yield from mouse.click(x, y)
    yield from until(lambda: shown.storyboard == "3 of 4", "two shots are ready", 120)
    yield from mouse.move(area.x + 200, area.y + 200)
    yield 0.7
    picture("storyboard", region, 350)
    yield from until(lambda: not shown.storyboard, "all shots are ready", 120)
    yield 0.5
    yield from show_list(mouse, area, region)
    bpy.context.scene.nano_banana.storyboard.shots.clear()
    yield 0.5
    x, y = yield from find(mouse, area, region, "nano_banana.open_storyboard")
    yield from mouse.click(x, y)
    yield 1.5
    window = bpy.context.window_manager.windows[-1]
    editor = window.screen.areas[0]
    assert editor.type == "SEQUENCE_EDITOR"
    assert len(window.workspace.sequencer_scene.sequence_editor.strips) == len(SHOTS)
    picture("storyboard-window")
    simulator.stop()


def show_list(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """Make a list of the shots, change what one of them sees, check."""
    scene = bpy.data.scenes["Scene"]
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        bpy.ops.nano_banana.shots_update(origin="MARKERS")
        group = scene.nano_banana.storyboard
        for entry, action in zip(group.shots, ("The table in the morning", "The jug", "", "The pears"), strict=True):
            entry.action = action
        group.active_shot = 1
        group.shots[1].prompt = "steam rises from the jug"
        group.shots[1].settings.image_size = "2K"
        bpy.data.objects["Pear Lying"].location.x -= 0.05
        bpy.context.view_layer.update()
    yield 0.5
    x, y = yield from find(mouse, area, region, "nano_banana.storyboard_check(")
    yield from mouse.click(x, y)
    stale = importlib.import_module(f"{driver.PACKAGE}.nano_banana_addon.features.storyboard.stale")
    yield from until(lambda: stale.is_checked(scene), "the shots were checked")
    assert {shot.name for shot in stale.list_due(scene)} >= {"Wide", "Jug"}
    yield from mouse.move(area.x + 200, area.y + 200)
    yield 1.0
    picture("storyboard-list", region, 900)


driver.play(case)
