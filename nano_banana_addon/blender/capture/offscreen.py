# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawing into memory at the canvas's size, and reading it back. Colour captures and guides use it."""

from __future__ import annotations

from collections.abc import Callable

import gpu
import numpy as np

from ...core.errors import InputError
from ...imaging.arrays import Pixels


def draw_frame(size: tuple[int, int], draw: Callable[[gpu.types.GPUOffScreen], None]) -> Pixels:
    """Call `draw` with an offscreen of `size` (width, height) and return what it drew.

    Returns uint8 (height, width, 4), top row first, as drawn (Blender's views: sRGB-encoded, alpha multiplied in).
    Raises `InputError` when the graphics card cannot hold a picture of that size. The GPU must be awake.
    """
    width, height = size
    limit = gpu.capabilities.max_texture_size_get()
    if max(size) > limit:
        raise InputError(
            f"The graphics driver draws at most {limit} pixels, not {width} x {height}.",
            next_step="Choose a smaller size.",
        )
    offscreen = gpu.types.GPUOffScreen(width, height, format="RGBA8")
    try:
        draw(offscreen)
        return _read(offscreen, width, height)
    finally:
        offscreen.free()


def _read(offscreen: gpu.types.GPUOffScreen, width: int, height: int) -> Pixels:
    buffer = offscreen.texture_color.read()
    buffer.dimensions = width * height * 4  # 4.5 hands out rows otherwise
    return np.frombuffer(buffer, np.uint8).reshape(height, width, 4)[::-1].copy()


def to_straight_alpha(pixels: Pixels) -> Pixels:
    """RGBA (h, w, 4) uint8 with the colour divided by its alpha; transparent pixels become black."""
    alpha = pixels[:, :, 3:]
    partial = (alpha > 0) & (alpha < 255)
    colour = np.where(
        partial,
        np.minimum(pixels[:, :, :3].astype(np.float32) * 255 / np.maximum(alpha, 1) + 0.5, 255),
        pixels[:, :, :3],
    )
    return np.concatenate([colour.astype(np.uint8), alpha], axis=2)
