# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits an image of the artist's frame to the canvas of the API, exact to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..core.scene.frames import Framing
from .arrays import Colour, Pixels
from .resample import coverage, resample_box

#: What bars are painted with: neutral, and unlike both empty white and a black border.
BARS: Colour = (128, 128, 128)


def place_on_canvas(pixels: Pixels, framing: Framing, bars: Colour = BARS) -> Pixels:
    """An image of the frame (height, width, 3 or 4; uint8) on the canvas: cropped for CROP, with bars for PAD.

    EXTEND is treated as PAD, because a finished image cannot show more. The bars have the colour `bars`, opaque.
    """
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    height, width = pixels.shape[:2]
    left, top, right, bottom = framing.window
    box = (left * width, top * height, right * width, bottom * height)
    placed = np.asarray(resample_box(picture, box, framing.canvas))
    shown = coverage(box, (width, height), framing.canvas)[:, :, None]
    if float(shown.min()) >= 1.0:
        return placed
    ground = np.array([*bars, 255][: pixels.shape[2]], np.float32)
    return (placed * shown + ground * (1.0 - shown) + 0.5).astype(np.uint8)
