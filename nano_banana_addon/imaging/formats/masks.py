# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture's transparency, put back onto an answer, which never has any."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .open_image import open_image


def apply_mask(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture as RGBA (straight alpha) with an 8-bit grey mask of the same frame, 255 where it shows.

    The mask is scaled when its size differs: it then shows the same rectangle in another resolution.
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
