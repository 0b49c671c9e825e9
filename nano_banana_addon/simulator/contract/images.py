# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture's own bytes say: type, pixel size, whether it is complete. No Pillow needed."""

from __future__ import annotations

import struct

from .errors import UNREADABLE_IMAGE, ApiError, build_invalid

PNG, JPEG, WEBP, HEIC, HEIF = "image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis"})
_HEIF_BRANDS = frozenset({b"mif1", b"msf1", b"heif"})


def sniff(data: bytes) -> str | None:
    """The MIME type that the first bytes show, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        if data[8:12] in _HEIC_BRANDS:
            return HEIC
        if data[8:12] in _HEIF_BRANDS:
            return HEIF
    return None


def read_pixel_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header; None where it holds none (HEIC) or is broken."""
    readers = {PNG: _read_png_size, JPEG: _read_jpeg_size, WEBP: _read_webp_size}
    reader = readers.get(sniff(data) or "")
    if reader is None:
        return None
    try:
        width, height = reader(data)
    except (struct.error, IndexError, ValueError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _read_png_size(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _read_jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    while True:
        if data[position] != 0xFF:
            raise ValueError("no marker")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + length


def _read_webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _is_complete(data: bytes, mime: str) -> bool:
    """Whether the end of the file is there: a cut picture is refused without decoding it."""
    if mime == PNG:
        return b"IEND" in data[-64:] and b"IDAT" in data
    if mime == JPEG:
        return data.rfind(b"\xff\xd9") > 0
    if mime == WEBP:
        return len(data) >= int.from_bytes(data[4:8], "little") + 8
    return len(data) > 64


def check(data: bytes, declared: str, limit: int | None) -> None:
    """Refuse what the service cannot read. *limit*: bytes of one decoded picture, None for none."""
    if limit is not None and len(data) > limit:
        raise build_invalid(f"Inline image of {len(data)} bytes exceeds the limit of {limit} bytes.")
    mime = sniff(data)
    if mime is None or mime != declared or not _is_complete(data, mime):
        raise build_unreadable_error()
    if mime in (PNG, JPEG, WEBP) and read_pixel_size(data) is None:
        raise build_unreadable_error()


def build_unreadable_error() -> ApiError:
    """The service's words for a picture that it cannot read."""
    return build_invalid(UNREADABLE_IMAGE)
