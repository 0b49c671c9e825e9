# SPDX-License-Identifier: GPL-3.0-or-later
"""The panels in the light theme, at Resolution Scale 1.5, in German and Japanese, in a narrow sidebar."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui import driver
from tests.ui.driver import Mouse, Steps, open_panel, picture, provide_google, scroll, sidebar

NARROW = 280  # pixels
#: Each in a tab of its own, so that it fits into a picture.
PANELS = {
    "NANO_BANANA_PT_texturing": "T",
    "NANO_BANANA_PT_storyboard": "S",
    "NANO_BANANA_PT_material": "M",
    "NANO_BANANA_PT_output": "O",
    "NANO_BANANA_PT_capture": "C",
    "NANO_BANANA_PT_history": "H",
    "NANO_BANANA_PT_money": "B",
}
_THEME = "Blender_Light.xml"


def set_the_stage() -> None:
    """A prompt, a result and two failures, a reference, a shot."""
    provide_google()
    choices, shown = bpy.context.scene.nano_banana, bpy.context.window_manager.nano_banana
    choices.prompt = "Oil painting in golden light"
    bpy.context.scene.timeline_markers.new("Wide", frame=1).camera = bpy.context.scene.camera
    choices.references.add().name = "A reference with a long name"
    for state, kind in (("FAILED", "KEY_INVALID"), ("FAILED", "BILLING"), ("DONE", "")):
        item = shown.results.add()
        item.name, item.state, item.error_kind = f"{state} {kind}", state, kind
        item.title, item.size, item.cost = "A night scene", "2752 × 1536", "$0.14"
        item.message, item.next_step = "The service does not accept the API key.", "Enter it again."
    shown.has_generated = True
    bpy.ops.nano_banana.shots_update(origin="MARKERS")


def use_light_theme() -> None:
    """Blender's own light theme."""
    folder = next(path for path in bpy.utils.preset_paths("interface_theme") if Path(path, _THEME).is_file())
    bpy.ops.script.execute_preset(filepath=str(Path(folder, _THEME)), menu_idname="USERPREF_MT_interface_theme_presets")


def make_narrow(mouse: Mouse, region: bpy.types.Region) -> Steps:
    """Drag the sidebar's edge."""
    yield from mouse.move(region.x, region.y + 200)
    yield 0.2
    mouse.event("LEFTMOUSE", "PRESS")
    yield None
    for step in range(1, 11):
        yield from mouse.move(region.x + (region.width - NARROW) * step / 10, region.y + 200)
    mouse.event("LEFTMOUSE", "RELEASE")
    yield 0.5


def case() -> Steps:
    set_the_stage()
    for name, tab in PANELS.items():
        open_panel(name, tab)
    use_light_theme()
    view = bpy.context.preferences.view
    view.ui_scale = 1.5
    area, region = yield from sidebar("VIEW_3D", "Nano Banana")
    mouse = Mouse(bpy.context.window_manager.windows[0])
    yield 0.5
    picture("light-window")
    yield from make_narrow(mouse, region)
    assert region.width <= NARROW * 1.2, region.width
    for language in ("de_DE", "ja_JP"):
        view.language = language
        region.active_panel_category = "Nano Banana"
        yield 1.0
        picture(f"looks-{language}", region)
        yield from scroll(area, region, 14)
        picture(f"looks-{language}-results", region)
        yield from scroll(area, region, -20)
        for name, tab in PANELS.items():
            region.active_panel_category = tab
            yield 0.6
            picture(f"looks-{language}-{name.removeprefix('NANO_BANANA_PT_')}", region)
    view.language, view.ui_scale = "en_US", 1.0


driver.play(case)
