# SPDX-License-Identifier: GPL-3.0-or-later
"""A ComfyUI server of either kind, and what is asked of it."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.guides import GUIDE_LABELS, Guide
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Answer
from nano_banana_addon.wire.client.client import CancelToken, generate
from nano_banana_addon.wire.providers import resolve_endpoint

REAL = os.environ.get("NANO_BANANA_TEST_COMFYUI", "")
MODELS = ("comfyui-qwen-edit", "comfyui-flux-kontext", "comfyui-sdxl", "comfyui-sd15")
Node = dict[str, Any]
#: Seconds that each node takes on the test server: long where a test must be in time to interfere.
DELAYS = {
    "test_cancel_stops_it_at_the_server": 3.0,
    "test_nodes_that_are_done_move_the_progress": 1.5,
    "test_steps_of_a_sampler_move_the_progress_and_show_previews": 2.0,
    "test_a_job_that_somebody_stops_was_cancelled_and_is_no_failure": 3.0,
    "test_a_job_that_waits_is_told_its_place_until_its_turn": 3.0,
    "test_a_job_that_somebody_deletes_is_not_waited_for": 3.0,
    "test_a_server_that_stops_meanwhile_leaves_it_open": 3.0,
}


class Server:
    """One ComfyUI server, and what a request to it needs."""

    def __init__(self, url: str, folder: Path, simulator: Simulator | None = None) -> None:
        self.url, self.folder, self.simulator = url, folder, simulator
        self.tickets: list[str] = []
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def generate(self, request: GenerationRequest, **options: Any) -> Answer:
        options.setdefault("on_ticket", self.tickets.append)
        endpoint = resolve_endpoint("comfyui", self.url)
        return generate(request, endpoint, options.pop("key", ""), self.folder / "results", **options)

    def fail(self, request: GenerationRequest, **options: Any) -> NanoBananaError:
        with pytest.raises(NanoBananaError) as caught:
            self.generate(request, **options)
        return caught.value

    def list_queue(self) -> list[str]:
        queue = self.http.get("/queue").json()
        return [entry[1] for entry in (*queue["queue_running"], *queue["queue_pending"])]


@pytest.fixture(params=["comfyui", "comfyui-0.3", "real"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "real":
        if not REAL:
            pytest.skip("NANO_BANANA_TEST_COMFYUI names no server")
        with Server(REAL, tmp_path) as real:
            yield real
        return
    with (
        Simulator(
            solid.paint, dialect=request.param, keys=None, delay=DELAYS.get(request.node.originalname, 0.0)
        ) as simulator,
        Server(simulator.base_url, tmp_path, simulator) as running,
    ):
        yield running


@pytest.fixture
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    delay = DELAYS.get(request.node.originalname or request.node.name, 0.0)
    with (
        Simulator(solid.paint, dialect="comfyui", keys=None, delay=delay) as simulator,
        Server(simulator.base_url, tmp_path, simulator) as running,
    ):
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Reference]:
    def make(
        role: ReferenceRole = ReferenceRole.STRUCTURE, guide: Guide | None = None, size: tuple[int, int] = (96, 64)
    ) -> Reference:
        path = tmp_path / f"{uuid.uuid4().hex}.png"
        Image.effect_noise(size, 60).convert("RGB").save(path)
        label = GUIDE_LABELS[guide] if guide else ""
        digest = uuid.uuid4().hex
        return Reference(role, str(path), label=label, mime_type="image/png", sha256=digest, byte_count=1)

    return make


def save(folder: Path, **nodes: Node) -> str:
    path = folder / f"{uuid.uuid4().hex}.json"
    path.write_text(json.dumps(nodes))
    return str(path)


def node(name: str, title: str = "", **inputs: Any) -> Node:
    return {"class_type": name, "inputs": inputs, "_meta": {"title": title or name}}


def invert(folder: Path, **more: Node) -> str:
    nodes = {
        "a": node("LoadImage", image="example.png"),
        "b": node("ImageInvert", image=["a", 0]),
        "c": node("SaveImage", images=["b", 0], filename_prefix="nb/test"),
    }
    return save(folder, **(nodes | more))


def slow(folder: Path, side: int) -> str:
    """A workflow whose three blurs take a while on a real server, too."""
    blur = {"blur_radius": 31, "sigma": 9.0 + time.time() % 1}
    return save(
        folder,
        a=node("EmptyImage", width=side, height=side, batch_size=1, color=int(time.time() * 1000) % 16_000_000),
        b=node("ImageBlur", image=["a", 0], **blur),
        c=node("ImageBlur", image=["b", 0], **blur),
        d=node("ImageBlur", image=["c", 0], **blur),
        e=node("PreviewImage", images=["d", 0]),
    )


def own(workflow: str, *references: Reference, **choices: Any) -> GenerationRequest:
    values: dict[str, Any] = {"provider": "comfyui", "model": "comfyui-workflow", "image_size": "1K"}
    return GenerationRequest("a winter night", references=references, workflow=workflow, **(values | choices))


def shown(model: str, *references: Reference, **choices: Any) -> GenerationRequest:
    values: dict[str, Any] = {"provider": "comfyui", "image_size": "1K", "aspect_ratio": "3:2"}
    return GenerationRequest("a winter night", model=model, references=references, **(values | choices))


def read_graph(server: Server) -> dict[str, Node]:
    """The graph of the latest order."""
    ident = server.tickets[-1].partition(" ")[0]
    return server.http.get(f"/history/{ident}").json()[ident]["prompt"][2]


def find(graph: dict[str, Node], name: str) -> list[dict[str, Any]]:
    return [entry["inputs"] for entry in graph.values() if entry["class_type"] == name]


def is_inverted(answer: Answer, capture: Reference) -> bool:
    """Whether a result is the capture, inverted; the server rounds."""
    with Image.open(answer.pictures[-1].path) as result, Image.open(capture.path) as given:
        difference = 255 - np.asarray(given, int) - np.asarray(result.convert("RGB"), int)
    return bool(np.abs(difference).max() <= 1)


def start(server: Server, request: GenerationRequest, token: CancelToken, **options: Any) -> threading.Thread:
    def run() -> None:
        with suppress(NanoBananaError):
            server.generate(request, cancel=token, **options)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
