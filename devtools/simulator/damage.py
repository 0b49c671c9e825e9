# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are none, to see what a client makes of them."""

from __future__ import annotations

import struct
import zlib

#: Stands for text that is no base64: it is signed as these bytes and written as that text.
NOT_BASE64 = b"\0not base64\0"


def damage(data: bytes, kind: str) -> bytes:
    """*data* as the case *kind* leaves it."""
    if kind == "not_an_image":
        return b"This is not a picture. " * 40
    if kind == "truncated_image":
        return data[: len(data) // 2]
    if kind == "decompression_bomb":
        return build_bomb()
    if kind == "bad_base64":
        return NOT_BASE64
    return b"" if kind == "empty_data" else data


def build_bomb(side: int = 30_000) -> bytes:
    """A well-formed PNG of *side* x *side* white pixels (1 bit each) in a few hundred kilobytes."""
    packer = zlib.compressobj(9)
    line = b"\0" + b"\xff" * ((side + 7) // 8)
    packed = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_build_chunk(kind, body) for kind, body in chunks)


def _build_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
