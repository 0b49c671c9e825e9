# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a capture's transparency back onto a generated image, which never has any."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .open_image import open_image


def apply_mask(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The image as RGBA (straight alpha) with an 8-bit grey mask as its alpha, 255 where it is opaque.

    A mask of another size is scaled: it shows the same rectangle in another resolution.
    """
    grey = mask.convert("L")
    if grey.size != picture.size:
        grey = grey.resize(picture.size, Image.Resampling.BILINEAR)
    result = picture.convert("RGB")
    result.putalpha(grey)
    return result


def read_mask(path: Path) -> Image.Image:
    """A mask file as 8-bit grey. Raises `InputError` when it is gone or damaged."""
    with open_image(path) as picture:
        return picture.convert("L")
