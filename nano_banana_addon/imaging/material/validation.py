# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a material's values are those that occur in reality."""

from __future__ import annotations

from itertools import product

import numpy as np

from ..arrays import Floats, Reals
from .periodic import average, average_channels

#: The brightness (sRGB, of 255) of surfaces that are no metal, and of bare metals.
_OTHERS, _DARKEST_METAL = (30, 240), 180
_SMOOTHEST = 0.03
#: Of a picture rather than a surface: how much its large parts differ, of 1, and of all differences in it.
_CELLS, _FAR, _MOST = 4, 0.1, 0.6


def measure_valid(colour: Floats, metallic: Reals, roughness: Reals) -> float:
    """The part of the pixels that is valid: colour (height, width, 3) sRGB 0 ... 1, the others (height, width)."""
    brightness = average_channels(colour) * 255
    low, high = _OTHERS
    is_valid = np.where(metallic > 0.5, brightness >= _DARKEST_METAL, (brightness >= low) & (brightness <= high))
    is_valid &= roughness >= _SMOOTHEST
    is_valid &= (metallic < 0.1) | (metallic > 0.9)
    return float(is_valid.mean())


def is_uneven(image: Floats) -> bool:
    """Whether an image (height, width, 3), 0 ... 1, shows a horizon or one large thing."""
    small = average(image, max(max(image.shape[:2]) / 256, 1))
    height, width = small.shape[:2]
    rows, columns = (
        np.arange(height, dtype=np.intp) * _CELLS // height,
        np.arange(width, dtype=np.intp) * _CELLS // width,
    )
    cells = [
        small[rows == row][:, columns == column].mean(axis=(0, 1)) for row, column in product(range(_CELLS), repeat=2)
    ]
    between = float(np.stack(cells).std(axis=0).mean())
    return between > _FAR and between > _MOST * float(small.std(axis=(0, 1)).mean())
