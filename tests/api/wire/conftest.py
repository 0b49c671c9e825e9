# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against the simulator, over real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Answer
from nano_banana_addon.wire.client import client as client_module
from nano_banana_addon.wire.client.client import CallProgress, generate
from nano_banana_addon.wire.providers import Endpoint, resolve_endpoint
from nano_banana_addon.wire.services import sdapi, tasks

KEY = "test-key"


@dataclass
class Caller:
    """Asks one server; remembers what was reported, and checks what is left behind."""

    base_url: str
    folder: Path
    key: str = KEY
    provider: str = "google"
    progress: list[CallProgress] = field(default_factory=list[CallProgress])

    @property
    def endpoint(self) -> Endpoint:
        return resolve_endpoint(self.provider, self.base_url)

    def ask(self, request: GenerationRequest, **options: Any) -> Answer:
        options.setdefault("on_progress", self.progress.append)
        return generate(request, self.endpoint, self.key, self.folder, **options)

    def left(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(solid.paint, keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture
def caller(simulator: Simulator, tmp_path: Path) -> Caller:
    return Caller(simulator.base_url, tmp_path / "results")


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Reference]:
    """Makes prepared references."""

    def make(
        role: ReferenceRole = ReferenceRole.STRUCTURE,
        size: tuple[int, int] = (64, 48),
        kind: str = "PNG",
        name: str = "reference",
    ) -> Reference:
        path = tmp_path / f"{name}.{kind.lower()}"
        Image.effect_noise(size, 60).convert("RGB").save(path, kind)
        return Reference(role, str(path), mime_type=f"image/{kind.lower()}")

    return make


def failed(caller: Caller, request: GenerationRequest | None = None, **options: Any) -> NanoBananaError:
    """The error of a request that must fail and leave nothing behind."""
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(request or small(), **options)
    assert caller.left() == [], "nothing half-made may stay"
    return caught.value


def small(prompt: str = "rainy neon alley", **choices: Any) -> GenerationRequest:
    """A request whose answer is small."""
    values: dict[str, Any] = {"image_size": "1K", "aspect_ratio": "1:1"}
    return GenerationRequest(prompt, **(values | choices))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a simulator."""
    monkeypatch.setattr(client_module, "OPEN_TRIES", 2)
    monkeypatch.setattr(client_module, "_LONGEST_WAIT", 0.05)
    monkeypatch.setattr(tasks, "_FIRST_WAIT", 0.02)
    monkeypatch.setattr(sdapi, "_WAIT", 0.02)
