# SPDX-License-Identifier: GPL-3.0-or-later
"""Resamples any rectangle of an image to any size without shifting it by rounding."""

from __future__ import annotations

from math import ceil

import numpy as np
from PIL import Image

from ..core.scene.frames import Rectangle
from .arrays import Reals


def resample_box(picture: Image.Image, box: Rectangle, size: tuple[int, int]) -> Image.Image:
    """The part of the image in `box`, resampled to `size`.

    `box` is in pixels (left, top, right, bottom; fractions allowed). Outside the image its border pixels are repeated.
    Lanczos; exact to a fraction of a pixel.
    """
    left, top, right, bottom = box
    before = (max(0, ceil(-left)), max(0, ceil(-top)))
    after = (max(0, ceil(right - picture.width)), max(0, ceil(bottom - picture.height)))
    if any(before) or any(after):
        picture = _with_margins(picture, before, after)
        left, right = left + before[0], right + before[0]
        top, bottom = top + before[1], bottom + before[1]
    if (left, top, right, bottom) == (0, 0, *picture.size) and picture.size == size:
        return picture.copy()
    return picture.resize(size, Image.Resampling.LANCZOS, box=(left, top, right, bottom))


def coverage(box: Rectangle, source: tuple[int, int], size: tuple[int, int]) -> Reals:
    """The part, 0 ... 1, of each pixel of the result (height, width) that lies inside the image."""
    across = _coverage_1d(box[0], box[2], source[0], size[0])
    down = _coverage_1d(box[1], box[3], source[1], size[1])
    return down[:, None] * across[None, :]


def _coverage_1d(start: float, end: float, source: int, count: int) -> Reals:
    edges = start + np.arange(count + 1) * ((end - start) / count)
    inside = np.clip(edges, 0.0, source)
    return (np.diff(inside) / np.diff(edges)).astype(np.float32)


def _with_margins(picture: Image.Image, before: tuple[int, int], after: tuple[int, int]) -> Image.Image:
    pixels = np.asarray(picture)
    margins = [(before[1], after[1]), (before[0], after[0])] + [(0, 0)] * (pixels.ndim - 2)
    return Image.fromarray(np.pad(pixels, margins, mode="edge"))
