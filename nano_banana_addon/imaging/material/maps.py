# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a material, from its colour. All repeat where the colour does."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from ..arrays import Floats, Reals
from .periodic import blur, derive, filter_plane, gaussian, resize_plane

#: Widths of the bands of the height, in parts of the longer side, and how much each counts: what is large is high.
_BANDS = ((1 / 1024, 0.15), (1 / 512, 0.3), (1 / 256, 0.5), (1 / 128, 0.7), (1 / 64, 0.9), (1 / 32, 1.0), (1 / 12, 0.0))
_OUTLIERS = 0.5  # percent at each end
_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
_CONTRAST, _SATURATION = 0.12, 0.08  # of the roughness, for a standard deviation
_OCCLUSION_SIDE, _STEPS = 1024, 8
_REACH = 1 / 24  # of the side, of the horizon that is looked at


def compute_height(colour: Floats) -> Floats:
    """The height (height, width), 0 ... 1, of a colour (height, width, 3): bright is high, slow changes are none."""
    side = max(colour.shape[:2])

    def weigh(squares: Floats) -> Floats:
        total = np.zeros_like(squares)
        for (width, weight), (wider, _) in pairwise(_BANDS):
            total += weight * (gaussian(width * side)(squares) - gaussian(wider * side)(squares))
        return total

    raw = filter_plane(colour @ _LUMINANCE, weigh)
    low, high = np.percentile(raw, (_OUTLIERS, 100 - _OUTLIERS))
    if high - low < 1e-6:
        return np.full(raw.shape, 0.5, np.float32)
    return np.clip((raw - low) / (high - low), 0, 1).astype(np.float32)


def compute_normal(height: Reals, relief: float) -> Floats:
    """The normals (height, width, 3) of a height 0 ... 1, -1 ... 1, OpenGL: green is up.

    `relief` is what the height 1 is, in parts of the longer side.
    """
    scale = relief * max(height.shape)
    across, down = (derive(height, axis) * scale for axis in (1, 0))
    normal = np.stack([-across, down, np.ones_like(across)], axis=-1)
    return (normal / np.linalg.norm(normal, axis=2, keepdims=True)).astype(np.float32)


def compute_roughness(colour: Floats, mean: float) -> Floats:
    """The roughness (height, width): smoother where the colour is even or saturated, around a mean."""
    luminance = colour @ _LUMINANCE
    sigma = max(colour.shape[:2]) / 256
    contrast = np.sqrt(np.maximum(blur((luminance - blur(luminance, sigma)) ** 2, sigma), 0))
    saturation = colour.max(axis=2) - colour.min(axis=2)
    change = _CONTRAST * _standardise(contrast) - _SATURATION * _standardise(saturation)
    return np.clip(mean + change, 0.05, 1).astype(np.float32)


def compute_occlusion(height: Floats, relief: float) -> Floats:
    """How much of the sky each point sees (height, width), 0 ... 1: horizons in eight directions."""
    shape = height.shape
    scale = min(_OCCLUSION_SIDE / max(shape), 1.0)
    size = max(round(shape[1] * scale), 1), max(round(shape[0] * scale), 1)
    small = (resize_plane(height, size) if scale < 1 else height) * relief * max(size)
    seen = np.zeros_like(small)
    directions = [(x, y) for x, y in product((-1, 0, 1), repeat=2) if x or y]
    for direction in directions:
        length = np.hypot(*direction)
        horizon = np.zeros_like(small)
        for step in range(1, _STEPS + 1):
            offset = max(round((step / _STEPS) ** 2 * _REACH * max(size) / length), 1)
            moved = np.roll(small, (offset * direction[1], offset * direction[0]), axis=(0, 1))
            np.maximum(horizon, (moved - small) / (offset * length), out=horizon)
        seen += 1 - horizon / np.sqrt(1 + horizon**2)
    occlusion = np.clip(seen / len(directions), 0, 1).astype(np.float32)
    return np.clip(resize_plane(occlusion, (shape[1], shape[0])), 0, 1) if scale < 1 else occlusion


def _standardise(plane: Floats) -> Floats:
    deviation = float(plane.std())
    return np.clip((plane - plane.mean()) / deviation, -2, 2) if deviation > 1e-6 else np.zeros_like(plane)
