# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts between sRGB and linear light (IEC 61966-2-1)."""

from __future__ import annotations

import numpy as np

from .arrays import Floats, Reals


def to_linear(values: Reals) -> Floats:
    """Encoded sRGB values 0 ... 1 of any shape to linear light (IEC 61966-2-1)."""
    bent = ((np.maximum(values, 0.0) + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, bent).astype(np.float32)


def to_srgb(values: Reals) -> Floats:
    """Linear light 0 ... 1 of any shape to encoded sRGB values (IEC 61966-2-1)."""
    bent = 1.055 * np.maximum(values, 0.0) ** (1 / 2.4) - 0.055
    return np.where(values <= 0.0031308, values * 12.92, bent).astype(np.float32)


#: Linear light of each 8-bit value.
LINEAR: Floats = to_linear(np.arange(256, dtype=np.float32) / 255)
