# SPDX-License-Identifier: GPL-3.0-or-later
"""A masked edit with mouse and keyboard: an image is marked with the brush, changed, and put in the original's place.
Takes the pictures of the manual."""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path

import bpy
from PIL import Image, ImageChops, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, picture, sidebar, until

PACKAGE = "bl_ext.user_default.nano_banana"
SOURCE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "demo.jpg"


def repaint(job) -> Image.Image:
    """What a model makes of the crop: a red disc in its middle, all of it 5 pixels to the right and darker."""
    sent = Image.open(io.BytesIO(job.images[-1])).convert("RGB")
    width, height = sent.size
    middle = (width * 0.4, height * 0.4, width * 0.6, height * 0.6)
    ImageDraw.Draw(sent).ellipse(middle, fill=(190, 40, 30))
    return ImageChops.offset(sent, 5, 0).point(lambda value: round(value * 0.95)).resize((job.width, job.height))


def case() -> Steps:
    simulator = importlib.import_module("devtools.simulator.server").Simulator(painter=repaint, keys=None)
    simulator.start()
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.provider, preferences.base_url = "google", simulator.base_url
    os.environ["GEMINI_API_KEY"] = "a-key-of-the-tests"
    bpy.context.preferences.system.use_online_access = True
    still_life = driver.OUTPUT / "still life.png"
    sheet = Image.open(SOURCE)
    part = (sheet.width * 0.342, sheet.height * 0.055, sheet.width * 0.652, sheet.height * 0.335)
    sheet.crop(part).resize((1376, 768)).save(still_life)
    image = bpy.data.images.load(str(still_life))
    material = bpy.data.materials.new("Wall")
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    bpy.context.scene.nano_banana.image_size = "1K"

    area, region = yield from sidebar("IMAGE_EDITOR", "Nano Banana")
    space = area.spaces.active
    space.image = image
    yield 1.0
    mouse = Mouse(bpy.context.window_manager.windows[0])
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.mark_area")))
    yield from until(lambda: space.ui_mode == "PAINT", "it can be painted on")
    yield 0.5
    yield from stroke(mouse, area)
    bpy.context.scene.nano_banana.edit_prompt = "a red ball"
    region.active_panel_category = "Nano Banana"
    region.tag_redraw()
    yield 1.0
    picture("edit-marks")

    shown = bpy.context.window_manager.nano_banana
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.edit(")))
    yield from until(lambda: shown.results and shown.results[0].delivered, "the edit is delivered", 90)
    yield 0.5
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.show_result")))
    edited = next(each for each in bpy.data.images if each.name.endswith("edited"))
    yield from until(lambda: space.image == edited, "the result is shown")
    yield from mouse.move(area.x + 200, area.y + 200)  # no tooltip in the picture
    yield 1.0
    picture("edit-result")
    assert tuple(edited.size) == tuple(image.size)
    bpy.ops.nano_banana.apply("INVOKE_DEFAULT", generation=shown.results[0].name, kind="REPLACEMENT")
    assert node.image == edited
    yield from box_and_refusal(mouse, area, region)
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    yield 1.0
    picture("edit-applied", region)


def box_and_refusal(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """A box is dragged, and an object removed in it; what cannot be laid in place is told in the panel, unpaid."""
    choices, shown = bpy.context.scene.nano_banana, bpy.context.window_manager.nano_banana
    choices.edit_mode, choices.edit_area, choices.edit_prompt = "REMOVE", "BOX", ""
    region.tag_redraw()
    yield 0.5
    canvas = next(each for each in area.regions if each.type == "WINDOW")
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.drag_box")))
    yield from mouse.move(canvas.x + canvas.width * 0.25, canvas.y + canvas.height * 0.4)
    mouse.event("LEFTMOUSE", "PRESS")
    yield from mouse.move(canvas.x + canvas.width * 0.45, canvas.y + canvas.height * 0.6)
    mouse.event("LEFTMOUSE", "RELEASE")
    yield from until(lambda: choices.edit_box[2] > choices.edit_box[0], "the box is set")
    yield 1.0
    picture("edit-box")
    before = len(shown.results)
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.edit(")))
    yield from until(lambda: len(shown.results) > before and shown.results[0].delivered, "the removal is delivered", 90)
    choices.edit_box = (0, 0, 1, 1)
    region.tag_redraw()
    yield 0.5
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.edit(")))
    yield from until(lambda: "nothing by which" in shown.notice, "the refusal is told", 30)
    yield 1.0
    picture("edit-refused", region)
    assert len(shown.results) == before + 1


def stroke(mouse: Mouse, area: bpy.types.Area) -> Steps:
    """Paint to and fro in the middle of the image."""
    canvas = next(each for each in area.regions if each.type == "WINDOW")
    x, y = canvas.x + canvas.width * 0.3, canvas.y + canvas.height * 0.5
    yield from mouse.move(x, y)
    mouse.event("LEFTMOUSE", "PRESS")
    for step in range(14):
        yield from mouse.move(x + step * 6, y + (step % 3) * 10)
    mouse.event("LEFTMOUSE", "RELEASE")
    yield 0.5


driver.play(case)
