# SPDX-License-Identifier: GPL-3.0-or-later
"""However a file is damaged, the artist gets a picture or a sentence, never a traceback."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.request import Reference
from nano_banana_addon.imaging.formats.preparation import prepare
from nano_banana_addon.imaging.formats.thumbnails import write_thumbnail

KINDS = [
    "PNG",
    "JPEG",
    "WEBP",
    "TIFF",
    "GIF",
    "BMP",
    "TGA",
    "JPEG2000",
    "AVIF",
    "ICO",
    "PPM",
    "NPY",
]


def whole(kind: str) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 256, (40, 50, 4), dtype=np.uint8)
    buffer = io.BytesIO()
    if kind == "NPY":
        np.save(buffer, pixels)
    else:
        mode = "RGBA" if kind == "ICO" else "RGB"
        Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut off, some bytes changed in the header or anywhere, or a piece taken out."""
    result = bytearray(content)
    way = int(rng.integers(0, 4))
    at = int(rng.integers(0, len(result)))
    if way == 0:
        return bytes(result[:at])
    if way == 3:
        return bytes(result[:at] + result[at + int(rng.integers(1, 50)) :])
    reach = min(len(result), 200) if way == 1 else len(result)
    for place in rng.integers(0, reach, int(rng.integers(1, 20))):
        result[place] = rng.integers(0, 256)
    return bytes(result)


def outcome(file: Path, folder: Path) -> NanoBananaError | None:
    try:
        sent = prepare(Reference(ReferenceRole.STYLE, str(file)), folder / "sent")
        write_thumbnail(Path(sent.path), folder / "small.png", 16)
    except NanoBananaError as error:
        return error
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_damage_ends_in_a_picture_or_a_sentence(tmp_path, kind):
    file = tmp_path / "chosen"
    file.write_bytes(whole(kind))
    assert outcome(file, tmp_path) is None
    rng = np.random.default_rng(KINDS.index(kind))
    refusals = 0
    for _ in range(40):
        file.write_bytes(damaged(whole(kind), rng))
        error = outcome(file, tmp_path)
        if error is not None:
            refusals += 1
            assert error.message.endswith(".")
            assert error.next_step
    assert refusals > 5
    assert not list((tmp_path / "sent").glob(".*"))
