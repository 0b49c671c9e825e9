# SPDX-License-Identifier: GPL-3.0-or-later
"""Every panel draws in every state with names that Blender knows, and shows what the artist needs."""

from __future__ import annotations

import types
from collections.abc import Iterator

import bpy
import pytest

from nano_banana_addon.core.models import MODELS
from nano_banana_addon.core.settings import OPTIONS, Source
from nano_banana_addon.session import panel_state
from panels.base.sidebar import draw_text

from .strict_layout import StrictLayout


@pytest.fixture
def sidebar() -> Iterator[None]:
    """A 3D view's sidebar as the context."""
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    area.type = "VIEW_3D"
    region = next(r for r in area.regions if r.type == "UI")
    panel_state.get_properties().has_generated = True  # not the first run, which has a panel of its own
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield


def panels() -> list[type]:
    """Every panel that the add-on registered."""
    return [cls for cls in bpy.types.Panel.__subclasses__() if cls.__name__.startswith("NANO_BANANA")]


def draw(cls: type) -> StrictLayout:
    layout = StrictLayout()
    panel = types.SimpleNamespace(layout=layout)
    if hasattr(cls, "draw_header_preset"):
        cls.draw_header_preset(panel, bpy.context)
    cls.draw(panel, bpy.context)
    return layout


def draw_all() -> StrictLayout:
    together = StrictLayout()
    for cls in panels():
        layout = draw(cls)
        for name in ("texts", "operators", "properties", "buttons"):
            getattr(together, name).extend(getattr(layout, name))
    return together


@pytest.mark.usefixtures("sidebar")
@pytest.mark.parametrize("source", [str(s) for s in Source])
def test_every_panel_draws_for_every_source(source: str) -> None:
    choices = bpy.context.scene.nano_banana
    choices.source = source
    choices.references.add().path = "missing.png"
    drawn = draw_all()
    assert len(panels()) >= 7
    assert "nano_banana.restyle" in drawn.operators


@pytest.mark.usefixtures("sidebar")
def test_every_setting_of_the_scene_can_be_set_in_the_tab() -> None:
    choices = bpy.context.scene.nano_banana
    choices.capture_guides = {"MASK"}
    choices.prompt = "{subject} {material} {light} {palette}"  # a field is drawn where the prompt has it
    drawn: set[str] = set()
    for model in ("CUSTOM", *MODELS):
        for choices.source in ("IMAGE", "CAMERA"):
            choices.model = model
            drawn.update(draw_all().properties)
            for menu in (bpy.types.NANO_BANANA_MT_model, bpy.types.NANO_BANANA_MT_ratio):
                drawn.update(draw(menu).properties)
    assert set(OPTIONS) - drawn == set()


@pytest.mark.usefixtures("sidebar")
def test_the_button_shows_the_price_of_all_variants() -> None:
    choices = bpy.context.scene.nano_banana
    bpy.context.preferences.addons[panel_state.__package__.rsplit(".", 2)[0]].preferences.provider = "google"
    choices.prompt, choices.variants, choices.image_size = "x", 4, "4K"
    button = next(t for t in draw_all().texts if t.startswith("Restyle"))
    assert "× 4" in button
    assert "$0.99" in button or "$0.98" in button  # four of $0.24, with input and text


@pytest.mark.usefixtures("sidebar")
def test_without_online_access_the_switch_is_offered_and_offline_needs_none() -> None:
    prefs = bpy.context.preferences.addons[panel_state.__package__.rsplit(".", 2)[0]].preferences
    prefs.provider = "google"
    bpy.context.preferences.system.use_online_access = False
    assert "Online access is switched off" in " ".join(draw_all().texts)
    prefs.provider = "offline"
    assert "Online access" not in " ".join(draw_all().texts)


@pytest.mark.usefixtures("sidebar")
@pytest.mark.parametrize("state", ["DONE", "REFUSED", "FAILED", "CANCELLED", "UNKNOWN"])
def test_every_outcome_is_shown_with_a_way_on(state: str) -> None:
    shown = panel_state.get_properties()
    item = shown.results.add()
    item.name, item.state, item.title = "abc", state, "a neon alley"
    item.message, item.next_step = "What happened.", "What to do."
    drawn = draw_all()
    assert "a neon alley" in drawn.texts
    assert ("nano_banana.apply" if state == "DONE" else "nano_banana.ask_again") in drawn.operators
    assert ("Edit Prompt" in drawn.texts) is (state == "REFUSED")
    if state != "DONE":
        assert {"What happened.", "What to do."} <= set(drawn.texts)
    shown.results.clear()


@pytest.mark.usefixtures("sidebar")
def test_the_limit_of_references_is_that_of_the_chosen_model() -> None:
    """Not that of another one whose ID is still in the field of Other."""
    choices = bpy.context.scene.nano_banana
    limit = draw(bpy.types.NANO_BANANA_PT_references).texts
    choices.custom_model = "gemini-2.5-flash-image"
    assert draw(bpy.types.NANO_BANANA_PT_references).texts == limit
    choices.model = "CUSTOM"
    assert draw(bpy.types.NANO_BANANA_PT_references).texts != limit


@pytest.mark.parametrize("text", ["word " * 1_000_000, "x" * 5_000_000, "line\n" * 1_000_000])
def test_a_text_of_megabytes_is_drawn_in_part(sidebar: None, text: str) -> None:
    layout = StrictLayout()
    draw_text(layout, bpy.context, text)
    assert 0 < len("".join(layout.texts)) < 10_000
    assert len(layout.texts) < 2_000
    assert layout.texts[-1].endswith("…")
