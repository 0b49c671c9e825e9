# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the camera's result is generated again, by region and by objects; then the result is changed in a
conversation, with a note of the scene."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import bpy
from mathutils import Vector
from PIL import Image, ImageChops

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, provide_google, sidebar, until

TAB = "Edit View"


def repaint(job) -> Image.Image:
    """What a model makes of the last image: the same, darker and 3 pixels to the right."""
    sent = Image.open(io.BytesIO(job.images[-1])).convert("RGB").resize((job.width, job.height))
    return ImageChops.offset(sent, 3, 0).point(lambda value: round(value * 0.9))


def set_the_stage() -> None:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    choices = bpy.context.scene.nano_banana
    choices.image_size, choices.shading, choices.prompt = "1K", "SOLID", "A still life in golden light"


def case() -> Steps:
    simulator = provide_google(painter=repaint)
    set_the_stage()
    open_panel("NANO_BANANA_PT_edit_view", TAB)
    open_panel("NANO_BANANA_PT_conversation", TAB)
    area, region = yield from sidebar("VIEW_3D", TAB)
    scene, shown = bpy.context.scene, bpy.context.window_manager.nano_banana
    area.spaces.active.region_3d.view_perspective = "CAMERA"
    yield 0.7
    picture("edit-view-none", region, 400)
    bpy.ops.nano_banana.restyle("INVOKE_DEFAULT")
    yield from until(lambda: shown.results and shown.results[0].delivered, "it is painted", 60)
    first = shown.results[0].name
    scene.nano_banana.edit_prompt = "a blue jug"
    yield from show(area, region, "edit-view-no-region")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    yield from edit(mouse, area, region, "edit-view-region")
    scene.nano_banana.edit_part = "OBJECTS"
    bpy.ops.object.select_all(action="DESELECT")
    yield from show(area, region, "edit-view-no-objects")
    for each in scene.objects:
        each.select_set(each.name == "Jug")
    yield from edit(mouse, area, region, "edit-view-objects")

    item = bpy.data.objects["Jug"]
    add_note(scene, item, "crack in the glaze")
    bpy.ops.nano_banana.show_conversation("INVOKE_DEFAULT", generation=first)
    yield from until(lambda: shown.conversation.turns, "the conversation is shown")
    shown.conversation.notes, shown.conversation.instruction = True, "make it older"
    yield from show(area, region, "conversation-notes")
    count = len(simulator.requests)
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.continue_generation")))
    yield from until(lambda: len(shown.conversation.turns) >= 2, "the change is ordered", 60)
    yield from until(lambda: all(t.state == "DONE" for t in shown.conversation.turns), "the change is painted", 60)
    (post,) = [r for r in simulator.requests[count:] if r.method == "POST"]
    assert "crack in the glaze" in str(post.json)
    yield from show(area, region, "conversation-notes-done")
    simulator.stop()


def edit(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region, name: str) -> Steps:
    """Take the picture, press the button, and wait for the edited result."""
    scene, shown = bpy.context.scene, bpy.context.window_manager.nano_banana
    render = scene.render
    render.use_border, render.border_min_x, render.border_max_x = True, 0.3, 0.6
    render.border_min_y, render.border_max_y = 0.3, 0.7
    yield from show(area, region, name)
    before = len(shown.results)
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.edit_view")))
    yield from until(lambda: len(shown.results) > before and shown.results[0].delivered, "the part is delivered", 90)
    yield from show(area, region, f"{name}-done")


def show(area: bpy.types.Area, region: bpy.types.Region, name: str) -> Steps:
    """Take a picture of the tab and one of the window, without a tooltip."""
    yield from Mouse(bpy.context.window_manager.windows[0]).move(area.x + 200, area.y + 100)
    region.active_panel_category = TAB
    region.tag_redraw()
    yield 1.0
    picture(name, region)


def add_note(scene: bpy.types.Scene, item: bpy.types.Object, text: str) -> None:
    """A note on an object, as *Add Note* makes it."""
    from bl_ext.user_default.nano_banana.nano_banana_addon.blender.notes import scene_notes

    eye = scene.camera.matrix_world.translation
    aim = item.matrix_world.translation + Vector((0, 0, item.dimensions.z * 0.3)) - eye
    is_hit, place, *_ = scene.ray_cast(bpy.context.evaluated_depsgraph_get(), eye, aim.normalized())
    assert is_hit
    scene_notes.add(scene, place, item, text)


driver.play(case)
