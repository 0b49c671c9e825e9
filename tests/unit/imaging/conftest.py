# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures that look a little like renders."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def render() -> Callable[[int, int], Image.Image]:
    """A smooth picture with an edge in it, so that orientation and position can be recognised."""

    def make(width: int, height: int) -> Image.Image:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        red = 255 * x / max(1, width - 1)
        green = 255 * y / max(1, height - 1)
        blue = np.where(np.hypot(x - width / 3, y - height / 3) < min(width, height) / 5, 220, 40)
        return Image.fromarray(np.stack([red, green, blue], -1).astype(np.uint8))

    return make


@pytest.fixture
def noise() -> Callable[[int, int], Image.Image]:
    """A picture that no encoder can make small."""

    def make(width: int, height: int) -> Image.Image:
        values = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
        return Image.fromarray(values)

    return make


@pytest.fixture
def heic() -> Callable[..., bytes]:
    """The bytes of HEIC files without pixels."""

    def make(width: int, height: int, brand: bytes = b"heic") -> bytes:
        """The header of a HEIC file with a grid picture and its smaller tiles, without pixels."""

        def box(kind: bytes, content: bytes) -> bytes:
            return struct.pack(">I4s", len(content) + 8, kind) + content

        tile = box(b"ispe", struct.pack(">III", 0, 512, 512))
        whole = box(b"ispe", struct.pack(">III", 0, width, height))
        properties = box(b"iprp", box(b"ipco", tile + whole))
        handler = box(b"hdlr", b"\0" * 24)
        return box(b"ftyp", brand + b"\0\0\0\0mif1" + brand) + box(b"meta", b"\0\0\0\0" + handler + properties)

    return make
