# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files: with 16 bits for each channel of a colour, which Pillow does not write, and in half of Pillow's time."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.files import write_private

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: PNG's colour types by the number of channels.
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
_SUB, _ROWS = 1, 64
_DEEP_LEVEL = 4  # of zlib, for files that are large and stay


def write_deep(texels: NDArray[np.uint16], path: Path, xmp: str) -> None:
    """Write (h, w, 3 or 4) with an XMP packet. Raises `NanoBananaError` DISK; a part of a file is never left."""
    content = encode_texels(texels, _DEEP_LEVEL, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp.encode()))
    write_private(path, lambda file: file.write(content))


def encode_texels(texels: NDArray[np.unsignedinteger], level: int = 1, *chunks: tuple[bytes, bytes]) -> bytes:
    """Texels (h, w) or (h, w, 1, 3 or 4), uint8 or uint16, as a file, with further chunks: their names and content.

    `level` is zlib's. Pillow tries five filters for each row, which takes as long as the rest; the files of materials
    are a tenth smaller for that.
    """
    height, width = texels.shape[:2]
    kind = _COLOUR_TYPES[texels.size // (height * width)]
    header = struct.pack(">IIBBBBB", width, height, 8 * texels.itemsize, kind, 0, 0, 0)
    parts = ((b"IHDR", header), *chunks, (b"IDAT", _compress(texels, level)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_pack_chunk(name, data) for name, data in parts)


def _compress(texels: NDArray[np.unsignedinteger], level: int) -> bytes:
    """Each row as the differences to the pixel on its left: PNG's filter Sub."""
    compressor = zlib.compressobj(level)
    parts: list[bytes] = []
    for first in range(0, len(texels), _ROWS):
        rows = texels[first : first + _ROWS]
        values = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">")).view(np.uint8).reshape(len(rows), -1)
        step = values.shape[1] // texels.shape[1]
        filtered = np.full((len(rows), values.shape[1] + 1), _SUB, np.uint8)
        filtered[:, 1 : 1 + step] = values[:, :step]
        np.subtract(values[:, step:], values[:, :-step], out=filtered[:, 1 + step :])
        parts.append(compressor.compress(filtered.tobytes()))
    return b"".join((*parts, compressor.flush()))


def _pack_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
