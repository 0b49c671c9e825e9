# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles are chosen from their images, a field appears below the prompt, a preset is saved, shown and applied, a file
of a team is looked at before it is imported."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from devtools.demo import scene as still_life
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, picture, provide_google, sidebar, until


def set_the_stage() -> None:
    """The demo's still life, a prompt with a field."""
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    still_life.build()
    choices = bpy.context.scene.nano_banana
    choices.image_size, choices.shading = "1K", "SOLID"
    choices.prompt, choices.field_subject = "A {subject} in __season__", "still life"
    choices.style = "WATERCOLOUR"


def case() -> Steps:
    provide_google()
    set_the_stage()
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    window = bpy.context.window_manager.windows[0]
    mouse, choices = Mouse(window), bpy.context.scene.nano_banana
    yield 0.5
    picture("presets-panel", region, 640)
    yield from mouse.move(area.x + 300, area.y + area.height // 2)
    canvas = next(r for r in area.regions if r.type == "WINDOW")
    for panel, name in (("NANO_BANANA_PT_styles", "styles-popover"), ("NANO_BANANA_PT_presets", "presets-popover")):
        with bpy.context.temp_override(window=window, area=area, region=canvas):
            bpy.ops.wm.call_panel(name=panel, keep_open=True)
        yield 1.5
        picture(name)
        yield from mouse.key("ESC")
        yield 0.3
    bpy.ops.nano_banana.preset_add(name="Watercolours")
    choices.style, choices.image_size, choices.variants = "NOIR", "4K", 3
    (path,) = Path(bpy.utils.user_resource("SCRIPTS", path="presets/nano_banana")).glob("*.py")
    with bpy.context.temp_override(window=window, area=area, region=canvas):
        bpy.ops.nano_banana.preset_apply("INVOKE_DEFAULT", filepath=str(path))
    yield 0.7
    picture("presets-changes")
    assert choices.style == "NOIR", "nothing changes before it is confirmed"
    yield from mouse.key("RET")
    yield from until(lambda: choices.style == "WATERCOLOUR", "the preset is applied")
    assert (choices.image_size, choices.variants) == ("1K", 1)
    team = driver.OUTPUT / "team.json"
    bad = {"name": "Bad", "settings": {"variants": 99}}
    plain = {"format": "nano-banana-presets", "version": 1, "presets": [{"name": "Dusk", "settings": {"seed": 4}}, bad]}
    team.write_text(json.dumps(plain))
    with bpy.context.temp_override(window=window, area=area, region=canvas):
        bpy.ops.nano_banana.presets_import("INVOKE_DEFAULT", filepath=str(team))
    yield 0.7
    picture("presets-import")
    yield from mouse.key("RET")
    yield from until((path.parent / "Dusk.py").is_file, "the good one is imported")
    assert not (path.parent / "Bad.py").exists()
    bpy.ops.nano_banana.restyle("INVOKE_DEFAULT")
    shown = bpy.context.window_manager.nano_banana
    yield from until(lambda: shown.results and shown.results[0].state == "DONE", "a result with the style", 60)
    with bpy.context.temp_override(window=window, area=area, region=canvas):
        bpy.ops.wm.call_menu(name="NANO_BANANA_MT_prompts")
    yield 0.5
    picture("presets-recent")


driver.play(case)
