# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels show of conversations, sources and the service's options."""

from __future__ import annotations

import bpy
import pytest

from nano_banana_addon.features.conversation import panel
from nano_banana_addon.session import panel_state

from .test_panels import draw_all, sidebar  # noqa: F401 - a fixture


def result(name: str = "abc") -> object:
    shown = panel_state.get_properties()
    shown.results.clear()
    item = shown.results.add()
    item.name, item.state, item.title = name, "DONE", "a neon alley"
    return item


@pytest.mark.usefixtures("sidebar")
def test_every_result_can_be_changed_by_an_instruction() -> None:
    item = result()
    item.instruction = "make it night"
    drawn = draw_all()
    assert "instruction" in drawn.properties
    assert {"nano_banana.continue_generation", "nano_banana.show_conversation"} <= set(drawn.operators)


@pytest.mark.usefixtures("sidebar")
def test_what_the_search_found_is_shown_with_its_links() -> None:
    source = result().sources.add()
    source.name, source.uri = "Neon signs of Osaka", "https://example.com/neon"
    drawn = draw_all()
    assert "Neon signs of Osaka" in drawn.texts
    assert "wm.url_open" in drawn.operators


@pytest.mark.usefixtures("sidebar")
def test_a_thread_shows_its_pictures_and_says_where_a_turn_is_lost() -> None:
    shown = panel.get_conversation()
    shown.turns.clear()
    for number, title in enumerate(("a neon alley", "make it night")):
        turn = shown.turns.add()
        turn.name, turn.title, turn.depth, turn.state = str(number), title, number, "DONE"
    shown.turns[1].obstacle = "The record of the earlier answer is lost."
    shown.name = "1"
    drawn = draw_all()
    assert {"a neon alley", "make it night"} <= set(drawn.texts)
    assert "The image will be sent" in " ".join(drawn.texts)
    assert drawn.operators.count("nano_banana.choose_turn") == 2
    panel.close()
    assert "nano_banana.choose_turn" not in draw_all().operators


@pytest.mark.usefixtures("sidebar")
@pytest.mark.parametrize(
    ("model", "shown", "hidden"),
    [
        ("gemini-3-pro-image", {"google_search", "service_tier"}, {"image_search"}),
        ("gemini-nano-banana-2.1", {"image_search", "thinking_level"}, set()),
        ("gemini-2.5-flash-image", {"seed"}, {"media_resolution", "system_instruction"}),
    ],
)
def test_only_what_the_model_has_is_offered(model: str, shown: set[str], hidden: set[str]) -> None:
    bpy.context.scene.nano_banana.model = model
    drawn = set(draw_all().properties)
    assert shown <= drawn
    assert not hidden & drawn
    assert "safety_harassment" in drawn
