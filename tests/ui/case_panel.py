# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job as a new user does it: no key, then the button, progress, the result, a refusal. Takes the pictures
of the manual."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, picture, scroll, sidebar, until

PACKAGE = "bl_ext.user_default.nano_banana"
PROMPT = "Oil painting of a still life in golden light"


def module(name: str):
    return importlib.import_module(f"{PACKAGE}.nano_banana_addon.{name}")


def set_the_stage() -> None:
    """The demo's still life, seen through its camera."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    bpy.context.scene.nano_banana.image_size = "1K"
    bpy.context.scene.nano_banana.shading = "SOLID"


def wide_sidebar(area: bpy.types.Area, region: bpy.types.Region) -> None:
    """Look through the camera, with solid colours."""
    space = area.spaces.active
    space.region_3d.view_perspective = "CAMERA"
    space.shading.type, space.shading.color_type = "SOLID", "MATERIAL"
    space.overlay.show_overlays = False


def case() -> Steps:
    simulator = importlib.import_module("devtools.simulator.server").Simulator(keys=None)
    simulator.start()
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.provider = "google"
    bpy.context.preferences.system.use_online_access = True
    set_the_stage()
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    wide_sidebar(area, region)
    yield 0.5
    picture("no-key", region, 640)
    mouse = Mouse(bpy.context.window_manager.windows[0])
    x, y = yield from find(mouse, area, region, "nano_banana.try_offline")
    yield from mouse.click(x, y)
    yield 0.3
    assert preferences.provider == "offline", "one click tries it without a key"
    preferences.provider = "google"

    os.environ["GEMINI_API_KEY"] = "a-key-of-the-tests"
    preferences.base_url = simulator.base_url
    choices = bpy.context.scene.nano_banana
    yield from type_the_prompt(mouse, area, region)
    assert PROMPT in choices.prompt, choices.prompt
    choices.to_compositor = choices.to_material = True
    yield from mouse.move(area.x + 200, area.y + 200)  # no tooltip in the picture
    region.tag_redraw()
    yield 1.0
    picture("idle", region, 640)

    simulator.script("silence", times=1, seconds=6.0)
    yield from press(mouse, area, region)
    shown = bpy.context.window_manager.nano_banana
    yield from until(lambda: shown.jobs and "Generating" in shown.jobs[0].phase, "it generates")
    yield 2.5
    picture("in-progress", region, 640)
    yield from until(lambda: shown.results and shown.results[0].delivered, "it is delivered", 60)
    assert any(image.source == "FILE" for image in bpy.data.images)
    yield 1.0
    assert "Generated 1376 x 768" in (yield from read_reports(area)), "the end is told in the Info editor"
    yield from scroll(area, region, 9)
    yield from mouse.move(area.x + 200, area.y + 200)
    yield 0.5
    picture("done", region, 640)
    yield from picture_the_window(area)
    yield from show_large(mouse, area, region)
    yield from scroll(area, region, -60)
    yield from show_request(mouse, area, region)
    yield from search(mouse, area)

    simulator.script("refusal_image_safety", times=1)
    choices.prompt = "A battle that the model will not paint"  # the same words would offer the result at hand
    yield from press(mouse, area, region)
    yield from until(lambda: shown.results[0].state == "REFUSED", "it is refused", 30)
    yield 0.5
    yield from scroll(area, region, 8)
    picture("refused", region, 640)
    yield from scroll(area, region, -60)
    bpy.ops.ed.undo()  # the delivery is one step
    yield 0.3
    simulator.stop()


def picture_the_window(area: bpy.types.Area) -> Steps:
    """The result on the object, which Solid does not show."""
    scene, shading = bpy.context.scene, area.spaces.active.shading
    scene.render.engine = "BLENDER_EEVEE"
    shading.type = "MATERIAL"
    yield 5.0  # its shaders are compiled
    picture("window")
    shading.type = "SOLID"
    scene.render.engine = "BLENDER_WORKBENCH"
    yield 0.5


def read_reports(area: bpy.types.Area) -> Steps:
    """What the Info editor shows."""
    area.type = "INFO"
    yield 0.3
    region = next(r for r in area.regions if r.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        bpy.ops.info.select_all(action="SELECT")
        bpy.ops.info.report_copy()
    area.type = "VIEW_3D"
    yield 0.5
    return bpy.context.window_manager.clipboard


def show_large(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """The button of the active result opens a window with the whole image."""
    x, y = yield from find(mouse, area, region, "nano_banana.show_result")
    yield from mouse.click(x, y)
    yield 1.0
    window = bpy.context.window_manager.windows[-1]
    editor = window.screen.areas[0]
    shown = next(r for r in editor.regions if r.type == "WINDOW")
    corners = [shown.view2d.region_to_view(*corner) for corner in ((0, 0), (shown.width, shown.height))]
    assert min(corners[0]) <= 0.0, "the image is whole"
    assert max(corners[1]) >= 1.0, "the image is whole"
    assert max(corners[1]) - min(corners[0]) < 4.0, "and large"
    yield from close(window)


def show_request(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """The magnifying glass opens a window with the text and the images."""
    x, y = yield from find(mouse, area, region, "nano_banana.show_request")
    yield from mouse.click(x, y)
    yield 2.0
    window = bpy.context.window_manager.windows[-1]
    editors = {editor.type: editor.spaces.active for editor in window.screen.areas}
    assert PROMPT in editors["TEXT_EDITOR"].text.as_string()
    assert editors["IMAGE_EDITOR"].image is not None
    picture("request-window")
    yield from close(window)


def search(mouse: Mouse, area: bpy.types.Area) -> Steps:
    """F3 finds the commands by the add-on's name."""
    yield from mouse.move(area.x + 200, area.y + 200)
    yield from mouse.key("F3")
    yield 0.3
    yield from mouse.type("nano tab")
    yield 0.5
    picture("search")
    bpy.context.window_manager.windows[0].screen.areas[0].tag_redraw()
    region = next(r for r in area.regions if r.type == "UI")
    region.active_panel_category = "View"
    yield from mouse.key("RET")
    yield 0.5
    assert region.active_panel_category == "Nano Banana", "the command was found and ran"


def close(window: bpy.types.Window) -> Steps:
    """Close a window that a button opened."""
    assert window != bpy.context.window_manager.windows[0], "a window of its own"
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()
    yield 0.5


def type_the_prompt(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    x, y = yield from find(mouse, area, region, "nano_banana.prompt")
    yield from mouse.click(x, y)
    yield from mouse.key("A", ctrl=True)
    yield from mouse.type(PROMPT)
    yield from mouse.key("RET")
    yield 0.3


def press(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    x, y = yield from find(mouse, area, region, "nano_banana.restyle")
    yield from mouse.click(x, y)
    yield 0.3


driver.play(case)
