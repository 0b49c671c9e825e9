# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider with another contract is one small class and one entry."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from nano_banana_addon.wire.client import contracts
from nano_banana_addon.wire.client.client import generate
from nano_banana_addon.wire.contract.pictures import build_answer
from nano_banana_addon.wire.contract.steps import Ask
from nano_banana_addon.wire.http.body import build_json_body
from nano_banana_addon.wire.providers import PROVIDERS, Endpoint, Route

from .conftest import small
from .servers import answering


class Plain:
    """{"prompt": ...} out, {"image": base64} back."""

    def steps(self, job, ticket=""):
        body = build_json_body({"prompt": job.user_turn.text})
        ask = Ask("POST", "/paint/it", body, generates=True, is_picture=lambda key, _parent: key == "image")
        reply = yield ask
        return build_answer([reply.get("image")], job.context)

    def give_up(self, job, ticket):
        return ()


def test_another_contract_uses_the_same_wire(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(contracts.CONTRACTS, "plain", Plain())
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20)).save(buffer, "PNG")
    text = json.dumps({"image": base64.b64encode(buffer.getvalue()).decode()}).encode()
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
    with answering(raw) as url:
        target = Endpoint(PROVIDERS["google"]._replace(families={"gemini": Route("plain")}), url)
        answer = generate(small(), target, "a-key-of-it", tmp_path / "results")
    assert answer.result
    assert (answer.result.width, answer.result.height) == (30, 20)
    assert [p.name for p in (tmp_path / "results").iterdir()] == [answer.result.path.rsplit("/", 1)[-1]]
