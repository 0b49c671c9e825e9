# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and results survive being stored, also by other versions; equal requests have equal digests."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core import models, serial
from nano_banana_addon.core.constants import END_STATES, DeliveryKind, ReferenceRole, State
from nano_banana_addon.core.request import Delivery, GenerationRequest, Reference
from nano_banana_addon.core.result import Answer, Generation, Picture, Usage
from nano_banana_addon.core.scene import frames
from nano_banana_addon.core.scene.capture import Capture, DataBlockRef, View
from nano_banana_addon.core.text import progress

IDENTITY = tuple(tuple(float(r == c) for c in range(4)) for r in range(4))
FRAMING = frames.fit_frame((1920, 1080), models.find("gemini-3-pro-image"), "2K")
REQUEST = GenerationRequest(
    "a neon alley ☂",
    references=(Reference(ReferenceRole.STYLE, "ink.png", sha256="ab"),),
    temperature=0.5,
    safety={"HARM_CATEGORY_HARASSMENT": "OFF"},
    capture=Capture("CAMERA", framing=FRAMING, view=View(IDENTITY, IDENTITY)),
    delivery=Delivery(kinds=(DeliveryKind.MATERIAL,), objects=(DataBlockRef("OBJECT", "Jug", session_uid=7),)),
)


def test_a_generation_survives_json() -> None:
    answer = Answer(pictures=(Picture("a.jpg", "ab", "image/jpeg", 1, 2, 3),), usage=Usage(prompt=1))
    whole = Generation("1", REQUEST, State.DONE, answer=answer, cost_usd=0.14)
    text = json.dumps(serial.to_plain(whole))
    assert serial.from_plain(Generation, json.loads(text)) == whole


def test_keys_of_a_newer_version_are_passed_over_and_missing_ones_are_defaults() -> None:
    plain = {**REQUEST.to_dict(), "hologram": True}
    del plain["temperature"]
    assert GenerationRequest.from_dict(plain) == replace(REQUEST, temperature=None)


@pytest.mark.parametrize(
    "spoilt",
    [{"prompt": 3}, {"prompt": "x", "references": "ink.png"}, {"prompt": "x", "kind": "SONG"}],
)
def test_a_spoilt_record_is_an_error_not_a_wrong_request(spoilt: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        GenerationRequest.from_dict(spoilt)


def test_the_digest_follows_content_and_settings_and_nothing_else() -> None:
    same = replace(REQUEST, blend_path="/other.blend", delivery=Delivery(), capture=None)
    renamed = replace(REQUEST, references=(replace(REQUEST.references[0], path="copy.png"),))
    assert same.compute_digest() == renamed.compute_digest() == REQUEST.compute_digest()
    others = [
        replace(REQUEST, prompt="another"),
        replace(REQUEST, image_size="4K"),
        replace(REQUEST, variant=1),
        replace(REQUEST, references=(replace(REQUEST.references[0], sha256="cd"),)),
        replace(REQUEST, references=(replace(REQUEST.references[0], role=ReferenceRole.OBJECT),)),
        replace(REQUEST, references=(replace(REQUEST.references[0], label="the other hero"),)),
    ]
    assert len({other.compute_digest() for other in others} | {REQUEST.compute_digest()}) == len(others) + 1


@given(st.floats(0, 1e4), st.floats(0, 1e4))
def test_progress_never_runs_backwards_while_painting(first: float, second: float) -> None:
    painting = Generation("1", REQUEST, State.GENERATING, sent=1000.0)
    early, late = sorted((first, second))
    one, two = (progress.estimate_fraction(painting, 1000.0 + t) for t in (early, late))
    assert 0.1 <= one <= two <= 0.9


@pytest.mark.parametrize(
    ("place", "words"), [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")]
)
def test_the_place_in_the_service_s_queue_is_said_and_moves_no_progress(place: int, words: str) -> None:
    waiting = Generation("1", REQUEST, State.GENERATING, sent=1000.0, place=place)
    assert progress.describe_progress(waiting, 1100.0) == f"{words} in the queue"
    assert progress.estimate_fraction(waiting, 1100.0) == progress.estimate_fraction(waiting, 1000.0)


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_words_and_a_fraction(state: State) -> None:
    generation = Generation("1", REQUEST, state, retry_at=5.0)
    assert progress.describe_progress(generation, 0.0)
    assert progress.estimate_fraction(generation, 0.0) == 1.0 or state not in END_STATES
