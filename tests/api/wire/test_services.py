# SPDX-License-Identifier: GPL-3.0-or-later
"""The further services, over real sockets: success, refusals, errors, links, tickets, cancelling."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core import models
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.guides import GUIDE_LABELS, Guide
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.imaging.formats.masks import prepare_request
from nano_banana_addon.wire.client import client as client_module
from nano_banana_addon.wire.client.preview import build_preview
from nano_banana_addon.wire.http.cancel import CancelToken

from .conftest import KEY, Caller


@dataclass(frozen=True)
class Case:
    """A provider as the simulator plays it, and a model there."""

    provider: str
    model: str
    dialect: str
    key: str = KEY
    size: str = "1K"

    def __str__(self) -> str:
        return f"{self.provider}-{self.model}"


CASES = (
    Case("cometapi", "seedream-4.5", "cometapi", size="2K"),
    Case("cometapi", "gpt-image-2", "cometapi"),
    Case("cometapi", "flux-2-pro", "cometapi"),
    Case("cometapi", "midjourney", "cometapi", size="2K"),
    Case("ark", "seedream-4.0", "ark"),
    Case("openai", "gpt-image-2", "openai"),
    Case("openrouter", "seedream-4.5", "openrouter", size="2K"),
    Case("bfl", "flux-2-pro", "bfl"),
    Case("sdapi", "stable-diffusion", "sdapi", key="artist:secret"),
    Case("sdcpp", "stable-diffusion-cpp", "sdcpp"),
)
POLLED = [case for case in CASES if case.model in ("flux-2-pro", "midjourney") or case.provider == "sdcpp"]
CLOUD = [case for case in CASES if case.provider not in ("sdapi", "sdcpp")]


@contextlib.contextmanager
def serve(case: Case, folder: Path, **options: Any) -> Iterator[tuple[Simulator, Caller]]:
    with Simulator(solid.paint, keys=frozenset({case.key}), dialect=case.dialect, **options) as sim:
        yield sim, Caller(sim.base_url, folder / "results", key=case.key, provider=case.provider)


def order(case: Case, prompt: str = "a lake at dawn", **more: Any) -> GenerationRequest:
    values = {"provider": case.provider, "model": case.model, "image_size": case.size, "aspect_ratio": "3:2"}
    return GenerationRequest(prompt, **(values | more))


def fail(caller: Caller, request: GenerationRequest, **options: Any) -> NanoBananaError:
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(request, **options)
    assert caller.left() == []
    assert caller.key not in repr(vars(caught.value))
    return caught.value


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "OPEN_TRIES", 2)


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


@pytest.mark.parametrize("case", [CASES[0], CASES[4], CASES[6]], ids=str)
def test_links_are_fetched_without_the_key_and_kept_before(case, tmp_path):
    tickets: list[str] = []
    with serve(case, tmp_path) as (sim, caller):
        sim.script("links")
        assert caller.ask(order(case), on_ticket=tickets.append).result
        again = replace_folder(caller, tmp_path / "again").ask(order(case), ticket=tickets[0])
        assert again.result
        assert len(sim.billed) == 1


def replace_folder(caller: Caller, folder: Path) -> Caller:
    return replace(caller, folder=folder)


LINKED = [CASES[2], CASES[3], CASES[7]]


@pytest.mark.parametrize("case", LINKED, ids=str)
@pytest.mark.parametrize(
    ("script", "options", "kind"),
    [
        ("result_redirect", {"to": "http://10.0.0.1/x.png"}, ErrorKind.ANSWER),
        ("result_redirect", {"to": "https://192.168.1.1/x.png"}, ErrorKind.ANSWER),
        ("result_redirect", {"to": "https://[::ffff:10.0.0.1]/x.png"}, ErrorKind.ANSWER),
        ("result_redirect", {"to": "file:///etc/passwd"}, ErrorKind.ANSWER),
        ("result_redirect", {"hops": 9}, ErrorKind.ANSWER),
        ("huge_result", {}, ErrorKind.ANSWER),
        ("html_result", {}, ErrorKind.ANSWER),
        ("link_life", {"seconds": 0}, ErrorKind.ANSWER),
        ("short_result", {}, ErrorKind.UNKNOWN_RESULT),
    ],
)
def test_a_bad_link_ends_in_words_and_leaks_nothing(case, script, options, kind, tmp_path, caplog):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script, **options)
        error = fail(caller, order(case))
        assert error.kind is kind
        assert len(sim.billed) == 1, "fetching again orders nothing"
        assert "X-Signature" not in repr(vars(error)) + caplog.text


@pytest.mark.parametrize("case", LINKED, ids=str)
@pytest.mark.parametrize(("script", "options"), [("flaky_result", {}), ("result_redirect", {"hops": 2})])
def test_a_link_that_needs_patience_is_no_error(case, script, options, tmp_path):
    with serve(case, tmp_path) as (sim, caller):
        sim.script(script, **options)
        assert caller.ask(order(case)).result


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


MASKED = [CASES[1], CASES[5], CASES[8], CASES[9]]


def build_masked(case: Case, folder: Path) -> GenerationRequest:
    """A green image whose right half may change, as a capture gives it to the worker process."""
    size = models.find(case.model).find_pixel_size("3:2", case.size)
    structure, mask = folder / "structure.png", folder / "mask.png"
    Image.new("RGB", size, (0, 160, 0)).save(structure)
    white = Image.new("RGB", size, (0, 0, 0))
    white.paste((255, 255, 255), (size[0] // 2, 0, *size))
    white.resize((size[0] // 2, size[1] // 2)).save(mask)
    references = (
        Reference(ReferenceRole.GUIDE, str(mask), GUIDE_LABELS[Guide.MASK]),
        Reference(ReferenceRole.STRUCTURE, str(structure)),
    )
    return order(case, "a red door", references=references, **({"strength": 1.0} if case in MASKED[2:] else {}))


@pytest.mark.parametrize("case", MASKED, ids=str)
def test_a_mask_goes_as_such_and_what_is_outside_stays(case, tmp_path):
    request = prepare_request(build_masked(case, tmp_path), tmp_path / "sent", body_limit=10**9)
    again = prepare_request(request, tmp_path / "sent", body_limit=10**9)
    assert again.references == request.references, "what is sent a second time is the same"
    with serve(case, tmp_path) as (_sim, caller):
        answer = caller.ask(request)
        shown = build_preview(request, caller.endpoint)
    assert "mask" not in shown.text.lower(), "it is not said in words"
    assert len(shown.pictures) == 1
    with Image.open(answer.result.path) as result:
        near, far = (result.convert("RGB").getpixel((int(result.width * x), result.height // 2)) for x in (0.1, 0.9))
    assert max(abs(a - b) for a, b in zip(near, (0, 160, 0), strict=True)) < 40
    assert max(abs(a - b) for a, b in zip(far, (0, 160, 0), strict=True)) > 60


def test_a_gateway_that_passes_no_mask_on_is_not_given_one_in_silence(tmp_path):
    case = Case("openrouter", "gpt-image-2", "openrouter")
    request = prepare_request(build_masked(case, tmp_path), tmp_path / "sent", body_limit=10**9)
    with serve(case, tmp_path) as (sim, caller):
        error = fail(caller, request)
        assert "takes no mask" in error.message
        assert sim.requests == []


def test_where_a_mask_cannot_go_as_such_it_is_an_image_that_the_text_names(tmp_path):
    case = CASES[0]
    request = prepare_request(build_masked(case, tmp_path), tmp_path / "sent", body_limit=10**9)
    with serve(case, tmp_path) as (_sim, caller):
        shown = build_preview(request, caller.endpoint)
    assert len(shown.pictures) == 2
    assert "the white area is the one that the text calls the mask" in shown.text
