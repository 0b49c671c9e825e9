# SPDX-License-Identifier: GPL-3.0-or-later
"""The history's panels draw with names that Blender knows, show what the artist needs, and only read."""

from __future__ import annotations

import types
from collections.abc import Iterator

import bpy
import pytest

from nano_banana_addon.session import panel_state

from .strict_layout import StrictLayout

_STATES = ("DONE", "REFUSED", "FAILED", "UNKNOWN", "CANCELLED", "QUEUED")


@pytest.fixture(params=["VIEW_3D", "IMAGE_EDITOR"])
def editor(request: pytest.FixtureRequest) -> Iterator[str]:
    """The sidebar of an editor as the context."""
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    area.type = request.param
    region = next(r for r in area.regions if r.type == "UI")
    with bpy.context.temp_override(window=window, area=area, region=region):
        yield request.param
    for name in ("history", "money", "recovered"):
        panel_state.get_properties().property_unset(name)


def drawn_in(space: str) -> StrictLayout:
    """Everything that the add-on's panels of an editor draw."""
    layout = StrictLayout()
    panel = types.SimpleNamespace(layout=layout)
    for cls in bpy.types.Panel.__subclasses__():
        if not cls.__name__.startswith("NANO_BANANA") or cls.bl_space_type != space:
            continue
        if hasattr(cls, "poll") and not cls.poll(bpy.context):
            continue
        if hasattr(cls, "draw_header_preset"):
            cls.draw_header_preset(panel, bpy.context)
        cls.draw(panel, bpy.context)
    return layout


def test_the_gallery_shows_every_state_and_where_the_page_stands(editor: str) -> None:
    shown = panel_state.get_properties().history
    shown.total, shown.page = 60, 1
    for state in _STATES:
        entry = shown.entries.add()
        entry.name, entry.state, entry.title = state, state, f"a picture {state}"
    drawn = drawn_in(editor)
    assert {f"a picture {state}" for state in _STATES} <= set(drawn.texts)
    assert "25–30 of 60" in drawn.texts
    assert {"text", "kind", "state", "favourite"} <= set(drawn.properties)


@pytest.mark.parametrize("state", _STATES)
def test_details_offer_what_fits_the_state(editor: str, state: str) -> None:
    session = panel_state.get_properties()
    details = session.history.details
    details.name, details.state, details.prompt = "x", state, "a neon alley"
    details.has_picture = state == "DONE"
    details.provenance = "AI-generated (SynthID)" if details.has_picture else ""
    fact = details.facts.add()
    fact.name, fact.value = "Response", "r-17"
    details.references.add().name = "ink.png"
    session.history.compared = "y"
    drawn = drawn_in(editor)
    assert {"a neon alley", "r-17", "ink.png"} <= set(drawn.texts)
    always = {"nano_banana.use_settings", "nano_banana.delete_generation", "nano_banana.favourite"}
    assert always <= set(drawn.operators)
    of_pictures = {"nano_banana.compare", "nano_banana.reveal_file"}
    assert (of_pictures <= set(drawn.operators)) is details.has_picture
    assert ("AI-generated (SynthID)" in " ".join(drawn.texts)) is details.has_picture


def test_costs_and_budgets_are_shown(editor: str) -> None:
    if editor != "VIEW_3D":
        pytest.skip("the cost is in the 3D view")
    money = panel_state.get_properties().money
    money.month, money.unknown = "$5.40", "$0.25"
    line = money.lines.add()
    line.name, line.pictures, line.cost = "film", 40, "$5.40"
    standing = money.standings.add()
    standing.name, standing.limit, standing.spent, standing.warn_share = "film", 6.0, 5.4, 0.8
    drawn = drawn_in(editor)
    assert {"$5.40", "$0.25", "film", "40", "film: $5.40 of $6.00"} <= set(drawn.texts)


@pytest.mark.parametrize(
    ("known", "way_on"),
    [
        ("RECEIVED", "nano_banana.recovery_take"),
        ("UNKNOWN", "nano_banana.ask_again"),
        ("NOT_SENT", "nano_banana.ask_again"),
    ],
)
def test_the_recovery_dialog_says_what_is_known_and_what_can_be_done(known: str, way_on: str) -> None:
    from operators import recovery

    item = panel_state.get_properties().recovered.add()
    item.name, item.known, item.title = "x", known, "a neon alley"
    layout = StrictLayout()
    recovery.draw_recovered(layout)
    panel_state.get_properties().recovered.clear()
    assert "a neon alley" in layout.texts
    assert {way_on, "nano_banana.give_up"} <= set(layout.operators)


def test_a_long_list_of_earlier_generations_stays_on_the_screen() -> None:
    from operators import recovery

    for number in range(40):
        item = panel_state.get_properties().recovered.add()
        item.name, item.known, item.title = f"x{number}", "UNKNOWN", f"take {number}"
    layout = StrictLayout()
    recovery.draw_recovered(layout)
    panel_state.get_properties().recovered.clear()
    assert len([text for text in layout.texts if text.startswith("take ")]) == 4
    assert "… and 36 more" in layout.texts
    assert "nano_banana.give_up_all" in layout.operators
