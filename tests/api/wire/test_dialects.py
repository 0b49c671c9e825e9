# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider with another contract is one small class and one entry."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from nano_banana_addon.core.result import Answer, Picture
from nano_banana_addon.wire.client import contracts
from nano_banana_addon.wire.client.client import generate
from nano_banana_addon.wire.gemini.image_header import read_header
from nano_banana_addon.wire.http.body import build_json_body
from nano_banana_addon.wire.providers import PROVIDERS, Endpoint

from .conftest import small
from .servers import answering


class Plain:
    """{"prompt": ...} out, {"image": base64} back."""

    def build_url(self, endpoint, model):
        return f"{endpoint.base_url}/paint/{model}"

    def build_body(self, request, user_turn, history, uploads):
        return build_json_body({"prompt": user_turn.text})

    def is_picture(self, key, parent):
        return key == "image"

    def sort_answer(self, tree, user_turn, context, tier, truncation):
        received = tree["image"]
        header = read_header(received.path)
        path = context.spool.rename(received.path, header.extension)
        size = (header.width, header.height, received.byte_count)
        return Answer((Picture(str(path), received.sha256, header.mime_type, *size),))


def test_another_contract_uses_the_same_wire(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(contracts.DIALECTS, "plain", Plain())
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20)).save(buffer, "PNG")
    text = json.dumps({"image": base64.b64encode(buffer.getvalue()).decode()}).encode()
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
    with answering(raw) as url:
        target = Endpoint(replace(PROVIDERS["google"], dialect="plain"), url)
        answer = generate(small(), target, "a-key-of-it", tmp_path / "results")
    assert answer.result
    assert (answer.result.width, answer.result.height) == (30, 20)
    assert [p.name for p in (tmp_path / "results").iterdir()] == [answer.result.path.rsplit("/", 1)[-1]]
