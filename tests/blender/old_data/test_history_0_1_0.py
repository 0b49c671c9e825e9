# SPDX-License-Identifier: GPL-3.0-or-later
"""A history that version 0.1.0 wrote is shown and goes on in Blender."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.old_data import addon
from tests.old_data.written import IDS, NAMES

from .conftest import select

#: What Use Its Prompt and Settings chooses for "restyle", beside its references.
RESTYLE: dict[str, Any] = {
    "prompt": "a harbour at dusk",
    "source": "CAMERA",
    "shading": "SOLID",
    "transparent": True,
    "fit": "PAD",
    "aspect_ratio": "1:1",
    "capture_guides": {"DEPTH", "LINES"},
    "model": "gemini-3.1-flash-image",
    "image_size": "512",
    "thinking_level": "HIGH",
    "include_thoughts": True,
    "system_instruction": "no text in the picture",
    "google_search": True,
    "image_search": True,
    "media_resolution": "HIGH",
    "service_tier": "PRIORITY",
    "safety_harassment": "BLOCK_ONLY_HIGH",
    "safety_hate_speech": "BLOCK_NONE",
    "safety_sexually_explicit": "BLOCK_LOW_AND_ABOVE",
    "safety_dangerous_content": "OFF",
    "temperature": 0.5,
    "seed": 7,
    "to_image": True,
    "to_material": True,
    "to_compositor": True,
    "to_background": True,
    "project": "Harbour",
}


def shown() -> Any:
    return bpy.context.window_manager.nano_banana


def operate(name: str, **choices: Any) -> None:
    assert getattr(bpy.ops.nano_banana, name)(**choices) == {"FINISHED"}


def newest() -> Any:
    return addon.generations_in(addon.session_store())[0]


def test_the_gallery_shows_every_generation(old_store: Path) -> None:
    operate("history_refresh")
    history = shown().history
    found = {NAMES[entry.name]: entry.state for entry in history.entries}
    assert history.total == len(found) == len(IDS) - 1
    assert [found[n] for n in ("restyle", "refused", "cancelled")] == [
        "DONE",
        "REFUSED",
        "CANCELLED",
    ]
    assert all(Path(e.thumbnail).is_file() for e in history.entries if e.state == "DONE")
    assert [NAMES[e.name] for e in history.entries if e.favourite] == ["variant 1"]


def test_the_details_say_what_was_asked(old_store: Path) -> None:
    operate("history_choose", generation=IDS["restyle"])
    details = shown().history.details
    assert (details.prompt, details.state) == ("a harbour at dusk", "DONE")
    assert details.system_instruction == "no text in the picture"
    assert details.has_picture
    assert details.offline
    names = [(reference.name, reference.role) for reference in details.references]
    assert names[:2] == [("style.png", "Style"), ("figure", "Character")]
    assert all(Path(reference.path).is_file() for reference in details.references)
    operate("history_choose", generation=IDS["failed"])
    assert "may not be used" in details.message


def test_the_exact_request_can_be_read(old_store: Path) -> None:
    operate("sent_request", generation=IDS["restyle"])
    text = "\n".join(text.as_string() for text in bpy.data.texts)
    for words in ("a harbour at dusk", "no text in the picture", "style.png"):
        assert words in text


@pytest.mark.parametrize("name", RESTYLE)
def test_a_choice_is_used_again(old_store: Path, name: str) -> None:
    operate("use_settings", generation=IDS["restyle"])
    assert getattr(bpy.context.scene.nano_banana, name) == RESTYLE[name]


def test_references_are_used_again(old_store: Path) -> None:
    operate("use_settings", generation=IDS["restyle"])
    found = bpy.context.scene.nano_banana.references
    names = [("style.png", "STYLE"), ("figure", "CHARACTER"), ("figure", "MATERIAL")]
    assert [(entry.name, entry.role) for entry in found] == names
    assert all(Path(entry.path).is_relative_to(old_store) for entry in found)
    assert all(Path(entry.path).is_file() for entry in found)


def test_the_same_request_is_not_painted_again(newer: Path) -> None:
    operate("use_settings", generation=IDS["texture"])
    select("Wall")
    before = len(addon.generations_in(addon.session_store()))
    operate("restyle")
    assert len(addon.generations_in(addon.session_store())) == before


@pytest.mark.parametrize("name", ["restyle", "continued"])
def test_a_conversation_goes_on_by_its_turn(newer: Path, name: str) -> None:
    operate("continue_generation", generation=IDS[name], prompt="add rain")
    made = newest()
    assert (made.state, made.request.continues) == ("DONE", IDS[name])
    assert made.request.picture_instead == ""
    assert not set(NAMES) & {made.id}


def test_a_conversation_is_shown(old_store: Path) -> None:
    operate("show_conversation", generation=IDS["continued"])
    turns = shown().conversation.turns
    assert [(turn.title, turn.depth, turn.obstacle) for turn in turns] == [
        ("a harbour at dusk", 0, ""),
        ("make it night", 1, ""),
    ]


def test_what_was_left_over_is_offered(old_store: Path) -> None:
    operate("recovery")
    found = {(item.known, NAMES[item.name]) for item in shown().recovered}
    assert found == {
        ("NOT_SENT", "plain"),
        ("NOT_SENT", "queued"),
        ("NOT_SENT", "waiting"),
        ("UNKNOWN", "unknown"),
        ("UNKNOWN", "sending"),
        ("RECEIVED", "received"),
    }


@pytest.mark.parametrize("name", ["queued", "waiting", "unknown", "sending"])
def test_what_was_left_over_can_be_sent(newer: Path, name: str) -> None:
    operate("recovery")
    operate("ask_again", generation=IDS[name])
    (ended,) = addon.wait_for([IDS[name]])
    assert ended.state == "DONE", ended.failure


def test_a_picture_that_nobody_took_is_applied(newer: Path) -> None:
    operate("recovery")
    operate("recovery_take", generation=IDS["received"])
    (image,) = (i for i in bpy.data.images if i.get("nano_banana_generation") == IDS["received"])
    assert image.filepath.startswith("//nano_banana")
    assert IDS["received"] not in shown().recovered


@pytest.mark.parametrize("name", ["refused", "failed", "cancelled"])
def test_what_came_to_nothing_can_be_sent_again(old_store: Path, name: str) -> None:
    operate("ask_again", generation=IDS[name])
    (ended,) = addon.wait_for([IDS[name]])
    assert ended.state == "DONE", ended.failure


def test_the_ledger_and_the_budgets_are_shown(old_store: Path) -> None:
    operate("history_refresh")
    shown().money.by = "project"
    costs = {line.name: line.cost for line in shown().money.lines}
    assert costs["Lighthouse"] == "$0.05"
    standings = {item.name: item.limit for item in shown().money.standings}
    assert standings == {"": 50.0, "Harbour": 12.5}
