# SPDX-License-Identifier: GPL-3.0-or-later
"""Images as JPEG files, as a PDF holds them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ...core.errors import NanoBananaError
from ..formats.open_image import MAX_PIXELS, open_image
from ..formats.sniff import sniff
from ..formats.thumbnails import small_picture

#: The longer side of an image for the web, in pixels.
WEB_EDGE = 1280
_QUALITY = 90
_END_OF_IMAGE = b"\xff\xd9"
_TAIL = 32


def prepare_jpeg(path: Path, folder: Path, number: int, *, web: bool) -> tuple[Path, tuple[int, int]]:
    """A JPEG file (upright, RGB or grey, sRGB) of an image, and its width and height.

    That is the file itself where it is one and `web` does not make it smaller; else a file in `folder`. Raises
    `NanoBananaError` for a file that is gone or damaged.
    """
    if not web and (size := _find_plain_jpeg(path)):
        return path, size
    picture = small_picture(path, WEB_EDGE if web else MAX_PIXELS)
    if picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, (255, 255, 255))
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    target = folder / f"{number}.jpg"
    picture.save(target, "JPEG", quality=_QUALITY, optimize=False)
    return target, picture.size


def _find_plain_jpeg(path: Path) -> tuple[int, int] | None:
    """The size of a JPEG that any program shows as it is meant, whole to its end; None for any other file."""
    if path.suffix.lower() not in (".jpg", ".jpeg") or not str(path).isascii():
        return None
    info = sniff(path)
    with open_image(path) as picture:
        is_plain = picture.format == "JPEG" and picture.mode in ("RGB", "L") and "icc_profile" not in picture.info
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL, 0))
        is_whole = _END_OF_IMAGE in file.read()
    return (info.width, info.height) if is_plain and is_whole and info.orientation == 1 else None


def describe_problem(path: Path, error: NanoBananaError | OSError) -> str:
    """Why an image is missing on a board, in a few words."""
    if not path.exists():
        return "image file is gone"
    return "image is damaged" if isinstance(error, NanoBananaError) else "image cannot be read"
