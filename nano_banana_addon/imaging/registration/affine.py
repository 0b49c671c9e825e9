# SPDX-License-Identifier: GPL-3.0-or-later
"""Affine maps of the plane as arrays (2, 3)."""

from __future__ import annotations

import numpy as np

from ..arrays import Reals


def build_scaling(source: tuple[int, ...], target: tuple[int, ...]) -> Reals:
    """The map (2, 3) that stretches an image of shape `source` (height, width, ...) to that of `target`."""
    return np.array([[target[1] / source[1], 0, 0], [0, target[0] / source[0], 0]], np.float64)


def scale_map(matrix: Reals, scale: float) -> Reals:
    """The same map (2, 3) in an image `scale` times as large."""
    return np.hstack([matrix[:, :2], matrix[:, 2:] * scale])


def invert(matrix: Reals) -> Reals:
    """The map (2, 3) back."""
    back = np.linalg.inv(matrix[:, :2])
    return np.hstack([back, -back @ matrix[:, 2:]])


def multiply(second: Reals, first: Reals) -> Reals:
    """The map (2, 3) that does `first`, then `second`."""
    linear = second[:, :2] @ first
    linear[:, 2] += second[:, 2]
    return linear
