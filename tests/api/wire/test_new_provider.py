# SPDX-License-Identifier: GPL-3.0-or-later
"""The ten lines of CONTRIBUTING are enough for another provider."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core import models
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.wire import providers
from nano_banana_addon.wire.client.preview import build_preview
from nano_banana_addon.wire.gemini.models_list import test_connection as try_connection
from nano_banana_addon.wire.keys import clean_key
from nano_banana_addon.wire.provider import Route

from .conftest import KEY, Caller, small

_GUIDE = Path(__file__).resolve().parents[3] / "CONTRIBUTING.md"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> providers.Provider:
    """The entry as it stands in the guide, added as the guide says."""
    (block,) = re.findall(r"```python\n(Provider\(.*?\n\))\n```", _GUIDE.read_text(), re.DOTALL)
    assert len(block.splitlines()) <= 10
    entry = eval(block, {"Provider": providers.Provider})
    monkeypatch.setattr(providers, "PROVIDERS", {**providers.PROVIDERS, entry.id: entry})
    return entry


def test_the_entry_of_the_guide_paints(example: providers.Provider, tmp_path: Path) -> None:
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect="cometapi") as gateway:
        caller = Caller(gateway.base_url, tmp_path / "results", provider=example.id)
        assert caller.ask(small()).result
        assert "gemini-3-pro-image-preview:generateContent" in gateway.requests[-1].path
        assert build_preview(small(), caller.endpoint).model == "gemini-3-pro-image-preview"
        assert try_connection(caller.endpoint, KEY).ok


def test_the_entry_goes_to_its_own_address_by_default(example: providers.Provider) -> None:
    assert providers.resolve_endpoint(example.id).base_url == "https://api.example.com"


SHAPES = {
    "seedream": ("ark", "seedream-4.5", Route("seedream", "/api/v3/images/generations"), "2K"),
    "gpt-image": ("openai", "gpt-image-2", Route("gpt-image", "/v1/images"), "1K"),
    "openrouter": ("openrouter", "gpt-image-2", Route("openrouter", "/api/v1/images"), "1K"),
    "flux": ("bfl", "flux-2-pro", Route("flux", "/v1"), "1K"),
    "midjourney": ("cometapi", "midjourney", Route("midjourney", "/mj-fast/mj"), "2K"),
    "sdcpp": ("sdcpp", "stable-diffusion-cpp", Route("sdcpp", "/sdcpp/v1"), "1K"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("shape", SHAPES)
def test_one_entry_is_a_provider_of_a_known_shape(shape: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dialect, model, route, size = SHAPES[shape]
    known = providers.PROVIDERS[dialect]
    entry = providers.Provider(
        id="example",
        label="Example",
        base_url="https://api.example.com",
        auth=known.auth,
        model_ids=known.model_ids,
        families={models.find(model).family: route},
    )
    monkeypatch.setattr(providers, "PROVIDERS", {**providers.PROVIDERS, entry.id: entry})
    with Simulator(solid.paint, keys=frozenset({KEY}), dialect=dialect) as sim:
        caller = Caller(sim.base_url, tmp_path / "results", provider=entry.id)
        request = small(provider=entry.id, model=model, image_size=size)
        assert caller.ask(request).result
        assert "rainy neon alley" in str(build_preview(request, caller.endpoint).body)


@pytest.mark.parametrize(
    ("provider", "address", "key", "is_taken"),
    [
        ("sdapi", "http://127.0.0.1:7860", "a:b", True),
        ("sdapi", "http://localhost:7860", "a:b", True),
        ("sdapi", "http://192.168.1.20:7860", "", True),
        ("sdapi", "http://192.168.1.20:7860", "a:b", False),
        ("sdapi", "http://[fd00::5]:7860", "", True),
        ("sdapi", "https://192.168.1.20:7860", "a:b", True),
        ("sdapi", "http://8.8.8.8:7860", "", False),
        ("sdapi", "http://studio.example.com:7860", "", False),
        ("openai", "http://192.168.1.20", "sk-1", False),
        ("openai", "http://127.0.0.1:99", "sk-1", True),
    ],
)
def test_keys_and_images_go_in_the_clear_only_where_that_may_be(
    provider: str, address: str, key: str, *, is_taken: bool
) -> None:
    def send() -> str:
        return clean_key(providers.resolve_endpoint(provider, address), key)

    if is_taken:
        assert send() == key
        return
    with pytest.raises(NanoBananaError) as caught:
        send()
    assert caught.value.next_step
    assert not key or key not in caught.value.to_sentence()
