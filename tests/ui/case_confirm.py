# SPDX-License-Identifier: GPL-3.0-or-later
"""The question before a dear press, in a real window: Escape sends nothing, Enter sends all. Takes pictures of both."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import PACKAGE, Mouse, Steps, find, open_panel, picture, provide_google, sidebar, until


def set_the_stage() -> None:
    """The demo's still life and four markers with cameras."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    choices = scene.nano_banana
    choices.image_size, choices.shading = "1K", "SOLID"
    choices.prompt = "Oil painting of a still life in golden light"
    for number in range(4):
        camera = scene.camera.copy()
        camera.location.x += 0.2 * number
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(f"shot {number + 1}", frame=1 + 24 * number).camera = camera


def case() -> Steps:
    simulator = provide_google(confirm_above=0.5)
    bpy.context.preferences.addons[PACKAGE].preferences.budget_month = 20.0
    set_the_stage()
    open_panel("NANO_BANANA_PT_storyboard", "Storyboard")
    area, region = yield from sidebar("VIEW_3D", "Storyboard")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    shown = bpy.context.window_manager.nano_banana

    picture("prices", region)
    yield from press(mouse, area, region)
    assert [budget.limit for budget in shown.money.standings] == [20.0], "what is left is told"
    picture("confirm")
    yield from mouse.key("ESC")
    yield 1.0
    assert not [r for r in simulator.requests if r.method == "POST"], "Escape must send nothing"
    assert not shown.jobs

    simulator.script("refusal_image_safety", times=1)
    yield from press(mouse, area, region)
    yield from mouse.key("RET")
    yield from until(lambda: len(shown.results) == 4, "all shots have ended", 120)
    assert len([r for r in simulator.requests if r.method == "POST"]) == 4
    region.tag_redraw()
    yield 1.0
    picture("confirmed")
    simulator.stop()


def press(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    x, y = yield from find(mouse, area, region, "nano_banana.storyboard")
    yield from mouse.click(x, y)
    yield 1.5


driver.play(case)
