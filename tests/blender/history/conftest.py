# SPDX-License-Identifier: GPL-3.0-or-later
"""A store of its own for each test, with generations as a worker process leaves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Answer, Generation, Picture, Usage
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage import complete_answer
from nano_banana_addon.storage.files import pictures
from nano_banana_addon.storage.fingerprint import fingerprint
from nano_banana_addon.storage.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The open session's store."""
    monkeypatch.setenv("NANO_BANANA_HOME", str(tmp_path / "store"))
    preferences.get_preferences().provider = "offline"
    _forget_what_is_shown()
    yield session.current().store
    session.close()
    _forget_what_is_shown()


def _forget_what_is_shown() -> None:
    shown = panel_state.get_properties()
    for name in ("jobs", "results", "recovered", "history", "money"):
        shown.property_unset(name)
    panel_state.clear_notice()


@pytest.fixture
def painted(store: Store) -> Callable[..., Generation]:
    """Adds a generation with its picture, as a worker process of the past left it."""

    def make(prompt: str = "a harbour", *, colour: str = "teal", **choices: Any) -> Generation:
        request = GenerationRequest(prompt, **choices)
        generation_id = store.add(request, estimate=0.14)
        store.set_request(generation_id, request, fingerprint(request))
        store.begin_sending(generation_id)
        store.advance(generation_id, State.GENERATING)
        folder = pictures.make_receiving_folder(store.places, generation_id)
        path = folder / "x.png"
        Image.new("RGB", (64, 32), colour).save(path)
        picture = Picture(str(path), compute_sha256(path), "image/png", 64, 32, path.stat().st_size)
        usage = Usage(prompt=100, candidates=1120, total=1220, image=1120)
        answer = Answer((picture,), usage=usage, finish_reason="STOP", response_id="r-1")
        complete_answer.complete(store, store.get(generation_id), answer)
        return store.get(generation_id)

    return make
