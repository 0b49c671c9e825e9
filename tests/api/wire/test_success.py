# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract cases 19 to 24, 33: every shape of a success, and what the artist gets of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core import models
from nano_banana_addon.core.bounds import Limits
from nano_banana_addon.core.constants import ReferenceRole, State

from .conftest import small


@pytest.mark.parametrize("ratio", models.find("gemini-3-pro-image").ratios)
def test_the_picture_has_the_size_of_the_table_and_its_bytes_are_unchanged(caller, simulator, ratio):
    answer = caller.ask(small(aspect_ratio=ratio))
    result = answer.result
    assert result
    assert (result.width, result.height) == models.find("gemini-3-pro-image").find_pixel_size(ratio, "1K")
    data = Path(result.path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == result.sha256
    assert len(data) == result.byte_count
    assert b"c2pa" in data
    assert result.mime_type == "image/jpeg"
    assert result.path.endswith(".jpg")
    assert answer.warnings == ()
    assert answer.refusal is None
    assert answer.usage
    assert answer.usage.image == 1120
    assert {Path(result.path), Path(answer.turn)} == set(caller.left())


def test_bytes_decide_about_the_type_and_not_the_label(caller, simulator):
    simulator.script("wrong_label", times=1)
    result = caller.ask(small()).result
    assert result
    assert result.mime_type == "image/jpeg"
    assert result.path.endswith(".jpg")


@pytest.mark.parametrize(
    ("shape", "roles"),
    [
        ("image_only", ["RESULT"]),
        ("text_image", ["RESULT"]),
        ("image_text", ["RESULT"]),
        ("bare_content", ["RESULT"]),
        ("thoughts", ["THOUGHT", "RESULT"]),
        ("draft_unmarked", ["DRAFT", "RESULT"]),  # its two drafts have the same pixels
        ("twice", ["RESULT"]),
        ("interleaved", ["DRAFT", "RESULT"]),
        ("unknown_fields", ["RESULT"]),
    ],
)
def test_the_last_picture_that_is_no_thought_is_the_result(caller, simulator, shape, roles):
    simulator.script(shape, times=1)
    answer = caller.ask(small(include_thoughts=True))
    assert [p.role.value for p in answer.pictures] == roles
    assert len(caller.left()) == len(roles) + 1, "one file for each picture, and the turn"
    for picture in answer.pictures:
        with Image.open(picture.path) as opened:
            assert opened.size == (picture.width, picture.height)


def test_thoughts_are_kept_apart_from_the_text(caller, simulator):
    simulator.script("thoughts", times=1)
    answer = caller.ask(small(include_thoughts=True))
    assert answer.thoughts
    assert answer.text
    assert answer.thoughts not in answer.text


def test_without_a_ratio_the_last_picture_decides(caller, picture):
    references = (
        picture(ReferenceRole.STRUCTURE, (160, 90), name="structure"),
        picture(ReferenceRole.STYLE, (50, 80), name="style"),
    )
    answer = caller.ask(small(aspect_ratio="", references=references))
    result = answer.result
    assert result
    assert (result.width, result.height) == (1376, 768), "STRUCTURE was sent last"
    assert answer.warnings == ()


@pytest.mark.parametrize("ratio", ["16:9", ""])
def test_a_smaller_picture_than_asked_is_told(caller, simulator, ratio):
    simulator.script("wrong_size", times=1)
    answer = caller.ask(small(image_size="4K", aspect_ratio=ratio))
    assert answer.result
    assert len(answer.warnings) == 1
    assert answer.warnings[0].endswith(f"was requested, {answer.result.width} x {answer.result.height} was returned.")


@pytest.mark.parametrize(("shape", "reported"), [("no_usage", False), ("usage_strings", True)])
def test_usage_may_be_absent_or_written_as_text(caller, simulator, shape, reported):
    simulator.script(shape, times=1)
    usage = caller.ask(small()).usage
    assert usage
    assert usage.reported is reported
    assert (usage.total > 0) is reported


def test_two_billed_pictures_are_counted(caller, simulator):
    simulator.script("twice", times=1)
    usage = caller.ask(small()).usage
    assert usage
    assert usage.image == 2 * 1120


def test_sources_come_with_their_links(caller):
    answer = caller.ask(small(google_search=True))
    assert answer.sources
    assert answer.search_entry_point
    assert all(s.uri.startswith("http") and s.title for s in answer.sources)


@pytest.mark.parametrize("coding", ["gzip", "chunked", "gzip+chunked", "trickle"])
def test_compressed_and_chunked_answers_give_the_same_picture(caller, simulator, coding):
    plain = caller.ask(small()).result
    simulator.script(coding, times=1)
    again = caller.ask(small()).result
    assert plain
    assert again
    assert (plain.width, plain.height) == (again.width, again.height)
    with Image.open(plain.path) as one, Image.open(again.path) as two:
        assert one.tobytes() == two.tobytes()


def test_the_phases_are_reported_in_order(caller, picture):
    caller.ask(small(references=(picture(size=(900, 900)),)))
    states = list(dict.fromkeys(p.state for p in caller.progress))
    assert states == [State.SENDING, State.GENERATING, State.RECEIVING]
    assert all(0 <= p.fraction <= 1 for p in caller.progress)
    assert caller.progress[-1].fraction == 1


@pytest.mark.parametrize("choice", [{"image_size": "4K", "aspect_ratio": "16:9"}])
def test_a_4k_picture_arrives_whole(caller, choice):
    result = caller.ask(small(**choice)).result
    assert result
    assert (result.width, result.height) == (5504, 3072)


@pytest.mark.parametrize(
    ("model", "choices"),
    [
        (
            "gemini-nano-banana-2.1",
            {"thinking_level": "HIGH", "image_search": True, "aspect_ratio": "8:1"},
        ),
        ("gemini-3.1-flash-image", {"thinking_level": "MINIMAL", "image_size": "512"}),
        ("gemini-3.1-flash-lite-image", {"aspect_ratio": "1:4"}),
        ("gemini-2.5-flash-image", {}),
        ("gemini-3-pro-image-preview", {}),
        (
            "gemini-3-pro-image",
            {
                "system_instruction": "You are a matte painter.",
                "temperature": 0.0,
                "seed": 0,
                "service_tier": "flex",
                "safety": {"HARM_CATEGORY_HARASSMENT": "BLOCK_ONLY_HIGH"},
                "include_thoughts": True,
            },
        ),
    ],
)
def test_every_parameter_is_understood_by_a_strict_server(caller, model, choices):
    answer = caller.ask(small(model=model, **choices))
    assert answer.result
    assert answer.warnings == ()


def test_the_key_goes_in_the_header_and_nowhere_else(caller, simulator):
    caller.ask(small())
    (request,) = simulator.requests
    assert "key=" not in request.path
    assert "test-key" not in json.dumps(vars(request), default=str)


def test_pictures_beyond_the_limits_end_the_call_cleanly(caller, simulator):
    simulator.script("draft_unmarked", times=1)
    answer = caller.ask(small(), limits=Limits(pictures=2))
    # What had arrived is kept, with a word about the rest.
    assert answer.result
    assert answer.warnings
    assert "too many images" in answer.warnings[0]
    assert len(caller.left()) == len(answer.pictures)
