# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract cases 28 to 30: errors by kind, and what may be repeated by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.result import Answer
from nano_banana_addon.wire.retry import compute_wait

from .conftest import Caller, small


def asked_as_the_courier_does(
    caller: Caller,
) -> tuple[Answer | None, list[NanoBananaError], list[float]]:
    """Ask, and again as long as the rules allow, without really waiting."""
    errors: list[NanoBananaError] = []
    waits: list[float] = []
    while True:
        try:
            return caller.ask(small()), errors, waits
        except NanoBananaError as error:
            errors.append(error)
            wait = compute_wait(error, len(errors))
            if wait is None:
                return None, errors, waits
            waits.append(wait)


@pytest.mark.parametrize(
    ("case", "kind", "posts"),
    [
        ("429_free_tier", ErrorKind.BILLING, 1),
        ("429_per_day", ErrorKind.QUOTA_DAY, 1),
        ("429_per_minute", ErrorKind.RATE, 4),
        ("429_capacity", ErrorKind.RATE, 4),
        ("429_prepay", ErrorKind.BILLING, 1),
        ("402_prepay", ErrorKind.BILLING, 1),
        ("400_billing", ErrorKind.BILLING, 1),
        ("400_location", ErrorKind.REGION, 1),
        ("400_invalid", ErrorKind.REQUEST, 1),
        ("401_unauthenticated", ErrorKind.KEY_INVALID, 1),
        ("403_leaked", ErrorKind.KEY_INVALID, 1),
        ("403_blocked", ErrorKind.PERMISSION, 1),
        ("403_disabled", ErrorKind.PERMISSION, 1),
        ("404_model", ErrorKind.MODEL, 1),
        ("404_new_users", ErrorKind.MODEL, 1),
        ("408_timeout", ErrorKind.SERVER, 3),
        ("413_html", ErrorKind.TOO_LARGE, 1),
        ("500_internal", ErrorKind.SERVER, 3),
        ("502_html", ErrorKind.SERVER, 3),
        ("503_overloaded", ErrorKind.CAPACITY, 3),
        ("503_high_demand", ErrorKind.CAPACITY, 3),
        ("503_unavailable", ErrorKind.CAPACITY, 3),
        ("504_deadline", ErrorKind.DEADLINE, 2),
        ("524_gateway", ErrorKind.SERVER, 3),
        ("error_array", ErrorKind.CAPACITY, 3),
        ("error_no_status", ErrorKind.SERVER, 3),
        ("error_empty_body", ErrorKind.SERVER, 3),
        ("error_huge", ErrorKind.REQUEST, 1),
    ],
)
def test_the_kind_decides_how_often_it_is_asked(caller, simulator, case, kind, posts):
    simulator.script(case)
    answer, errors, _waits = asked_as_the_courier_does(caller)
    assert answer is None
    assert {error.kind for error in errors} == {kind}
    assert simulator.posts() == posts
    assert all(error.message and error.next_step and len(error.detail) <= 500 for error in errors)
    assert caller.left() == []


@pytest.mark.parametrize("delay", ["2s", "1.5s", "31s"])
def test_a_named_wait_is_kept(caller, simulator, delay):
    simulator.script("429_per_minute", times=1, delay=delay)
    answer, _errors, (wait,) = asked_as_the_courier_does(caller)
    assert answer
    assert answer.result
    assert wait >= float(delay[:-1])


def test_without_details_the_waits_grow(caller, simulator):
    simulator.script("429_capacity")
    _answer, _errors, waits = asked_as_the_courier_does(caller)
    assert len(waits) == 3
    assert waits[0] < waits[1] < waits[2]


@pytest.mark.parametrize("case", ["500_internal", "502_html", "503_overloaded", "503_high_demand"])
def test_it_succeeds_at_the_third_call(caller, simulator, case):
    simulator.script(case, times=2)
    answer, errors, _waits = asked_as_the_courier_does(caller)
    assert answer
    assert answer.result
    assert len(errors) == 2
    assert simulator.posts() == 3


@pytest.fixture
def gateway(tmp_path) -> Iterator[tuple[Simulator, Caller]]:
    with Simulator(solid.paint, dialect="cometapi") as server:
        yield server, Caller(server.base_url, tmp_path / "results", provider="cometapi")


def test_a_gateway_gets_its_own_ids_and_its_own_header(gateway):
    server, caller = gateway
    assert caller.ask(small()).result
    assert "gemini-3-pro-image-preview" in server.requests[-1].path


@pytest.mark.parametrize(
    ("case", "kind", "posts"),
    [
        ("comet_model_not_found", ErrorKind.MODEL, 1),
        ("comet_invalid_request", ErrorKind.REQUEST, 1),
        ("524_gateway", ErrorKind.SERVER, 3),
        ("401_unauthenticated", ErrorKind.KEY_INVALID, 1),
        ("429_capacity", ErrorKind.RATE, 4),
        ("503_overloaded", ErrorKind.CAPACITY, 3),
    ],
)
def test_errors_in_a_gateways_dialect(gateway, case, kind, posts):
    server, caller = gateway
    server.script(case)
    answer, errors, _waits = asked_as_the_courier_does(caller)
    assert answer is None
    assert errors[0].kind is kind
    assert server.posts() == posts


def test_an_unknown_model_is_named(caller, simulator):
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(small(model="gemini-9-image"))
    assert caught.value.kind is ErrorKind.MODEL
    assert "gemini-9-image" in caught.value.message
    assert simulator.posts() == 1


@pytest.mark.parametrize(
    "case",
    ["html_200", "broken_json", "empty_200", "null_200", "deep_json"],
)
def test_a_200_that_is_no_answer_is_an_error_in_words(caller, simulator, case):
    simulator.script(case, times=1)
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(small())
    assert caught.value.kind is ErrorKind.ANSWER
    assert caught.value.next_step
    assert compute_wait(caught.value, 1) is None, "it may have been billed"
    assert caller.left() == []


@pytest.mark.parametrize("case", ["not_an_image", "decompression_bomb", "bad_base64", "empty_data"])
def test_pictures_that_cannot_be_used_are_an_error_in_words(caller, simulator, case):
    simulator.script(case, times=1)
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(small())
    assert caught.value.kind is ErrorKind.ANSWER
    assert caught.value.detail
    assert caller.left() == []


def test_a_picture_that_is_cut_off_is_kept_with_a_warning(caller, simulator):
    simulator.script("truncated_image", times=1)
    answer = caller.ask(small())
    assert answer.result
    assert any("cut off" in warning for warning in answer.warnings)


def test_an_answer_of_a_gigabyte_ends_at_the_limit(caller, simulator):
    simulator.script("endless_body", times=1)
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(small())
    assert caught.value.kind is ErrorKind.ANSWER
    assert "too large" in caught.value.detail
    assert caller.left() == []
