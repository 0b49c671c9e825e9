# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises image files by their bytes; names and declared types are never trusted."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from PIL import Image

from ...core.errors import InputError
from . import heif, raw
from .open_image import MIME_TYPES, check_pixels, check_readable, open_image

_EXIF_ORIENTATION = 0x0112

_AS_DATA_BLOCK = "Load it into Blender and use the image data-block instead."


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header says. `width` and `height` are as stored, before `orientation` (EXIF, 1 ... 8) is applied.

    `bits` is per channel: 8, or 16 for everything deeper.
    """

    mime_type: str
    width: int
    height: int
    has_alpha: bool = False
    orientation: int = 1
    frames: int = 1
    bits: int = 8

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height after the EXIF orientation is applied."""
        turned = self.orientation >= 5
        return (self.height, self.width) if turned else (self.width, self.height)


def sniff(path: Path | str) -> ImageInfo:
    """Read a picture's header.

    Raises `InputError` with a sentence for what is no picture, cannot be used, or has too many pixels;
    `NanoBananaError` of kind DISK for a file that cannot be read.
    """
    file = Path(path)
    check_readable(file)
    head = _head(file)
    _refuse_what_is_known(file, head)
    if head.startswith(raw.MAGIC):
        return _sniff_raw(file)
    if heif.is_heif(head):
        return _sniff_heif(file)
    with open_image(file) as picture:
        # Pillow would decode all of a PNG to find an orientation that stands behind the pixels.
        turn = _png_orientation(file) if picture.format == "PNG" else orientation_of(picture)
        return _sniff_image(picture, turn)


def alpha_in(picture: Image.Image) -> bool:
    """Whether a picture's mode or palette can hold transparency."""
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation; 1 if there is none or it is invalid."""
    return _valid(picture.getexif())


def _valid(exif: Image.Exif) -> int:
    found = exif.get(_EXIF_ORIENTATION, 1)
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _is_deep(picture: Image.Image) -> bool:
    # Pillow opens 16-bit colour as 8-bit RGB; only the tile's raw mode tells.
    tiles = cast("list[tuple[object, ...]]", getattr(picture, "tile", []))
    raw_modes = str([tile[-1] for tile in tiles])
    return picture.mode in ("I", "F") or ";16" in picture.mode or ";16" in raw_modes


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(4096)
    except OSError as error:
        raise InputError(
            f"The image {file.name} cannot be read: {error.strerror}.",
            next_step="Check the file and its permissions.",
        ) from error


def _refuse_what_is_known(file: Path, head: bytes) -> None:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:5].lower() == b"<?xml" or text[:4].lower() == b"<svg" or text.startswith(b"<!--"):
        what = "an SVG drawing" if b"<svg" in head.lower() else "a text file"
        raise InputError(f"{file.name} is {what}, not an image of pixels.", next_step="Export it as PNG first.")
    if head.startswith(b"\x76\x2f\x31\x01"):
        raise InputError(f"{file.name} is an OpenEXR file.", next_step=_AS_DATA_BLOCK)
    if head.startswith((b"#?RADIANCE", b"#?RGBE")):
        raise InputError(f"{file.name} is a Radiance HDR file.", next_step=_AS_DATA_BLOCK)
    if head.startswith(b"%PDF"):
        raise InputError(f"{file.name} is a PDF.", next_step="Export the page as PNG first.")
    if head.startswith((b"BLENDER", b"\x28\xb5\x2f\xfd", b"\x1f\x8b")):
        raise InputError(f"{file.name} is a .blend or a compressed file.", next_step="Choose an image file.")
    if heif.is_video(head):
        raise InputError(f"{file.name} is a video.", next_step="Save one of its frames as PNG and use that.")


def _sniff_raw(file: Path) -> ImageInfo:
    height, width, channels = raw.read_raw(file).shape
    return ImageInfo(raw.MIME_TYPE, width, height, has_alpha=channels == 4)


def _sniff_heif(file: Path) -> ImageInfo:
    found = heif.read_header(file)
    check_pixels(file, found.width, found.height)
    return ImageInfo(found.mime_type, found.width, found.height)


def _png_orientation(file: Path) -> int:
    """Walk over the chunks of a PNG, before and behind the pixels, to the one with EXIF data."""
    with file.open("rb") as stream:
        stream.seek(8)
        while len(head := stream.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"eXIf":
                exif = Image.Exif()
                exif.load(b"Exif\0\0" + stream.read(length))
                return _valid(exif)
            stream.seek(length + 4, 1)
    return 1


def _sniff_image(picture: Image.Image, orientation: int) -> ImageInfo:
    return ImageInfo(
        mime_type=MIME_TYPES[picture.format or ""],
        width=picture.width,
        height=picture.height,
        has_alpha=alpha_in(picture),
        orientation=orientation,
        frames=int(getattr(picture, "n_frames", 1)),
        bits=16 if _is_deep(picture) else 8,
    )
