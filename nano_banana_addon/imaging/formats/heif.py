# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of HEIC and HEIF files: enough to know the type and the size. Pillow cannot decode them.

Boxes as in ISO/IEC 14496-12 (file format) and 23008-12 (HEIF): `ftyp` names the brand, and meta > iprp > ipco > ispe
the size of each item; the picture is the largest, its tiles are smaller.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import InputError

_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_HEIF = {b"mif1", b"msf1", b"mif2"}
_AVIF = {b"avif", b"avis"}
_META_LIMIT = 1 << 22


@dataclass(frozen=True, slots=True)
class HeifHeader:
    """`mime_type` is image/heic or image/heif; width and height are in pixels."""

    mime_type: str
    width: int
    height: int


def _brands(head: bytes) -> list[bytes]:
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))]


def is_heif(head: bytes) -> bool:
    """Whether these first bytes begin a HEIC or HEIF picture (AVIF is another codec)."""
    brands = _brands(head)
    return bool(set(brands) & (_HEIC | _HEIF)) and not set(brands) & _AVIF


def is_video(head: bytes) -> bool:
    """Whether these first bytes begin a film: MP4, QuickTime, Matroska or AVI."""
    brands = _brands(head)
    film = bool(brands) and not set(brands) & (_HEIC | _HEIF | _AVIF)
    return film or head.startswith(b"\x1a\x45\xdf\xa3") or head[8:12] == b"AVI "


def read_header(path: Path) -> HeifHeader:
    """Type and size. Raises `InputError` when the boxes do not say them."""
    with path.open("rb") as file:
        data = file.read(_META_LIMIT)
    try:
        sizes = list(_sizes(data))
    except (struct.error, IndexError, ValueError) as error:
        raise _unreadable(path) from error
    if not sizes:
        raise _unreadable(path)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    brand = data[8:12]
    return HeifHeader("image/heic" if brand in _HEIC else "image/heif", width, height)


def _sizes(data: bytes) -> Iterator[tuple[int, int]]:
    for meta in _boxes(data, b"meta"):
        for properties in _boxes(meta[4:], b"iprp"):  # meta is a full box: version and flags first
            for container in _boxes(properties, b"ipco"):
                for size in _boxes(container, b"ispe"):
                    yield struct.unpack(">II", size[4:12])


def _boxes(data: bytes, wanted: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        header = 8
        if length == 1:
            length, header = struct.unpack(">Q", data[at + 8 : at + 16])[0], 16
        if length == 0:  # to the end of the file
            length = len(data) - at
        if length < header:
            raise ValueError("a box shorter than its header")
        if kind == wanted:
            yield data[at + header : at + length]
        at += length


def _unreadable(path: Path) -> InputError:
    return InputError(f"The HEIC image {path.name} is damaged.", next_step="Save it as JPEG or PNG.")
