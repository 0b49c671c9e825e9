# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are none, servers that are gone or others: a sentence with what to do, and nothing ordered twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nano_banana_addon.core.errors import ErrorKind

from .services import CASES, fail, order, serve

pytestmark = pytest.mark.usefixtures("quick")

BROKEN = {
    "html_200": {ErrorKind.ANSWER},
    "502_html": {ErrorKind.SERVER},
    "empty_200": {ErrorKind.ANSWER, ErrorKind.SERVER, ErrorKind.UNKNOWN_RESULT},
    "null_200": {ErrorKind.ANSWER, ErrorKind.SERVER, ErrorKind.UNKNOWN_RESULT},
    "broken_json": {ErrorKind.ANSWER},
    "deep_json": {ErrorKind.ANSWER},
    "close": {ErrorKind.UNKNOWN_RESULT},
}


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("script", BROKEN)
def test_an_answer_that_is_none_ends_in_words_and_is_not_asked_for_twice(case, script, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script)
        error = fail(caller, order(case))
        assert error.kind in BROKEN[script]
        assert error.next_step
        assert sum(entry.method == "POST" for entry in sim.requests) == 1


def test_an_image_without_end_is_cut_off(tmp_path):
    case = CASES[0]
    with serve(case, tmp_path) as (sim, caller):
        sim.script("huge_b64")
        assert "too large" in fail(caller, order(case)).detail


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_server_that_is_gone_is_named_and_nothing_was_sent(case, tmp_path):
    with serve(case, tmp_path) as (_sim, caller):
        pass
    error = fail(caller, order(case))
    assert error.kind is ErrorKind.NETWORK
    assert "nothing was sent" in error.message


@pytest.mark.parametrize(("number", "words"), [(8, "--api"), (9, "address"), (4, "console")])
def test_a_server_that_does_not_know_the_request_says_what_to_do(number, words, tmp_path):
    case = CASES[number]
    other = replace(CASES[7], key=case.key)
    with serve(other, tmp_path) as (sim, caller):
        caller.provider = case.provider
        error = fail(caller, order(case))
        assert error.kind is ErrorKind.MODEL
        assert words in error.next_step
        assert sim.billed == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_other_pixels_than_were_asked_for_are_told(case, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script("wrong_pixels", size="640x640")
        answer = caller.ask(order(case))
    assert any("640 x 640 was returned" in words for words in answer.warnings) == (case.model != "midjourney")
