# SPDX-License-Identifier: GPL-3.0-or-later
"""What ships knows no faults; what extends it changes an answer where the service would."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.simulator import replies, server
from nano_banana_addon.simulator.extension import Extension, Route

PATH = "/v1beta/models/gemini-3-pro-image:"
Build = Callable[..., dict[str, Any]]
Post = Callable[..., httpx.Response]


def send(base_url: str, path: str, body: Any) -> httpx.Response:
    return httpx.post(base_url + path, json=body, trust_env=False, verify=False)


def test_what_ships_has_no_faults_streams_or_batches(request_with: Build) -> None:
    """A directive is text like any other."""
    with server.Simulator(solid.paint) as shipped:
        body = request_with(text="a house [[sim:503_overloaded]]")
        assert send(shipped.base_url, PATH + "generateContent", body).status_code == 200
        for method in ("streamGenerateContent", "batchGenerateContent"):
            assert send(shipped.base_url, PATH + method, body).status_code == 404


def test_what_ships_keeps_the_rules_that_a_user_can_break(request_with: Build, picture: Callable[..., bytes]) -> None:
    """Sizes, references and conversations: what Offline refuses, the service refuses as well."""
    with server.Simulator(solid.paint) as shipped:

        def ask(body: Any, model: str = "gemini-3-pro-image") -> httpx.Response:
            return send(shipped.base_url, f"/v1beta/models/{model}:generateContent", body)

        reference = picture("PNG", (640, 480), (1, 2, 3))
        body = request_with([("image/png", reference)])
        content = ask(body).json()["candidates"][0]["content"]
        turns = {"contents": [*body["contents"], content, *body["contents"]]}
        assert ask(turns).status_code == 200
        content["parts"][-1]["inlineData"]["data"] = base64.b64encode(reference).decode()
        assert "thought_signature" in ask(turns).text
        for broken in (reference[:40], "no base64"):
            assert ask(request_with([("image/png", broken)])).status_code == 400
        assert "Aspect ratio" in ask(request_with(aspectRatio="1:8")).text
        assert ask(request_with(imageSize="4K"), "gemini-3.1-flash-lite-image").status_code == 400


def test_an_extension_adds_a_route(request_with: Build) -> None:
    """One object takes it in; the rest is as it was."""
    echo: Route = (
        "POST",
        r"/(?P<version>v9)/echo",
        "echo",
        lambda call, _id: replies.reply_with_tree({"at": call.path}),
    )
    with server.Simulator(solid.paint, extension=Extension(routes=(echo,))) as extended:
        assert send(extended.base_url, "/v9/echo", {}).json() == {"at": "/v9/echo"}
        assert send(extended.base_url, PATH + "generateContent", request_with()).status_code == 200


@pytest.mark.parametrize(("case", "mime"), [("decompression_bomb", "image/png"), ("truncated_image", "image/jpeg")])
def test_a_damaged_picture_is_labelled_and_signed_as_it_is(
    post: Post, request_with: Build, sim: Simulator, case: str, mime: str
) -> None:
    """Its label tells no more than the bytes do, and its turn is not refused for its signature."""
    sim.script(case, times=1)
    request = request_with()
    content = post(request).json()["candidates"][0]["content"]
    assert content["parts"][-1]["inlineData"]["mimeType"] == mime
    again = post({"contents": [*request["contents"], content, *request["contents"]]})
    assert "thought_signature" not in again.text


def test_the_gateway_keeps_what_google_has_retired(request_with: Build) -> None:
    """An id that is gone on one service lives on under the other."""
    model = "gemini-2.5-flash-image"
    for dialect, status in (("google", 404), ("cometapi", 200)):
        with Simulator(solid.paint, keys=None, dialect=dialect, retired=[model]) as simulator:
            assert (
                send(simulator.base_url, f"/v1beta/models/{model}:generateContent", request_with()).status_code
                == status
            )
