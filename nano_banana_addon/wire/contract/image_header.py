# SPDX-License-Identifier: GPL-3.0-or-later
"""The real type of a received file, from its bytes: the service's media type may be wrong.

Only the headers are read, so that a 4K image costs nothing here. The three formats are those that the service returns.
`compute_pixel_digest` recognises duplicates without decoding: the service sends the same image twice, different only in
the chunk that holds its content credentials (C2PA).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...core.image_types import JPEG, PNG, WEBP, find_suffix


@dataclass(frozen=True, slots=True)
class Header:
    """Format and size in pixels; `complete`: the file ends as its format requires."""

    mime_type: str
    width: int
    height: int
    complete: bool

    @property
    def extension(self) -> str:
        """What a file of this format ends on, without the dot."""
        return find_suffix(self.mime_type)[1:]


class InvalidImageError(ValueError):
    """The bytes are no PNG, JPEG or WebP; the message says what is wrong."""


_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA


def read_header(path: Path) -> Header:
    """The header of an image file. Raises `InvalidImageError`, `OSError`."""
    with path.open("rb") as file:
        start = file.read(32)
        if start.startswith(b"\x89PNG\r\n\x1a\n"):
            return _read_png(file, start)
        if start.startswith(b"\xff\xd8\xff"):
            return _read_jpeg(file)
        if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
            return _read_webp(file, start)
    raise InvalidImageError("the bytes are no PNG, JPEG or WebP image")


def compute_pixel_digest(path: Path) -> str:
    """Equal for two files whose coded pixels are the same, whatever other data they hold. SHA-256, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        start = file.read(12)
        if start.startswith(b"\xff\xd8\xff"):
            parts = _iter_jpeg_pixels(file)
        elif start.startswith(b"\x89PNG"):
            parts = _iter_chunks(file, 8, big_endian=True)
        else:
            parts = _iter_chunks(file, 12, big_endian=False)
        for part in parts:
            digest.update(part)
    return digest.hexdigest()


def _read_png(file: BinaryIO, start: bytes) -> Header:
    if start[12:16] != b"IHDR" or len(start) < 24:
        raise InvalidImageError("the PNG has no header")
    width, height = struct.unpack(">II", start[16:24])
    return Header(PNG.mime_type, *_check_size(width, height), b"IEND" in _read_tail(file, 12))


def _read_jpeg(file: BinaryIO) -> Header:
    for marker, offset, _length in _iter_segments(file):
        if marker in _JPEG_FRAMES:
            file.seek(offset + 1)
            data = file.read(4)
            if len(data) == 4:
                height, width = struct.unpack(">HH", data)
                complete = b"\xff\xd9" in _read_tail(file, 64)
                return Header(JPEG.mime_type, *_check_size(width, height), complete)
    raise InvalidImageError("the JPEG has no frame")


def _read_webp(file: BinaryIO, start: bytes) -> Header:
    kind, data = start[12:16], start[20:]
    if kind == b"VP8X" and len(data) >= 10:
        width = int.from_bytes(data[4:7], "little") + 1
        height = int.from_bytes(data[7:10], "little") + 1
    elif kind == b"VP8L" and len(data) >= 5:
        bits = int.from_bytes(data[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and len(data) >= 10:
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", data[6:10]))
    else:
        raise InvalidImageError("the WebP has no header")
    file.seek(0, 2)
    complete = file.tell() >= int.from_bytes(start[4:8], "little") + 8
    return Header(WEBP.mime_type, *_check_size(width, height), complete)


def _check_size(width: int, height: int) -> tuple[int, int]:
    if width < 1 or height < 1:
        raise InvalidImageError("the image has no pixels")
    return width, height


def _read_tail(file: BinaryIO, length: int) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(size - length, 0))
    return file.read(length)


def _iter_segments(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Marker, offset and length of the data of each JPEG segment, up to the first scan."""
    position = 2
    while True:
        file.seek(position)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return
        if head[1] == 0xFF:
            position += 1  # a fill byte
            continue
        if head[1] in _JPEG_WITHOUT_LENGTH:
            position += 2
            continue
        length = int.from_bytes(head[2:4], "big")
        if length < 2:
            return
        yield head[1], position + 4, length - 2
        if head[1] == _SCAN:
            return
        position += 2 + length


def _iter_jpeg_pixels(file: BinaryIO) -> Iterator[bytes]:
    for marker, offset, length in _iter_segments(file):
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            continue  # application data and comments
        file.seek(offset)
        yield bytes([marker]) + file.read(length)
        if marker == _SCAN:
            yield from iter(lambda: file.read(65536), b"")


def _iter_chunks(file: BinaryIO, position: int, *, big_endian: bool) -> Iterator[bytes]:
    """The pixel-bearing chunks of a PNG, or (`big_endian` False) of a WebP."""
    kinds = (b"IHDR", b"PLTE", b"tRNS", b"IDAT") if big_endian else (b"VP8 ", b"VP8L", b"ALPH", b"ANMF")
    while True:
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[:4] if big_endian else head[4:], "big" if big_endian else "little")
        kind = head[4:] if big_endian else head[:4]
        if kind in kinds:
            yield kind
            yield from _iter_pieces(file, length)
        position += 8 + length + (4 if big_endian else length % 2)


def _iter_pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        data = file.read(min(length, 65536))
        if not data:
            return
        length -= len(data)
        yield data
