# SPDX-License-Identifier: GPL-3.0-or-later
"""References make room in a body of limited size for the prompt and for the turn that is continued."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.storage.files.layout import open_home
from nano_banana_addon.wire.gemini.files_api import MemoryCache
from nano_banana_addon.wire.providers import PROVIDERS
from nano_banana_addon.worker.services import Services

_OTHER = 12_000_000  # bytes of the body that are no reference


def measure_body(home: Path, tmp_path: Path, **choices: str) -> int:
    """The base64 of the prepared reference and what else goes into the body, in bytes."""
    path = tmp_path / "noise.png"
    Image.frombytes("RGB", (2000, 2000), os.urandom(12_000_000)).save(path, compress_level=0)
    places = open_home(home)
    (places.turns / "earlier").write_bytes(bytes(_OTHER))
    reference = Reference(ReferenceRole.STRUCTURE, str(path))
    request = GenerationRequest(**{"prompt": "x", **choices}, provider="cometapi", references=(reference,))
    (prepared,) = Services(places, MemoryCache()).prepare(request).references
    return Path(prepared.path).stat().st_size * 4 // 3 + _OTHER


@pytest.mark.parametrize("choices", [{"prompt": "x" * _OTHER}, {"continues": "earlier"}])
def test_the_body_stays_below_the_limit(home: Path, tmp_path: Path, choices: dict[str, str]) -> None:
    limit = PROVIDERS["cometapi"].body_limit
    assert not PROVIDERS["cometapi"].files_api
    assert measure_body(home, tmp_path, **choices) <= limit
