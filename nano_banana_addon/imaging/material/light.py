# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the light that lies over an image: what changes slowly in its brightness."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..srgb import to_linear, to_srgb
from .periodic import blur

_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
_SIGMA = 0.1  # of the longer side
_ROUNDS = 2
_DARKEST = 1e-3


def remove_light(image: Floats) -> Floats:
    """An image (height, width, 3), sRGB 0 ... 1, whose brightness is even; it repeats if it did before."""
    linear = to_linear(image)
    for _ in range(_ROUNDS):
        slow = blur(linear @ _LUMINANCE, _SIGMA * max(image.shape[:2]))
        linear *= (slow.mean() / np.maximum(slow, _DARKEST))[..., None]
    return np.clip(to_srgb(linear), 0, 1)
