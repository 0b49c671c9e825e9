"""What the tests of the other services share: pictures, plain clients, and a ComfyUI server of either kind."""

from __future__ import annotations

import base64
import contextlib
import io
import os
from collections.abc import Callable, Iterator

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.simulator.painting import painterly

#: A real ComfyUI server, such as http://127.0.0.1:8188, that the same tests are then run against.
REAL_COMFYUI = os.environ.get("NANO_BANANA_TEST_COMFYUI", "")


def make_picture(size=(128, 96), kind="PNG", mode="RGB", corner="left") -> bytes:
    """A picture with a white rectangle in one corner, so that one can see whether shapes stay."""
    picture = Image.new(mode, size, (40, 60, 90) if mode == "RGB" else (40, 60, 90, 255))
    left = 0 if corner == "left" else size[0] // 2
    fill = (240, 240, 240) if mode == "RGB" else (240, 240, 240, 0)
    ImageDraw.Draw(picture).rectangle((left, 0, left + size[0] // 2, size[1] // 2), fill=fill)
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


def uri(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def likeness(one: bytes, other: bytes) -> float:
    """How alike the shapes of two pictures are: the correlation of their grey values, -1 to 1."""
    planes = [np.asarray(opened(data).convert("L").resize((64, 48)), float).ravel() for data in (one, other)]
    return float(np.corrcoef(*planes)[0, 1])


@contextlib.contextmanager
def serve(dialect: str, *, painted: bool = False, **options) -> Iterator[Simulator]:
    with Simulator(painterly.paint if painted else solid.paint, dialect=dialect, **options) as simulator:
        yield simulator


@contextlib.contextmanager
def connect(sim: Simulator, headers=None, **options) -> Iterator[httpx.Client]:
    """A plain client with a bearer token, that follows nothing by itself."""
    headers = {"Authorization": "Bearer test-key"} if headers is None else headers
    options = {"timeout": 60, **options}
    with httpx.Client(base_url=sim.base_url, headers=headers, trust_env=False, verify=False, **options) as client:
        yield client


@pytest.fixture
def fetch() -> Iterator[Callable[..., httpx.Response]]:
    """Fetches a link with nothing but the link."""
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client.get


@pytest.fixture(params=["comfyui", "comfyui-0.3", "real"])
def comfy(request) -> Iterator[httpx.Client]:
    """A ComfyUI server: the simulator's of both versions, and a real one where there is one."""
    if request.param == "real":
        if not REAL_COMFYUI:
            pytest.skip("NANO_BANANA_TEST_COMFYUI names no server")
        with httpx.Client(base_url=REAL_COMFYUI, trust_env=False, timeout=60) as client:
            yield client
        return
    with serve(request.param, keys=None) as simulator, connect(simulator, {}) as client:
        yield client


def is_old(comfy: httpx.Client) -> bool:
    """Whether a server is one of 2025: other refusals, any id is taken, jobs cannot be asked for."""
    version = comfy.get("/system_stats").json()["system"]["comfyui_version"]
    return tuple(map(int, version.split(".")[:2])) < (0, 4)


def get_job_status(comfy: httpx.Client, ident: str) -> str:
    """The status of a job by the route of newer servers; "" where it is missing."""
    answer = comfy.get(f"/api/jobs/{ident}")
    return "" if answer.status_code == 404 else answer.json()["status"]
