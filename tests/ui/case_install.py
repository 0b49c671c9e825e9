# SPDX-License-Identifier: GPL-3.0-or-later
"""From the zip to the first image with Offline, in a profile that is empty: every click is counted, the seconds kept.

It begins with what Blender does when a zip is dropped into its window; the steps lie in `steps.txt`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Steps, until
from tests.ui.walk import Walk

MOST_CLICKS = 6


def case() -> Steps:
    assert driver.PACKAGE not in bpy.context.preferences.addons, "the profile is empty"
    walk = Walk()
    yield from drop(walk, os.environ["NANO_BANANA_UI_ZIP"])
    yield from walk.open_sidebar()
    yield from walk.step("tab")
    yield from walk.press("nano_banana.load_example")
    yield from walk.step("example")
    yield from walk.press("nano_banana.restyle")
    shown = bpy.context.window_manager.nano_banana
    # The first capture compiles shaders, which can take longer than all that Offline does then.
    yield from until(lambda: shown.results and shown.results[0].delivered, "it is delivered", 120)
    sys.stdout.write(f"The first image: {walk.clicks} clicks, {walk.seconds:.0f} s after the zip was dropped\n")
    yield from walk.step("image")
    assert shown.results[0].state == "DONE"
    assert walk.clicks <= MOST_CLICKS, walk.clicks


def drop(walk: Walk, path: str) -> Steps:
    """Drop the zip into the window: Blender asks, Return is its OK, which enables it as well."""
    area = walk.area
    region = next(each for each in area.regions if each.type == "WINDOW")
    yield from walk.mouse.move(area.x + 300, area.y + 300)
    with bpy.context.temp_override(window=walk.window, area=area, region=region):
        bpy.ops.extensions.package_install_files("INVOKE_DEFAULT", url=path)
    yield 1.0
    driver.picture("install")
    walk.clicks += 1
    yield from walk.mouse.key("RET")
    yield from until(lambda: hasattr(bpy.types.WindowManager, "nano_banana"), "it is enabled", 60)
    yield 1.0


driver.play(case)
