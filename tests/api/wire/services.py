# SPDX-License-Identifier: GPL-3.0-or-later
"""The further services as the simulator plays them, and what their tests share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.request import GenerationRequest

from .conftest import KEY, Caller


@dataclass(frozen=True)
class Case:
    """A provider as the simulator plays it, and a model there."""

    provider: str
    model: str
    dialect: str
    key: str = KEY
    size: str = "1K"

    def __str__(self) -> str:
        return f"{self.provider}-{self.model}"


CASES = (
    Case("cometapi", "seedream-4.5", "cometapi", size="2K"),
    Case("cometapi", "gpt-image-2", "cometapi"),
    Case("cometapi", "flux-2-pro", "cometapi"),
    Case("cometapi", "midjourney", "cometapi", size="2K"),
    Case("ark", "seedream-4.0", "ark"),
    Case("openai", "gpt-image-2", "openai"),
    Case("openrouter", "seedream-4.5", "openrouter", size="2K"),
    Case("bfl", "flux-2-pro", "bfl"),
    Case("sdapi", "stable-diffusion", "sdapi", key="artist:secret"),
    Case("sdcpp", "stable-diffusion-cpp", "sdcpp"),
)
POLLED = [case for case in CASES if case.model in ("flux-2-pro", "midjourney") or case.provider == "sdcpp"]
CLOUD = [case for case in CASES if case.provider not in ("sdapi", "sdcpp")]


@contextlib.contextmanager
def serve(case: Case, folder: Path, **options: Any) -> Iterator[tuple[Simulator, Caller]]:
    with Simulator(solid.paint, keys=frozenset({case.key}), dialect=case.dialect, **options) as sim:
        yield sim, Caller(sim.base_url, folder / "results", key=case.key, provider=case.provider)


def order(case: Case, prompt: str = "a lake at dawn", **more: Any) -> GenerationRequest:
    values = {"provider": case.provider, "model": case.model, "image_size": case.size, "aspect_ratio": "3:2"}
    return GenerationRequest(prompt, **(values | more))


def fail(caller: Caller, request: GenerationRequest, **options: Any) -> NanoBananaError:
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(request, **options)
    assert caller.left() == []
    assert caller.key not in repr(vars(caught.value))
    return caught.value


def replace_folder(caller: Caller, folder: Path) -> Caller:
    return replace(caller, folder=folder)
