"""What the simulator's tests share. The client is Google's own SDK, or plain httpx."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import types
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator

PRO = "gemini-3-pro-image"
Post = Callable[..., httpx.Response]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A fresh server that paints flat colours."""
    with Simulator(solid.paint, file_polls=0) as simulator:
        yield simulator


@pytest.fixture
def client(sim: Simulator) -> genai.Client:
    """Google's SDK, pointed at the server."""
    return sdk(sim)


def sdk(sim: Simulator, key: str = "test-key", **options: Any) -> genai.Client:
    """A client of Google's SDK. There is no TLS here; setting it up would be the slowest part."""
    plain = {"verify": False}
    settings = types.HttpOptions(base_url=sim.base_url, client_args=plain, async_client_args=plain, **options)
    return genai.Client(api_key=key, http_options=settings)


@pytest.fixture
def connect() -> Callable[..., genai.Client]:
    """Makes further SDK clients: ``connect(sim, "other-key", retry_options=...)``."""
    return sdk


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A plain HTTP client with the right key."""
    headers = {"x-goog-api-key": "test-key"}
    options: dict[str, Any] = {"trust_env": False, "verify": False, "timeout": 60}  # a loaded machine draws for seconds
    with httpx.Client(base_url=sim.base_url, headers=headers, **options) as plain:
        yield plain


@pytest.fixture
def post(http: httpx.Client) -> Post:
    """Sends a body to ``:generateContent``: ``post({...}, model=..., version=...)``."""

    def send(body: Any, model: str = PRO, version: str = "v1beta", **more: Any) -> httpx.Response:
        return http.post(f"/{version}/models/{model}:generateContent", json=body, **more)

    return send


def _encoded(kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: tuple[int, ...] = (200, 60, 20)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Makes an encoded picture: ``picture("JPEG", (64, 48))``."""
    return _encoded


@pytest.fixture
def request_with() -> Callable[..., dict[str, Any]]:
    """Builds a request: ``request_with([(mime, bytes), …], text="x", aspectRatio="16:9")``."""

    def build(images: Any = (), text: str = "paint", **image_config: str) -> dict[str, Any]:
        parts: list[dict[str, Any]] = [{"text": text}]
        for mime, data in images:
            encoded = data if isinstance(data, str) else base64.b64encode(data).decode()
            parts.append({"inlineData": {"mimeType": mime, "data": encoded}})
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
        if image_config:
            body["generationConfig"] = {"imageConfig": image_config}
        return body

    return build
