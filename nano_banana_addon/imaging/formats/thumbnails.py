# SPDX-License-Identifier: GPL-3.0-or-later
"""Small images for lists."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from ...core.files import write_private
from ...core.image_types import JPEG, find_type_of_suffix
from . import raw
from .open_image import open_image
from .plain_rgb import to_srgb
from .sniff import sniff


def write_thumbnail(path: Path, out: Path, edge: int = 256) -> tuple[int, int]:
    """Write a thumbnail of the image `path` into `out`, its longer side at most `edge` pixels; returns its size.

    A .png keeps transparency, a .jpg has a grey background. It is never larger than the image. Raises `InputError` for
    an image that cannot be decoded, `NanoBananaError` DISK when the file cannot be written; a part of one is never
    left.
    """
    small = small_picture(path, edge)
    kind = "JPEG" if find_type_of_suffix(out.suffix) is JPEG else "PNG"
    if kind == "JPEG" and small.mode == "RGBA":
        ground = Image.new("RGB", small.size, (128, 128, 128))
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    write_private(out, lambda file: small.save(file, kind, quality=88))
    return small.size


def small_picture(path: Path, edge: int) -> Image.Image:
    """The picture (RGB or RGBA, sRGB, upright) at most `edge` pixels long. Raises as `sniff`."""
    if sniff(path).mime_type == raw.MIME_TYPE:
        picture = Image.fromarray(raw.read_raw(path))
        picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        return picture
    with open_image(path) as picture:
        picture.draft("RGB", (edge * 2, edge * 2))  # JPEG: decode at a fraction of the size
        small = ImageOps.exif_transpose(to_srgb(picture, lambda _: None))
    small.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return small
