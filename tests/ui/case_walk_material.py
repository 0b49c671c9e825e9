# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist generates a material for an object, with Offline and by clicks."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, until
from tests.ui.walk import Walk


def case() -> Steps:
    bpy.context.preferences.addons[PACKAGE].preferences.provider = "offline"
    bpy.context.scene.nano_banana.image_size = "1K"
    name, before = bpy.context.object.name, bpy.context.object.active_material
    walk, shown = Walk(), bpy.context.window_manager.nano_banana
    yield from walk.open_sidebar()
    yield from walk.open_panel("NANO_BANANA_PT_material")
    yield from walk.step("material")
    yield from walk.type_into("description", "Old red bricks")
    yield from walk.press("nano_banana.material_generate")
    yield from until(lambda: shown.jobs, "it generates", 30)
    yield from walk.step("material-generates", panel=True)
    has_changed = lambda: bpy.data.objects[name].active_material not in {before, None}  # noqa: E731
    yield from until(has_changed, "the material is on the object", 90)
    yield from walk.step("material-done")


driver.play(case)
