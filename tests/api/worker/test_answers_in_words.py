# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test of the connection or a list of models found is told with its reason."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.core import models
from nano_banana_addon.core.errors import ERROR_TEXTS, ErrorKind
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.models import ModelAvailability, NewModel
from nano_banana_addon.storage.database.uploads import StoredUploads
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.contract.turn_record import Turn, TurnImage
from nano_banana_addon.wire.gemini.files_api import FileUploader
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.worker.provider_calls import ask_apart, describe_offer

from .conftest import KEY, ROOT


@pytest.mark.parametrize("call_name", ["test", "models"])
def test_a_service_that_cannot_be_reached_is_told_as_that(home: Path, call_name: str) -> None:
    target = resolve_endpoint("google", "http://127.0.0.1:9")
    ok, words = ask_apart(call_name, home, target, KEY, sys.executable, (str(ROOT), *sys.path))
    assert not ok
    assert "127.0.0.1" in words
    assert ERROR_TEXTS[ErrorKind.INTERNAL].next_step not in words


def test_models_that_are_missing_or_new_are_named() -> None:
    missing, *offered = models.MODELS
    offer = ModelAvailability(tuple(offered), (missing,), (NewModel("gemini-9", "Nano Banana 9"),), 1.0)
    words = describe_offer("Google", offer)
    assert f"{len(offered)} of the {len(models.MODELS)}" in words
    assert models.find(missing).label in words
    assert "Nano Banana 9 (gemini-9)" in words
    nothing = describe_offer("Google", ModelAvailability(tuple(models.MODELS), (), (), 1.0))
    assert len(nothing.splitlines()) == 1


def test_uploads_are_deleted_at_the_provider_and_counted(home: Path, tmp_path: Path, simulator: Simulator) -> None:
    target = resolve_endpoint("google", simulator.base_url)
    images: list[TurnImage] = []
    for colour in ("teal", "red"):
        path = tmp_path / f"{colour}.png"
        Image.new("RGB", (8, 8), colour).save(path)
        images.append(TurnImage(str(path), compute_sha256(path), "image/png", path.stat().st_size))
    store = Store(home)
    turn = Turn("google", "m", "", tuple(images), "", ())
    assert len(FileUploader(target, KEY, StoredUploads(store.database)).upload((turn,))) == len(images)
    store.close()
    for expected in ("2 uploaded files were deleted at the provider.", "There were no uploaded files left."):
        assert ask_apart("uploads", home, target, KEY, sys.executable, (str(ROOT), *sys.path)) == (True, expected)
    assert sum(request.method == "DELETE" for request in simulator.requests) == len(images)
