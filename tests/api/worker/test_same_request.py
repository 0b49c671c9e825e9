# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as the same request, when its pictures were made into others on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.storage import archive
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.fingerprint import fingerprint
from nano_banana_addon.storage.store import Store

from .conftest import Studio


@pytest.fixture
def converted(tmp_path: Path) -> Reference:
    """A reference that the service does not take as it is."""
    path = tmp_path / "bricks.tif"
    Image.effect_noise((64, 48), 60).convert("RGB").save(path)
    return Reference(ReferenceRole.STYLE, str(path), label="bricks")


def found(studio: Studio, request: GenerationRequest) -> str:
    same = studio.store.find_same(fingerprint(request, studio.store.database))
    return same.id if same else ""


def test_what_was_asked_again_is_known_by_its_first_words(studio: Studio, converted: Reference) -> None:
    request = studio.request(references=(converted,))
    studio.simulator.script("400_invalid", 1)
    (failed,) = studio.wait(*studio.submit(request))
    assert failed.state is State.FAILED
    assert failed.request.references[0].mime_type == "image/png"  # it was made into another
    studio.store.resend(failed.id)
    studio.resubmit(failed.id)
    (done,) = studio.wait(failed.id)
    assert done.state is State.DONE
    assert found(studio, request) == done.id


def test_settings_that_are_used_again_are_the_same_request(
    studio: Studio, converted: Reference, picture: Callable[..., Reference]
) -> None:
    request = studio.request(references=(converted, picture()))
    (done,) = studio.wait(*studio.submit(request))
    kept, structure = done.request.references
    # The list names the file in the store; the scene is captured anew.
    again = replace(request, references=(replace(converted, path=kept.path), structure))
    assert found(studio, again) == done.id
    other = replace(again, references=(structure, structure))
    assert found(studio, other) == ""


def test_an_imported_picture_is_not_paid_for_again(studio: Studio, converted: Reference, tmp_path: Path) -> None:
    request = studio.request(references=(converted,))
    (done,) = studio.wait(*studio.submit(request))
    archive.export(studio.store, tmp_path / "export", HistoryQuery())
    other = Store(tmp_path / "other")
    assert archive.import_folder(other, tmp_path / "export").imported == 1
    same = other.find_same(fingerprint(request, other.database))
    other.close()
    assert same
    assert same.id == done.id
