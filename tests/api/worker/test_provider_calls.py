# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions that cost nothing are asked by another process, and every way they end is said."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.simulator.images import comet, seedream
from devtools.simulator.server import Simulator
from nano_banana_addon.core import cost, models
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.storage.files import model_lists
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker import provider_calls

from .conftest import KEY, ROOT


def ask(call_name: str, home: Path, address: str, key: str = KEY, python: str = sys.executable):
    paths = (str(ROOT), *sys.path)
    return provider_calls.ask_apart(call_name, home, resolve_endpoint("google", address), key, python, paths)


def test_a_key_is_tried_and_the_models_are_kept(home: Path, simulator: Simulator) -> None:
    ok, words = ask("test", home, simulator.base_url)
    assert ok, words
    ok, words = ask("models", home, simulator.base_url)
    assert ok, words
    assert "offers 5 of the 5" in words
    assert model_lists.load(home)["google"].offered
    assert ask("uploads", home, simulator.base_url) == (True, "There were no uploaded files left.")


def test_a_wrong_key_is_said(home: Path, simulator: Simulator) -> None:
    ok, words = ask("test", home, simulator.base_url, key="wrong")
    assert not ok
    assert "key" in words
    assert "wrong" not in words


@pytest.mark.parametrize("python", [sys.executable, "/nonexistent/python"])
def test_a_server_or_a_python_that_is_not_there_is_said(home: Path, python: str) -> None:
    ok, words = ask("models", home, "http://127.0.0.1:9", python=python)
    assert not ok
    assert words


def test_the_asking_process_imports_nothing_that_talks_to_the_network(home: Path, simulator: Simulator) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\n"
        "from nano_banana_addon.worker import provider_calls\n"
        "from nano_banana_addon.wire.providers import resolve_endpoint\n"
        f"target = resolve_endpoint('google', {simulator.base_url!r})\n"
        f"print(provider_calls.ask_apart('models', Path({str(home)!r}), target, {KEY!r},"
        " sys.executable, sys.path)[0], 'httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_a_public_list_tells_prices_and_what_is_lost_and_gets_no_key(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [model for model in seedream.MODELS if model.ending != "4-0-250828"]
    monkeypatch.setattr(comet.seedream, "MODELS", tuple(lost))
    monkeypatch.setattr(models, "_offers", {})
    with Simulator(keys=frozenset({KEY}), dialect="cometapi") as gateway:
        target = resolve_endpoint("cometapi", gateway.base_url)
        ok, words = provider_calls.carry_out("models", home, target, KEY)
        assert all(KEY not in str(vars(each)) for each in gateway.requests)
    assert ok, words
    assert "Seedream 4.0" in words.partition("Not offered:")[2]
    models.record(model_lists.load(home))
    assert models.is_missing("cometapi", "seedream-4.0")
    assert not models.is_missing("cometapi", "seedream-4.5")
    request = GenerationRequest("x", provider="cometapi", model="seedream-4.5")
    (known,) = (model for model in seedream.MODELS if model.ending == "4-5-251128")
    assert cost.estimate(request) == known.usd
    assert cost.estimate(replace(request, provider="ark")) == 0.04
