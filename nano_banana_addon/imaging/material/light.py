# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the light that lies over an image: what changes slowly in its brightness."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..arrays import Floats
from ..srgb import to_linear, to_srgb
from .periodic import THREADS, average, blur, resize_plane

_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
_SIGMA = 0.1  # of the longer side
_ROUNDS = 2
_COARSE = 256  # pixels of the longer side, on which the light is found
_DARKEST = 1e-3


def remove_light(image: Floats, *, repeats: bool = True) -> Floats:
    """An image (height, width, 3), sRGB 0 ... 1, whose brightness is even; it repeats if it did before."""
    linear = _convert(to_linear, image)
    for _ in range(_ROUNDS):
        slow = _find_light(linear @ _LUMINANCE, repeats=repeats)
        linear *= (slow.mean() / np.maximum(slow, _DARKEST))[..., None]
    return _convert(to_srgb, linear)


def _convert(convert: Callable[[Floats], Floats], image: Floats) -> Floats:
    """An image in another encoding, 0 ... 1, its upper and its lower half at the same time."""
    converted = np.empty_like(image)
    parts = [slice(0, len(image) // THREADS), slice(len(image) // THREADS, None)]

    def work(part: slice) -> None:
        np.clip(convert(image[part]), 0, 1, out=converted[part])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, parts))
    return converted


def _find_light(luminance: Floats, *, repeats: bool) -> Floats:
    coarse = average(luminance[..., None], max(max(luminance.shape) / _COARSE, 1))[..., 0]
    height, width = coarse.shape
    if not repeats:
        coarse = np.pad(coarse, ((0, height), (0, width)), mode="symmetric")
    slow = blur(coarse, _SIGMA * max(height, width))[:height, :width]
    return resize_plane(slow, luminance.shape[::-1], repeats=repeats)
