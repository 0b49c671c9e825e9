# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that the artist painted as a mask, as grey pixels."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.errors import InputError
from ...imaging.arrays import Pixels


def read_mask(name: str) -> Pixels:
    """An image data-block as (h, w) uint8, top row first: its brightness, black where it is transparent.

    Raises `InputError` for no name, no such image, UDIM tiles, and an image without pixels.
    """
    image = bpy.data.images.get(name) if name else None
    if image is None:
        raise InputError(
            f"There is no image named {name} for the guide Mask." if name else "The guide Mask has no image.",
            next_step="Choose the image that you painted it in.",
        )
    width, height = image.size[0], image.size[1]
    if image.source == "TILED" or not width or not height:
        raise InputError(
            f"{name} cannot be used as a mask: it has " + ("UDIM tiles." if image.source == "TILED" else "no pixels."),
            next_step="Choose an image of one tile.",
        )
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    pixels = values.reshape(height, width, image.channels)[::-1]
    colours = pixels[..., : min(3, image.channels)].mean(axis=2)
    alpha = pixels[..., 3] if image.channels == 4 else 1.0
    return np.round(np.clip(colours * alpha, 0, 1) * 255).astype(np.uint8)
