# SPDX-License-Identifier: GPL-3.0-or-later
"""ComfyUI in the window: capture and guides go through an own workflow onto the material; previews while it samples,
and a cancel that reaches the server.

It asks the test server, or the real one that NANO_BANANA_TEST_COMFYUI names, from which the manual's pictures come.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import httpx

from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, find, picture, sidebar, until

PACKAGE = "bl_ext.user_default.nano_banana"
REAL = os.environ.get("NANO_BANANA_TEST_COMFYUI", "")
WORKFLOW = Path(__file__).with_name("comfyui_mosaic.json")


def set_the_stage(area: bpy.types.Area) -> None:
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    for each in bpy.data.objects:
        each.select_set(each.type == "MESH")
    shutil.copy(WORKFLOW, driver.OUTPUT / "mosaic.json")
    bpy.ops.wm.save_as_mainfile(filepath=str(driver.OUTPUT / "still-life.blend"))
    choices = bpy.context.scene.nano_banana
    choices.model, choices.workflow = "comfyui-workflow", "//mosaic.json"
    choices.prompt, choices.image_size = "A mosaic of small tiles", "1K"
    choices.shading, choices.capture_guides = "MATERIAL", {"DEPTH", "LINES"}
    choices.to_material = True
    space = area.spaces.active
    space.region_3d.view_perspective = "CAMERA"
    space.region_3d.view_camera_offset = (0.14, 0.0)  # beside the sidebar
    space.shading.type, space.overlay.show_overlays, space.show_gizmo = "MATERIAL", False, False


def list_family(name: str) -> Iterator[type[bpy.types.Panel]]:
    """A panel and those in it."""
    panels = bpy.types.Panel.__subclasses__()
    yield next(each for each in panels if each.__name__ == name)
    for each in panels:
        if getattr(each, "bl_parent_id", "") == name:
            yield from list_family(each.__name__)


def choose_open_panels(**panels: bool) -> None:
    """Let sub-panels be open or closed where they have not been drawn yet."""
    for name, is_open in panels.items():
        family = list(list_family(name))
        for each in reversed(family):
            bpy.utils.unregister_class(each)
        family[0].bl_options = set() if is_open else {"DEFAULT_CLOSED"}
        for each in family:
            bpy.utils.register_class(each)


def press(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    x, y = yield from find(mouse, area, region, "nano_banana.restyle")
    yield from mouse.click(x, y)
    yield from mouse.move(area.x + 200, area.y + 200)
    yield 0.3


def paint_by_an_own_workflow(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    shown = bpy.context.window_manager.nano_banana
    yield from press(mouse, area, region)
    yield from until(lambda: shown.results, "it has ended", 120)
    assert shown.results[0].state == "DONE", shown.results[0].message
    yield from until(lambda: shown.results[0].delivered, "it is delivered")
    materials = {slot.material for each in bpy.data.objects for slot in each.material_slots if slot.material}
    nodes = [node for material in materials for node in material.node_tree.nodes if node.type == "GROUP"]
    assert nodes, "the result is on the material"
    yield 6.0  # its shaders are compiled
    picture("comfyui-window")
    picture("comfyui-done", region, 760)


def watch_and_cancel(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region, server: httpx.Client) -> Steps:
    choices, shown = bpy.context.scene.nano_banana, bpy.context.window_manager.nano_banana
    choices.model, choices.image_size, choices.steps = "comfyui-sd15", "512", 12
    choices.capture_guides, choices.prompt = set(), "A still life in oil"
    yield from press(mouse, area, region)
    yield from until(lambda: shown.jobs and shown.jobs[0].thumbnail, "a preview is shown", 150)
    yield from until(lambda: shown.jobs[0].fraction > 0.25, "steps move the progress", 150)
    yield 1.0
    picture("comfyui-preview", region, 560)
    (running,) = server.get("/queue").json()["queue_running"]
    bpy.ops.nano_banana.cancel(generation=shown.jobs[0].name)
    yield from until(lambda: shown.results[0].state == "CANCELLED", "it is cancelled", 30)
    yield from until(lambda: not server.get("/queue").json()["queue_running"], "the server has stopped", 90)
    assert not server.get(f"/history/{running[1]}").json().get(running[1], {}).get("outputs"), "nothing was painted"


@contextmanager
def serve(delay: float) -> Iterator[str]:
    """The address of a server; the seconds are what each node takes on the test server."""
    if REAL:
        yield REAL
        return
    server = importlib.import_module("devtools.simulator.server")
    with server.Simulator(dialect="comfyui", keys=None, delay=delay) as simulator:
        yield simulator.base_url


def case() -> Steps:
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.provider = "comfyui"
    choose_open_panels(NANO_BANANA_PT_output=True, NANO_BANANA_PT_references=False, NANO_BANANA_PT_notes=False)
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    set_the_stage(area)
    yield 4.0
    picture("comfyui-idle", region, 760)
    mouse = Mouse(bpy.context.window_manager.windows[0])
    with serve(0.3) as preferences.address_comfyui:
        yield from paint_by_an_own_workflow(mouse, area, region)
    with serve(6.0) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as server:
        preferences.address_comfyui = address
        files = server.get("/object_info/CheckpointLoaderSimple").json()["CheckpointLoaderSimple"]["input"]["required"]
        if re.search(r"1[.-]5", str(files["ckpt_name"])):
            yield from watch_and_cancel(mouse, area, region, server)


driver.play(case)
