# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract case 38: whatever a server repeats, the key appears nowhere on our side."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from dataclasses import asdict, is_dataclass
from urllib.parse import quote

import pytest

from nano_banana_addon.core import serial
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.wire.gemini.models_list import test_connection as try_connection

from .conftest import Caller, small
from .servers import answering

KEY = "AQ.planted+key/with=odd_signs-0123456789"
FORMS = {
    "plain": KEY,
    "url": quote(KEY, safe=""),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 in a text": base64.b64encode(f"Bearer {KEY} !".encode()).decode(),
    "base64 at an odd place": base64.b64encode(f"xy{KEY}z".encode()).decode(),
    "hex": KEY.encode().hex(),
    "another key": "AIzaSyAnotherKey-of-somebody-else_12345",
}
PLACES = {
    "error message": lambda k: (
        400,
        {"error": {"code": 400, "message": f"no {k}", "status": "INVALID_ARGUMENT"}},
    ),
    "error detail": lambda k: (
        403,
        {"error": {"message": "x", "details": [{"reason": k, "@type": k}], "status": k}},
    ),
    "error at the cut": lambda k: (500, {"error": {"message": "y" * 480 + k}}),
    "gateway": lambda k: (503, {"error": {"message": f"key {k}", "code": k, "type": k}}),
    "bare text": lambda k: (502, f"<html>{k}</html>"),
    "text": lambda k: (
        200,
        {"candidates": [{"content": {"parts": [{"text": k}]}, "finishReason": "STOP"}]},
    ),
    "refusal": lambda k: (
        200,
        {"candidates": [{"finishReason": "OTHER", "finishMessage": f"because {k}"}]},
    ),
    "reason": lambda k: (200, {"promptFeedback": {"blockReason": k}}),
    "names": lambda k: (
        200,
        {"responseId": k, "modelVersion": k, "candidates": [{"finishReason": k}]},
    ),
    "broken JSON": lambda k: (200, '{"candidates": [' + k),
    "key of an object": lambda k: (200, {k: 1, "error": {k: k, "message": k}}),
}


def answer_bytes(status: int, body: object, key: str) -> bytes:
    text = (body if isinstance(body, str) else json.dumps(body)).encode()
    head = f"HTTP/1.1 {status} {key}\r\nX-Debug: {key}\r\nx-gemini-service-tier: {key}\r\n"
    head += f"Content-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


def everything(value: object) -> str:
    if isinstance(value, NanoBananaError):
        chain = "".join(traceback.format_exception(value))
        return chain + value.to_sentence() + repr(value) + repr(vars(value))
    plain = serial.to_plain(value) if is_dataclass(value) else value
    return repr(value) + json.dumps(plain, default=str) + (repr(asdict(value)) if is_dataclass(value) else "")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", FORMS)
def test_a_planted_key_appears_nowhere(tmp_path, caplog, place, form):
    caplog.set_level(logging.DEBUG)
    planted = FORMS[form]
    status, body = PLACES[place](planted)
    with answering(answer_bytes(status, body, planted)) as url:
        caller = Caller(url, tmp_path / "results", key=KEY)
        try:
            outcome: object = caller.ask(small())
        except NanoBananaError as error:
            outcome = error
    seen = everything(outcome) + caplog.text + repr(caller.progress)
    assert planted not in seen
    assert KEY not in seen
    for path in caller.left():
        assert planted.encode() not in path.read_bytes()


def test_the_simulators_echo_of_the_key_is_cut_out(simulator, caller, caplog):
    caplog.set_level(logging.DEBUG)
    simulator.script("error_echo_key", times=1)
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(small())
    assert "test-key" not in everything(caught.value) + caplog.text


def test_a_key_in_the_models_text_does_not_get_into_the_record(simulator, caller):
    simulator.script("text_image", times=1)
    answer = caller.ask(small("Paint and repeat: test-key"))
    assert answer.result
    assert "test-key" not in everything(answer)


def test_test_connection_and_reprs_show_no_key(simulator, caller):
    report = try_connection(caller.endpoint, "wrong-key-123456")
    assert "wrong-key-123456" not in repr(report)
    assert "test-key" not in repr(caller.endpoint)
