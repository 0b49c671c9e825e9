# SPDX-License-Identifier: GPL-3.0-or-later
"""A refusal says what the ledger holds for it, also where the service says that nothing is charged."""

from __future__ import annotations

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Answer, Generation, Refusal, Usage
from nano_banana_addon.core.text.details import format_title
from nano_banana_addon.core.text.outcome import find_outcome

_WORDS = "You will not be charged for blocked images."


def refuse(cost: float | None, usage: Usage | None) -> str:
    answer = Answer(usage=usage, refusal=Refusal("IMAGE_SAFETY", _WORDS, "Rephrase it."))
    generation = Generation("1", GenerationRequest("x"), State.REFUSED, answer=answer, cost_usd=cost)
    return find_outcome(generation).message


def test_counted_tokens_are_told_beside_the_words_of_the_service() -> None:
    told = refuse(0.0052, Usage(prompt=615, candidates=200, thoughts=200, total=815))
    assert told.startswith(_WORDS)
    assert "$0.005 for the text and thinking" in told
    assert "nothing for an image" in told


def test_counted_drafts_are_not_told_as_free() -> None:
    told = refuse(0.14, Usage(prompt=615, candidates=1120, image=1120))
    assert "$0.14" in told
    assert "nothing for an image" not in told


def test_what_was_not_counted_is_not_told() -> None:
    assert refuse(None, None) == refuse(0.0, Usage()) == _WORDS


def test_variants_of_one_press_are_told_apart() -> None:
    request = GenerationRequest("a neon alley", variant=2)
    assert format_title(Generation("1", request, group="g")) == "3: a neon alley"
    assert format_title(Generation("1", request)) == "a neon alley"
