# SPDX-License-Identifier: GPL-3.0-or-later
"""A team's library: a material is saved in it and listed by the button, and read again from a web server."""

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
from tests.ui.driver import PACKAGE, Mouse, Steps, find, open_panel, picture, sidebar, until

TAB = "Materials"


def make_material(library: Path) -> None:
    """A material of bricks, in a file of the library that holds its maps."""
    bpy.context.preferences.addons[PACKAGE].preferences.keep_pictures = "PACKED"
    draw_surface("bricks", 256).save(driver.OUTPUT / "bricks.png")
    bpy.data.images.load(str(driver.OUTPUT / "bricks.png"))
    bpy.ops.nano_banana.material_from_image(image="bricks.png")
    library.mkdir(exist_ok=True)
    bpy.context.preferences.filepaths.asset_libraries.new(name="Team", directory=str(library))
    bpy.ops.wm.save_as_mainfile(filepath=str(library / "bricks.blend"))


def serve(folder: Path) -> str:
    """The address of a web server for the folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def case() -> Steps:
    library = driver.OUTPUT.resolve() / "team"
    make_material(library)
    open_panel("NANO_BANANA_PT_material", TAB)
    area, region = yield from sidebar("VIEW_3D", TAB)
    yield 1.0
    picture("asset-library-button")
    mouse, shown = Mouse(bpy.context.window_manager.windows[0]), bpy.context.window_manager.nano_banana
    yield from mouse.click(*(yield from find(mouse, area, region, "nano_banana.material_listing")))
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
    with bpy.context.temp_override(window=mouse.window, area=area, region=area.regions[-1]):
        bpy.ops.asset.library_refresh()
    cached = next(each for each in bpy.context.preferences.filepaths.asset_libraries if each.use_remote_url)
    found = lambda: list(Path(cached.path).rglob("assets-00000.json"))  # noqa: E731
    yield from until(found, "Blender reads the listing", 30)
    yield 4.0
    picture("asset-library-remote")


driver.play(case)
