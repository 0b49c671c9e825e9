# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a material's values are those that occur in reality."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Reals

#: The brightness (sRGB, of 255) of surfaces that are no metal, and of bare metals.
_OTHERS, _METALS = (30, 240), (180, 255)
_SMOOTHEST = 0.03


def measure_valid(colour: Floats, metallic: Reals, roughness: Reals) -> float:
    """The part of the pixels that is valid: colour (height, width, 3) sRGB 0 ... 1, the others (height, width)."""
    brightness = colour.mean(axis=2) * 255
    is_metal = metallic > 0.5
    low, high = (np.where(is_metal, metal, other) for metal, other in zip(_METALS, _OTHERS, strict=True))
    is_valid = (brightness >= low) & (brightness <= high) & (roughness >= _SMOOTHEST)
    is_valid &= (metallic < 0.1) | (metallic > 0.9)
    return float(is_valid.mean())
