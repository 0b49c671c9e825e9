"""The CometAPI dialect: other ids, keys and errors (contract cases 15 and 29)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator

PREVIEW = "gemini-3-pro-image-preview"
Build = Callable[..., dict[str, Any]]


@pytest.fixture
def gateway() -> Iterator[Simulator]:
    with Simulator(solid.paint, dialect="cometapi") as simulator:
        yield simulator


def call(gateway: Simulator, body: Any, model: str = PREVIEW, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = httpx.post(
        f"{gateway.base_url}/v1beta/models/{model}:generateContent",
        json=body,
        headers=headers or {"x-goog-api-key": "test-key"},
        trust_env=False,
        verify=False,
    )
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "headers",
    [{"x-goog-api-key": "test-key"}, {"Authorization": "Bearer test-key"}],
)
def test_both_kinds_of_authorisation(gateway: Simulator, request_with: Build, headers: dict[str, str]) -> None:
    """The key in either header, never remembered; the preview id is the one that works."""
    code, body = call(gateway, request_with(), **headers)
    assert code == 200
    assert body["modelVersion"] == PREVIEW
    assert "test-key" not in repr(gateway.requests)


def test_errors_have_string_codes(gateway: Simulator, request_with: Build) -> None:
    """Contract case 29: an unknown model is a 503, a malformed body a 500, a bad key a 401."""
    expected = {
        "model_not_found": call(gateway, request_with(), "gemini-3-pro-image"),
        "invalid_request": call(gateway, {"contents": []}),
        "invalid_api_key": call(gateway, request_with(), Authorization="Bearer wrong"),
    }
    statuses = {"model_not_found": 503, "invalid_request": 500, "invalid_api_key": 401}
    for name, (code, body) in expected.items():
        error = body["error"]
        assert (code, error["code"], error["type"]) == (statuses[name], name, "comet_api_error")
        assert "(request id: " in error["message"]
    assert "(distributor)" in expected["model_not_found"][1]["error"]["message"]


def test_a_body_over_the_limit_is_a_page(gateway: Simulator) -> None:
    """Contract case 15: the gateway's front answers 413 in HTML."""
    answer = httpx.post(
        f"{gateway.base_url}/v1beta/models/{PREVIEW}:generateContent",
        content=b" " * 20_971_521,
        headers={"x-goog-api-key": "test-key"},
        trust_env=False,
        verify=False,
    )
    assert answer.status_code == 413
    assert "text/html" in answer.headers["content-type"]


def test_no_files_and_its_own_list(gateway: Simulator) -> None:
    """No Files API; the model list in OpenAI's form under /v1."""
    headers = {"x-goog-api-key": "test-key"}
    with httpx.Client(base_url=gateway.base_url, headers=headers, trust_env=False, verify=False) as client:
        assert client.get("/v1beta/files").status_code == 404
        listed = client.get("/v1/models").json()
    assert PREVIEW in {entry["id"] for entry in listed["data"]}
