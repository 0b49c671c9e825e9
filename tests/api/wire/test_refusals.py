# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract cases 25 to 27: the model's no has many shapes, and each becomes words."""

from __future__ import annotations

import pytest

from nano_banana_addon.core.constants import PictureRole
from nano_banana_addon.wire.retry import should_repeat_refusal

from .conftest import small

REASONS = {
    "image_other": "IMAGE_OTHER",
    "image_prohibited": "IMAGE_PROHIBITED_CONTENT",
    "image_safety": "IMAGE_SAFETY",
    "image_recitation": "IMAGE_RECITATION",
    "no_image": "NO_IMAGE",
    "prohibited_content": "PROHIBITED_CONTENT",
    "safety": "SAFETY",
    "max_tokens": "MAX_TOKENS",
    "other": "OTHER",
    "blocklist": "BLOCKLIST",
    "spii": "SPII",
    "malformed": "MALFORMED_RESPONSE",
    "unknown": "IMAGE_FUTURE_REASON",
}


@pytest.mark.parametrize(("case", "reason"), REASONS.items())
def test_a_refusal_has_its_reason_and_advice(caller, simulator, case, reason):
    simulator.script(f"refusal_{case}", times=1)
    answer = caller.ask(small())
    assert answer.refusal
    assert answer.refusal.reason == reason
    assert answer.refusal.advice
    assert answer.result is None
    assert caller.left() == []
    assert simulator.posts() == 1, "a refusal is not asked again by the client"


def test_the_services_own_words_are_shown(caller, simulator):
    simulator.script("refusal_image_other", times=1)
    refusal = caller.ask(small()).refusal
    assert refusal
    assert refusal.message.startswith("Unable to show the generated image.")


def test_recitation_may_be_asked_once_more(caller, simulator):
    simulator.script("refusal_image_recitation")
    first = caller.ask(small())
    assert first.refusal
    assert should_repeat_refusal(first.refusal, 1)
    assert not should_repeat_refusal(first.refusal, 2)
    assert caller.ask(small()).result


@pytest.mark.parametrize("shape", ["absent", "null", "empty"])
@pytest.mark.parametrize("reason", ["PROHIBITED_CONTENT", "IMAGE_SAFETY", "BLOCK_FUTURE"])
def test_a_blocked_prompt_is_a_refusal_with_its_reason(caller, simulator, shape, reason):
    simulator.script(f"blocked_{shape}", times=1, reason=reason)
    refusal = caller.ask(small()).refusal
    assert refusal
    assert refusal.reason == reason
    assert refusal.advice


@pytest.mark.parametrize(
    ("case", "reason"),
    [("text_only", "TEXT_ONLY"), ("stop_empty", "NO_PICTURE"), ("no_candidates", "NO_PICTURE")],
)
def test_stop_does_not_mean_success(caller, simulator, case, reason):
    simulator.script(case, times=1)
    answer = caller.ask(small())
    assert answer.refusal
    assert answer.refusal.reason == reason
    assert (answer.refusal.message == answer.text) if case == "text_only" else not answer.text


def test_thoughts_alone_are_no_result_but_are_kept(caller, simulator):
    simulator.script("only_thoughts", times=1)
    answer = caller.ask(small())
    assert answer.result is None
    assert answer.refusal
    assert answer.pictures
    assert {p.role for p in answer.pictures} == {PictureRole.THOUGHT}
    assert len(caller.left()) == len(answer.pictures)
