# SPDX-License-Identifier: GPL-3.0-or-later
"""The further services, over real sockets: success, refusals, errors, tickets, cancelling."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core import cost, models
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.wire.client.preview import build_preview
from nano_banana_addon.wire.http.cancel import CancelToken

from .conftest import KEY
from .services import CASES, CLOUD, POLLED, fail, order, replace_folder, serve

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("with_picture", [False, True])
def test_an_image_comes_in_exactly_the_pixels_that_were_announced(case, with_picture, tmp_path, picture):
    request = order(case, references=(picture(size=(300, 200)),) if with_picture else ())
    with serve(case, tmp_path) as (sim, caller):
        answer = caller.ask(request)
        shown = build_preview(request, caller.endpoint)
        assert len(sim.billed) == 1
        assert all(KEY not in entry.path for entry in sim.requests)
    assert answer.result
    expected = models.find(case.model).find_pixel_size("3:2", case.size)
    if case.model != "midjourney":  # whose grid of four chooses its own
        assert (answer.result.width, answer.result.height) == expected
    assert answer.warnings == ()
    assert Image.open(io.BytesIO(Path(answer.result.path).read_bytes())).size
    assert [path for path in caller.left() if path.suffix == ".part"] == []
    assert "lake at dawn" in json.dumps(shown.body)
    assert caller.key not in json.dumps(shown.body)
    states = [progress.state for progress in caller.progress]
    assert states == sorted(states, key=[State.SENDING, State.GENERATING, State.RECEIVING].index)


@pytest.mark.parametrize("quality", ["", "low", "medium", "high"])
def test_the_price_before_is_that_of_the_quality_that_is_billed(quality, tmp_path):
    case = next(case for case in CASES if case.provider == "openai")
    request = order(case, quality=quality, aspect_ratio="1:1")
    with serve(case, tmp_path) as (sim, caller):
        answer = caller.ask(request)
        (bill,) = sim.billed
    assert cost.estimate(request) == pytest.approx(bill.usd, rel=0.02, abs=0.002)
    assert cost.compute_actual(request.model, answer.usage, provider="openai") == pytest.approx(bill.usd, rel=0.02)


@pytest.mark.parametrize(("choice", "words"), [({"quality": "low"}, "quality"), ({"count": 3}, "matching images")])
def test_what_openrouter_does_not_pass_on_is_refused_before_sending(choice, words, tmp_path):
    case = next(case for case in CASES if case.provider == "openrouter")
    with serve(case, tmp_path) as (sim, caller):
        error = fail(caller, order(case, **choice))
        assert sim.requests == []
    assert words in error.message


@pytest.mark.parametrize("case", [case for case in CASES if case.provider not in ("sdapi", "sdcpp")], ids=str)
def test_a_refusal_is_an_answer_and_costs_nothing(case, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script("moderation")
        answer = caller.ask(order(case))
    assert answer.result is None
    assert answer.refusal
    assert answer.refusal.advice
    assert answer.billed_usd == 0.0


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_key_is_said_so(case, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        caller.key = "wrong-key-of-mine"
        assert fail(caller, order(case)).kind in (ErrorKind.KEY_INVALID, ErrorKind.PERMISSION)
        assert sim.billed == []


@pytest.mark.parametrize("case", [case for case in CLOUD if case.model != "midjourney"], ids=str)
def test_a_model_that_the_service_lacks_is_said_so(case, tmp_path):
    with serve(case, tmp_path) as (_sim, caller):
        unknown = {"seedream": "seedream-9", "gpt-image": "gpt-image-9", "flux": "flux-9"}
        model = unknown[models.find(case.model).family]
        assert fail(caller, order(case, model=model)).kind is ErrorKind.MODEL


@pytest.mark.parametrize("case", [case for case in CLOUD if case.model != "midjourney"], ids=str)
@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("rate_limited", ErrorKind.RATE),
        ("out_of_credit", ErrorKind.BILLING),
        ("503_overloaded", ErrorKind.CAPACITY),
        ("500_internal", ErrorKind.SERVER),
    ],
)
def test_errors_have_their_kinds(case, script, kind, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script, times=1)
        assert fail(caller, order(case)).kind is kind
        assert sim.billed == []


@pytest.mark.parametrize("case", [case for case in CLOUD if case.model not in ("flux-2-pro", "midjourney")], ids=str)
@pytest.mark.parametrize("script", ["ok_error", "no_pictures"])
def test_a_success_that_is_none_is_an_error(case, script, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script)
        assert fail(caller, order(case)).kind in (ErrorKind.SERVER, ErrorKind.ANSWER)


@pytest.mark.parametrize("case", POLLED, ids=str)
def test_the_ticket_is_kept_before_the_result_is_waited_for_and_leads_to_it(case, tmp_path):
    seen: list[tuple[str, int]] = []
    with serve(case, tmp_path) as (sim, caller):
        answer = caller.ask(
            order(case),
            on_ticket=lambda ticket: seen.append((ticket, sum("get_result" in e.path for e in sim.requests))),
        )
        again = replace_folder(caller, tmp_path / "again").ask(order(case), ticket=seen[0][0])
        assert len(sim.billed) == 1
    assert [count for _ticket, count in seen] == [0]
    assert KEY not in seen[0][0]
    assert answer.result
    assert again.result


@pytest.mark.parametrize("case", POLLED, ids=str)
def test_a_task_that_fails_or_is_forgotten_says_so(case, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script("task_failed", times=1)
        assert fail(caller, order(case)).kind is ErrorKind.REQUEST
        sim.script("task_life", times=1, seconds=0)
        error = fail(caller, order(case))
        assert error.kind in (ErrorKind.ANSWER, ErrorKind.NETWORK, ErrorKind.REQUEST)


@pytest.mark.parametrize("case", POLLED, ids=str)
def test_cancelling_stops_the_polls_and_tells_the_service_if_it_listens(case, tmp_path):
    cancel = CancelToken()
    with serve(case, tmp_path) as (sim, caller):
        sim.script("pending_forever")
        threading.Timer(1.0, cancel.cancel).start()
        assert fail(caller, order(case), cancel=cancel).kind is ErrorKind.CANCELLED
        told = [entry for entry in sim.requests if entry.path.endswith("/cancel")]
        assert len(told) == int(case.provider == "sdcpp")


@pytest.mark.parametrize("case", POLLED, ids=str)
def test_polls_that_fail_for_a_while_do_not_lose_the_order(case, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script("503_overloaded", times=1, on="poll")
        assert caller.ask(order(case)).result
        assert len(sim.billed) == 1


def test_a_key_does_not_follow_the_address_of_a_stranger(tmp_path):
    case = CASES[7]
    with serve(case, tmp_path) as (_sim, caller):
        assert not caller.endpoint.is_own("https://evil.example/v1/get_result?id=1")
        assert caller.endpoint.is_own("https://api.eu1.bfl.ai/v1/get_result?id=1")
        assert not caller.endpoint.is_own("https://api.notbfl.ai/v1/get_result?id=1")


def test_a_provider_without_the_model_refuses_before_anything_is_sent(tmp_path):
    with serve(CASES[5], tmp_path) as (sim, caller):
        assert fail(caller, order(CASES[5], model="seedream-4.5", image_size="2K")).kind is ErrorKind.MODEL
        assert sim.requests == []


def test_what_only_words_could_say_is_not_said(tmp_path):
    case = CASES[8]
    request = order(case, "a red barn", negative_prompt="cars", seed=7, steps=9)
    with serve(case, tmp_path) as (_sim, caller):
        shown = build_preview(request, caller.endpoint)
    assert shown.text == "a red barn"
    assert shown.body["negative_prompt"] == "cars"
    assert (shown.body["seed"], shown.body["steps"]) == (7, 9)


def test_a_seed_of_midjourney_is_one_of_its_parameters(tmp_path):
    with serve(CASES[3], tmp_path) as (_sim, caller):
        shown = build_preview(order(CASES[3], "a lake --ar 9:16", seed=7, negative_prompt="cars"), caller.endpoint)
    assert shown.text == "a lake ar 9:16 --ar 3:2 --seed 7 --no cars"
