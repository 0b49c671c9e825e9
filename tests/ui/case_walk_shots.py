# SPDX-License-Identifier: GPL-3.0-or-later
"""An artist makes a storyboard of two shots, with Offline and by clicks."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import PACKAGE, Steps, picture, until
from tests.ui.walk import Walk, add_shots, close_extra_windows


def set_the_stage() -> None:
    """Two cameras on the timeline; Offline is chosen."""
    bpy.context.preferences.addons[PACKAGE].preferences.provider = "offline"
    scene = bpy.context.scene
    scene.nano_banana.image_size, scene.nano_banana.shading = "1K", "SOLID"
    add_shots(scene)


def case() -> Steps:
    set_the_stage()
    walk, shown = Walk(), bpy.context.window_manager.nano_banana
    yield from walk.open_sidebar()
    yield from walk.open_panel("NANO_BANANA_PT_storyboard")
    yield from walk.step("storyboard")
    yield from walk.type_into("nano_banana.prompt", "Ink drawing")
    yield from walk.press("nano_banana.storyboard(")
    yield from until(lambda: len(shown.results) == 2 and not shown.jobs, "both shots are ready", 100)
    yield from walk.step("shots-ready")
    x, y = yield from walk.seek("nano_banana.storyboard_check")
    yield from walk.click(x, y - 25)  # the menu "Make Shots From", below it
    yield 0.5
    picture("shots-from")
    yield from walk.mouse.key("M")  # Markers
    yield from until(lambda: len(bpy.context.scene.nano_banana.storyboard.shots) == 2, "the list is made")
    yield from walk.step("shot-list")
    yield from walk.press("nano_banana.open_storyboard")
    yield 1.0
    yield from walk.step("sequencer")
    yield from close_extra_windows()


driver.play(case)
