# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for a request that differs by noise does not hold Blender up."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.request import Reference
from nano_banana_addon.features.generation import similar
from nano_banana_addon.imaging.formats import preparation
from nano_banana_addon.storage.store import Store

from .conftest import done, request


def captured(folder: Path, grey: int) -> Reference:
    path = folder / f"{grey}.png"
    Image.new("RGB", (64, 32), (grey, grey, grey)).save(path)
    return Reference(ReferenceRole.STRUCTURE, str(path), mime_type="image/png")


@pytest.mark.parametrize(("seconds", "compared"), [(1000.0, 12), (0.0, 1)])
def test_it_reads_its_own_image_once_and_ends_in_time(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, compared: int
) -> None:
    for number in range(12):
        done(store, references=(captured(tmp_path, 20 * number),))
    read: list[str] = []
    original = preparation.read_drawn
    monkeypatch.setattr(preparation, "read_drawn", lambda path: (read.append(path.name), original(path))[1])
    monkeypatch.setattr(f"{similar.__name__}._SECONDS", seconds)
    wanted = request(references=(captured(tmp_path, 250),))
    assert similar.find_alike(wanted, store) is None
    assert read.count("250.png") == 1
    assert len(read) == 1 + compared


def test_of_many_it_finds_the_one_that_looks_the_same(store: Store, tmp_path: Path) -> None:
    made = [done(store, references=(captured(tmp_path, 20 * number),)) for number in range(6)]
    found = similar.find_alike(request(references=(captured(tmp_path, 60),)), store)
    assert found
    assert found.id == made[3].id
