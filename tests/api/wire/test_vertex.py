# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex AI's express mode: the same client by one entry of data, against its own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import Kind
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import Reference
from nano_banana_addon.wire.client.client import generate
from nano_banana_addon.wire.gemini.models_list import test_connection as try_connection

from .conftest import KEY, Caller, failed, small

MODEL = "publishers/google/models/gemini-3-pro-image"
ASKED: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "a street"}]}]}


@pytest.fixture
def vertex() -> Iterator[Simulator]:
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect="vertex") as running:
        yield running


@pytest.fixture
def caller(vertex: Simulator, tmp_path: Path) -> Caller:
    return Caller(vertex.base_url, tmp_path / "results", provider="vertex-express")


def post(vertex: Simulator, body: Any, path: str = f"v1/{MODEL}:generateContent", key: str = KEY):
    return httpx.post(f"{vertex.base_url}/{path}", json=body, headers={"x-goog-api-key": key}, trust_env=False)


def test_a_picture_comes_as_png_through_the_publishers_path(
    caller: Caller, vertex: Simulator, picture: Callable[..., Reference]
) -> None:
    answer = caller.ask(small(references=(picture(),)))
    assert answer.result
    assert answer.result.mime_type == "image/png"
    received = vertex.requests[-1]
    assert received.path == f"/v1/{MODEL}:generateContent"
    assert "authorization" not in received.headers


def test_a_conversation_goes_on(caller: Caller, vertex: Simulator) -> None:
    first = caller.ask(small())
    turns = {"a": Path(first.turn)}
    assert caller.ask(small("night", continues="a", kind=Kind.EDIT), turn_of=turns.get).result
    assert [t["role"] for t in vertex.requests[-1].json["contents"]] == ["user", "model", "user"]


def test_a_key_of_ai_studio_is_told_as_a_wrong_key(vertex: Simulator, tmp_path: Path) -> None:
    caller = Caller(vertex.base_url, tmp_path / "results", "ai-studio", "vertex-express")
    error = failed(caller)
    assert (error.kind, error.http_status) == (ErrorKind.KEY_INVALID, 401)
    assert "not supported by this API" in error.to_sentence()


def test_the_key_can_be_tested(caller: Caller) -> None:
    assert try_connection(caller.endpoint, KEY).model_visible
    assert not try_connection(caller.endpoint, "wrong").ok


def test_what_is_too_large_is_told_before_anything_is_sent(
    caller: Caller, vertex: Simulator, picture: Callable[..., Reference], tmp_path: Path
) -> None:
    target = caller.endpoint
    narrow = replace(target, provider=target.provider._replace(body_limit=4000))
    with pytest.raises(NanoBananaError) as caught:
        generate(small(references=(picture(size=(160, 90)),)), narrow, KEY, tmp_path / "results")
    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert not vertex.requests


# -- the server's own rules, seen by a client that nobody here wrote


def test_the_developer_apis_path_and_files_are_not_there(vertex: Simulator) -> None:
    assert post(vertex, ASKED, "v1beta/models/gemini-3-pro-image:generateContent").status_code == 404
    assert post(vertex, {"file": {}}, "upload/v1beta/files").status_code == 404
    by_file = {"fileData": {"mimeType": "image/png", "fileUri": "https://x/v1beta/files/abc"}}
    asked = {"contents": [{"role": "user", "parts": [{"text": "x"}, by_file]}]}
    assert post(vertex, asked).status_code == 400


def test_every_turn_needs_a_role(vertex: Simulator) -> None:
    assert post(vertex, {"contents": [{"parts": [{"text": "a street"}]}]}).status_code == 400


def test_its_own_fields_are_taken_here_and_refused_by_the_developer_api(
    vertex: Simulator, simulator: Simulator
) -> None:
    image = {
        "personGeneration": "ALLOW_ADULT",
        "imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80},
    }
    asked = ASKED | {"generationConfig": {"imageConfig": image}}
    answer = post(vertex, asked)
    assert answer.status_code == 200
    assert '"image/jpeg"' in answer.text
    refused = post(simulator, asked, "v1beta/models/gemini-3-pro-image:generateContent")
    assert refused.status_code == 400
    assert "imageOutputOptions" in refused.text


def test_the_response_format_is_an_array_here_and_an_object_there(vertex: Simulator, simulator: Simulator) -> None:
    form = {"image": {"aspectRatio": "ASPECT_RATIO_SIXTEEN_BY_NINE"}}
    asked = ASKED | {"generationConfig": {"responseFormat": [form]}}
    assert post(vertex, asked).status_code == 200
    there = post(simulator, asked, "v1beta/models/gemini-3-pro-image:generateContent")
    assert there.status_code == 400
