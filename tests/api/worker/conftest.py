# SPDX-License-Identifier: GPL-3.0-or-later
"""A store, a simulator and a link to a real worker process."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core import cost
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.client import WorkerClient

ROOT = Path(__file__).resolve().parents[3]
KEY = "test-key"
PATIENCE = 240.0


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so; fails with `what` when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        if condition():
            return
        if asked > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain until {what}")
        # To ask must not take the processor from the worker process that is waited for.
        time.sleep(max(0.02, 4 * (time.monotonic() - asked)))


@dataclass
class Studio:
    """What one Blender has: a store and a link, and a server that both may use."""

    store: Store
    link: WorkerClient
    simulator: Simulator

    def request(self, prompt: str = "rainy neon alley", **choices: Any) -> GenerationRequest:
        values: dict[str, Any] = {"image_size": "1K", "aspect_ratio": "1:1"}
        return GenerationRequest(prompt, **(values | choices))

    def submit(self, *requests: GenerationRequest) -> list[str]:
        ids = [self.store.add(request, estimate=cost.estimate(request)) for request in requests]
        for id in ids:
            self.resubmit(id)
        return ids

    def resubmit(self, id: str) -> None:
        self.link.submit(id, key=KEY, endpoint=resolve_endpoint("google", self.simulator.base_url))

    def wait(self, *ids: str) -> list[Generation]:
        found = self.link.wait(ids, timeout=PATIENCE)
        assert all(g.state not in {State.QUEUED} or g.ended for g in found), found
        return found

    def make(self, prompt: str = "rainy neon alley", **choices: Any) -> Generation:
        return self.wait(*self.submit(self.request(prompt, **choices)))[0]

    def until_state(self, id: str, *states: State) -> None:
        def reached() -> bool:
            found = self.store.get(id)
            return found is not None and found.state in states

        until(reached, f"{id} is {states}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(solid.paint, keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture
def open_link(home: Path) -> Iterator[Callable[..., WorkerClient]]:
    links: list[WorkerClient] = []

    def make(**options: Any) -> WorkerClient:
        chosen: dict[str, Any] = {"package_root": ROOT, "paths": sys.path, "idle": 20.0}
        links.append(WorkerClient(home, **(chosen | options)))
        return links[-1]

    yield make
    for link in links:
        link.close(wait=PATIENCE)
        assert not link.alive


@pytest.fixture
def studio(home: Path, simulator: Simulator, open_link: Callable[..., WorkerClient]) -> Iterator[Studio]:
    store = Store(home)
    yield Studio(store, open_link(), simulator)
    store.close()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Reference]:
    """Makes a reference with a file of its own."""

    def make(name: str = "capture", size: tuple[int, int] = (64, 48)) -> Reference:
        path = tmp_path / f"{name}.png"
        Image.effect_noise(size, 60).convert("RGB").save(path)
        return Reference(ReferenceRole.STRUCTURE, str(path), label=name)

    return make
