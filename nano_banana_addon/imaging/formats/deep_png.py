# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files with 16 bits for each channel of a colour, which Pillow does not write."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.files import write_private

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: PNG's colour types by the number of channels.
_COLOUR_TYPES = {3: 2, 4: 6}
_SUB, _LEVEL = b"\x01", 4


def write_deep(texels: NDArray[np.uint16], path: Path, xmp: str) -> None:
    """Write (h, w, 3 or 4) with an XMP packet. Raises `NanoBananaError` DISK; a part of a file is never left."""
    height, width, channels = texels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode()
    chunks = ((b"IHDR", header), (b"iTXt", text), (b"IDAT", _compress(texels)), (b"IEND", b""))
    content = _SIGNATURE + b"".join(_pack_chunk(name, data) for name, data in chunks)
    write_private(path, lambda file: file.write(content))


def _compress(texels: NDArray[np.uint16]) -> bytes:
    """Each row as the differences to the pixel on its left: PNG's filter Sub."""
    compressor, step = zlib.compressobj(_LEVEL), 2 * texels.shape[2]
    parts: list[bytes] = []
    for row in texels:
        data = np.frombuffer(row.astype(">u2").tobytes(), np.uint8).copy()
        data[step:] -= data[:-step].copy()
        parts.append(compressor.compress(_SUB + data.tobytes()))
    return b"".join((*parts, compressor.flush()))


def _pack_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
