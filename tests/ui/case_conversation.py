# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation with mouse and keyboard: a picture, a change, and another branch from the first. Takes the picture of
the manual."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, bring_up, find, picture, provide_google, scroll, sidebar, until


def set_the_stage() -> None:
    """The demo's still life."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    choices = bpy.context.scene.nano_banana
    choices.image_size, choices.shading = "1K", "SOLID"
    choices.prompt = "Oil painting of a still life in golden light"


def case() -> Steps:
    simulator = provide_google()
    set_the_stage()
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    shown = bpy.context.window_manager.nano_banana
    bpy.ops.nano_banana.restyle("INVOKE_DEFAULT")
    yield from until(lambda: shown.results and shown.results[0].delivered, "it is painted", 60)
    first = shown.results[0].name

    mouse = Mouse(bpy.context.window_manager.windows[0])
    shown.results[0].instruction = "make it night"
    yield from press_continue(mouse, area, region)
    yield from until(lambda: len(shown.results) == 2, "the change is painted", 60)
    yield from until(lambda: shown.results[0].delivered, "the change is delivered", 60)
    bpy.ops.nano_banana.show_conversation("INVOKE_DEFAULT", generation=shown.results[0].name)
    yield from until(lambda: len(shown.conversation.turns) == 2, "the thread is shown")
    for instruction, branch_from, turns in (("add rain", "", 3), ("a green jug", first, 4)):
        if branch_from:
            bpy.ops.nano_banana.choose_turn("INVOKE_DEFAULT", generation=branch_from)
        dismiss_results()  # they have such a button, too
        shown.conversation.instruction = instruction
        yield from press_continue(mouse, area, region)
        yield from painted(shown.conversation.turns, turns)

    depths = [turn.depth for turn in shown.conversation.turns]
    assert sorted(depths) == [0, 1, 1, 2], depths
    dismiss_results()
    yield from bring_up(mouse, area, region, "nano_banana.choose_turn", 110)  # with the panel's header
    yield from mouse.move(area.x + 200, area.y + 200)  # no tooltip in the picture
    yield 1.0
    picture("conversation", region, 850)
    simulator.stop()


def dismiss_results() -> None:
    for name in [each.name for each in bpy.context.window_manager.nano_banana.results]:
        bpy.ops.nano_banana.dismiss(generation=name)


def press_continue(mouse: Mouse, area: bpy.types.Area, region: bpy.types.Region) -> Steps:
    """Press the uppermost button that continues a picture."""
    yield from scroll(area, region, 16)
    yield 0.5
    x, y = yield from find(mouse, area, region, "nano_banana.continue_generation")
    yield from mouse.click(x, y)
    yield 0.3


def painted(turns: bpy.types.bpy_prop_collection, count: int) -> Steps:
    """Wait until so many pictures stand in the thread."""
    yield from until(
        lambda: len(turns) == count and all(turn.state == "DONE" for turn in turns),
        f"{count} pictures stand in the thread",
        60,
    )
    yield 0.5


driver.play(case)
