# SPDX-License-Identifier: GPL-3.0-or-later
"""The ten lines of CONTRIBUTING are enough for another provider."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.wire import providers
from nano_banana_addon.wire.client.preview import build_preview
from nano_banana_addon.wire.gemini.models_list import test_connection as try_connection

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
