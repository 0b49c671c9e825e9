# SPDX-License-Identifier: GPL-3.0-or-later
"""A team's library: a material of a box of an image, saved in it, listed by the button, read from a web server."""

from __future__ import annotations

import functools
import http.server
import sys
import threading
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo.material import draw_surface
from tests.ui import driver
from tests.ui.driver import PACKAGE, Mouse, Steps, find, open_panel, picture, scroll, sidebar, under, until

TAB = "Materials"


def make_material(mouse: Mouse) -> Steps:
    """A material of a box of bricks, which is dragged over them in the Image Editor."""
    bpy.context.preferences.addons[PACKAGE].preferences.keep_pictures = "PACK"
    draw_surface("bricks", 512).save(driver.OUTPUT / "bricks.png")
    area, region = yield from sidebar("IMAGE_EDITOR", TAB)
    area.spaces.active.image = bpy.data.images.load(str(driver.OUTPUT / "bricks.png"))
    yield 0.5
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.drag_box")))
    x, y = area.x + (area.width - region.width) // 2, area.y + area.height // 2
    yield from mouse.move(x - 110, y - 110)
    mouse.event("LEFTMOUSE", "PRESS")
    yield 0.2
    yield from mouse.move(x, y)
    yield from mouse.move(x + 110, y + 110)
    mouse.event("LEFTMOUSE", "RELEASE")
    yield 0.5
    choices = bpy.context.scene.nano_banana
    left, bottom, right, top = choices.material.box
    assert right > left, "the box is dragged"
    assert choices.edit_area == "PAINTED", "the choice of the panel Edit stays"
    assert top > bottom
    picture("material-box")
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.material_from_image")))
    shown = bpy.context.window_manager.nano_banana
    yield from until(lambda: "is ready" in shown.notice, "the material is there", 60)
    picture("material-box-done")


def serve(folder: Path) -> str:
    """The address of a web server for the folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def case() -> Steps:
    library = driver.OUTPUT.resolve() / "team"
    for name in ("NANO_BANANA_PT_material", "NANO_BANANA_PT_image_material"):
        open_panel(name, TAB)
    mouse, shown = Mouse(bpy.context.window_manager.windows[0]), bpy.context.window_manager.nano_banana
    yield from make_material(mouse)
    library.mkdir(exist_ok=True)
    bpy.context.preferences.filepaths.asset_libraries.new(name="Team", directory=str(library))
    bpy.ops.wm.save_as_mainfile(filepath=str(library / "bricks.blend"))
    area, region = yield from sidebar("VIEW_3D", TAB)
    yield from scroll(area, region, 60)
    picture("asset-library-button")
    for y in range(region.y + 8, region.y + 140, 6):  # it is the last one
        yield from mouse.move(region.x + region.width * 0.5, y)
        if "nano_banana.material_listing" in under(area, region):
            break
    yield from mouse.click(mouse.x, mouse.y + 3)
    yield from until(lambda: "was written" in shown.notice, "the library is listed", 60)
    yield from mouse.move(area.x + 200, area.y + 100)
    yield 1.0
    picture("asset-library-listed")
    assert (library / "_v1" / "asset-index.json").is_file()

    bpy.context.preferences.system.use_online_access = True
    bpy.ops.preferences.asset_library_add(type="REMOTE", name="From the Server", remote_url=serve(library))
    area.ui_type = "ASSETS"
    yield 0.5
    area.spaces.active.params.asset_library_reference = "From the Server"
    content = next(each for each in area.regions if each.type == "WINDOW")
    with bpy.context.temp_override(window=mouse.window, area=area, region=content):
        bpy.ops.asset.library_refresh()
    cached = next(each for each in bpy.context.preferences.filepaths.asset_libraries if each.use_remote_url)
    found = lambda: list(Path(cached.path).rglob("assets-00000.json"))  # noqa: E731
    yield from until(found, "Blender reads the listing", 30)
    yield 4.0
    picture("asset-library-remote")


driver.play(case)
