# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes are put on objects with the mouse and sent; a render is restyled from the menu and after F12, and compared.
Takes the pictures of the manual."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, open_panel, picture, provide_google, sidebar, until

TEXTS = {"Jug": "make the jug blue glass", "Bottle": "a cork, and a paper label"}


def set_the_stage() -> None:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x, scene.render.resolution_y = 960, 540
    choices = scene.nano_banana
    choices.image_size, choices.shading, choices.prompt = "1K", "SOLID", "A still life in golden light"


def find_point(area: bpy.types.Area, point: Vector) -> tuple[float, float]:
    """Where the window shows a point of the world."""
    canvas = next(r for r in area.regions if r.type == "WINDOW")
    x, y = location_3d_to_region_2d(canvas, area.spaces.active.region_3d, point)
    return canvas.x + x, canvas.y + y


def case() -> Steps:
    simulator = provide_google()
    set_the_stage()
    open_panel("NANO_BANANA_PT_notes", "Notes")
    area, region = yield from sidebar("VIEW_3D", "Notes")
    scene, mouse = bpy.context.scene, Mouse(bpy.context.window_manager.windows[0])
    area.spaces.active.region_3d.view_perspective = "CAMERA"
    yield 0.5
    for name, text in TEXTS.items():
        item = bpy.data.objects[name]
        place = item.matrix_world.translation + Vector((0, 0, item.dimensions.z * 0.35))
        yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.note_add")))
        yield 0.3
        yield from mouse.click(*find_point(area, place))
        yield 0.3
        note = scene.collection.children["Nano Banana Notes"].objects[-1]
        assert note.parent, "the note follows what was clicked"
        note.nano_banana_note.text = text
    yield from mouse.move(area.x + 200, area.y + 200)
    region.tag_redraw()
    yield 0.7
    picture("notes-window")
    picture("notes", region, 330)
    bpy.ops.nano_banana.show_request("INVOKE_DEFAULT")
    yield 1.5
    picture("notes-request")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[-1]):
        bpy.ops.wm.window_close()
    yield 0.5

    scene.nano_banana.restyle_renders = True
    shown = bpy.context.window_manager.nano_banana
    bpy.ops.render.render("INVOKE_DEFAULT")
    yield from until(lambda: shown.results and shown.results[0].delivered, "the render is restyled", 120)
    (post,) = [r for r in simulator.requests if r.method == "POST"]
    assert str(post.json["contents"]).count("sha256:") == 2
    yield 0.5
    picture("render-restyled")
    count = len(simulator.requests)
    scene.frame_end = 2
    scene.render.filepath = str(driver.OUTPUT / "frames" / "f")
    scene.render.image_settings.file_format = "PNG"
    bpy.ops.render.render("INVOKE_DEFAULT", animation=True)
    yield 0.5
    yield from until(lambda: not bpy.app.is_job_running("RENDER"), "the animation is rendered", 60)
    yield 2.0
    assert len(simulator.requests) == count, "nothing after an animation"
    places = ((w, a) for w in bpy.context.window_manager.windows for a in w.screen.areas)
    window, viewer = next((w, a) for w, a in places if a.type == "IMAGE_EDITOR")
    with bpy.context.temp_override(window=window, area=viewer):
        bpy.ops.wm.call_menu(name="IMAGE_MT_image")
    yield 0.7
    picture("render-menu")
    yield from Mouse(window).key("ESC")
    with bpy.context.temp_override(window=window, area=viewer):
        bpy.ops.nano_banana.compare("INVOKE_DEFAULT", right=shown.results[0].name)
    yield 1.0
    picture("render-compare")
    simulator.stop()


driver.play(case)
