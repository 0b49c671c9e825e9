# SPDX-License-Identifier: GPL-3.0-or-later
"""A generation in words: nothing empty, nothing cut inside a word, and a next step where it failed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ERROR_TEXTS, ErrorKind
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Answer, Failure, Generation, Picture, Refusal, Usage
from nano_banana_addon.core.text import details

PICTURE = Picture("/results/a.png", "a" * 64, "image/png", 4096, 2048, 1000)
DRAFT = replace(PICTURE, path="/results/draft.png")
DONE = Generation(
    "20260101-0123456789",
    GenerationRequest("a red jug", provider="google", image_size="4K", aspect_ratio="2:1"),
    State.DONE,
    created=1_700_000_000.0,
    tries=1,
    answer=Answer((PICTURE,)),
)


@given(st.text(), st.integers(1, 80))
def test_a_title_is_one_line_of_whole_words(prompt, limit):
    title = details.format_title(replace(DONE, request=GenerationRequest(prompt)), limit)
    words = prompt.split()
    if not words:
        assert title == "(no prompt)"
        return
    assert len(title) <= limit
    assert "\n" not in title
    line = " ".join(words)
    assert line.startswith(title)
    # Only a first word that is longer than the limit is cut.
    assert title == line or line[len(title)] == " " or " " not in line[:limit]


def test_the_shot_names_a_generation_before_its_prompt():
    shot = replace(DONE, request=GenerationRequest("a red jug", shot="sh010"))
    assert details.format_title(shot) == "sh010"


def test_facts_say_what_came_and_leave_out_what_did_not():
    facts = dict(details.list_facts(DONE))
    assert facts["Image"] == "4096 × 2048, image/png"
    assert facts["Size"] == "4K  2:1"
    assert facts["ID"] == DONE.id
    assert all(facts.values())
    assert {"Sent", "Attempts", "Drafts", "Input", "Variant"}.isdisjoint(facts)


def test_facts_count_tries_drafts_variants_and_tokens():
    usage = Usage(1000, 1500, 100, 2600, 1120)
    answer = Answer((DRAFT, PICTURE), usage=usage, model_version="v1", response_id="r1")
    request = replace(DONE.request, variant=2)
    facts = dict(details.list_facts(replace(DONE, request=request, answer=answer, tries=3)))
    assert (facts["Attempts"], facts["Variant"], facts["Response"]) == ("3", "3", "r1")
    assert facts["Drafts"] == "1"
    assert facts["Input"] == f"{usage.prompt + usage.tool_prompt} tokens"
    assert facts["Output"] == f"{usage.image} image tokens"
    assert facts["Thinking"] == "480 tokens, including text", "the answer's text, and 100 of thoughts"


def test_a_generation_without_an_answer_has_facts_too():
    facts = dict(details.list_facts(replace(DONE, state=State.QUEUED, answer=None)))
    assert facts["Model"] == DONE.request.model
    assert "Image" not in facts


def test_the_provenance_tells_a_preview_from_a_painted_picture():
    assert details.describe_provenance(DONE) == "AI-generated (SynthID)"
    for model, words in {"gpt-image-2": "AI-generated (C2PA)", "flux-2-pro": "AI-generated"}.items():
        other = replace(DONE, request=replace(DONE.request, model=model))
        assert details.describe_provenance(other) == words
    assert details.describe_provenance(replace(DONE, answer=None)) == ""
    assert details.describe_provenance(replace(DONE, answer=Answer(()))) == ""


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_a_failure_says_what_happened_and_what_to_do(kind):
    texts = ERROR_TEXTS[kind]
    failure = Failure(kind, texts.message, texts.next_step, detail="429")
    text = details.describe_outcome(replace(DONE, state=State.FAILED, answer=None, failure=failure))
    assert text == f"{texts.message} (429)\n{texts.next_step}"


@pytest.mark.parametrize(("message", "advice"), [("", ""), ("Too bright.", "Paint it darker.")])
def test_a_refusal_says_the_services_words_or_ours(message, advice):
    answer = Answer((), refusal=Refusal("IMAGE_SAFETY", message=message, advice=advice))
    first, second = details.describe_outcome(replace(DONE, state=State.REFUSED, answer=answer)).split("\n")
    texts = ERROR_TEXTS[ErrorKind.REFUSED]
    assert first == (message or f"{texts.message} (IMAGE_SAFETY)")
    assert second == (advice or texts.next_step)


def test_what_came_with_warnings_shows_them():
    warned = replace(DONE, answer=Answer((PICTURE,), warnings=("smaller than asked for", "no credentials")))
    assert details.describe_outcome(warned) == "smaller than asked for\nno credentials"
    assert details.describe_outcome(DONE) == ""
