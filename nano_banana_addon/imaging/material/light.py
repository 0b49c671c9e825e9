# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the light that lies over an image: what changes slowly in its brightness."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..arrays import Floats
from ..srgb import to_linear, to_srgb
from .periodic import THREADS, average, average_channels, blur, resize_plane

_SIGMA = 0.1  # of the longer side
_ROUNDS = 2
_COARSE = 256  # pixels of the longer side, on which the light is found
_DARKEST = 1e-3


def remove_light(image: Floats, *, repeats: bool = True) -> Floats:
    """An image (height, width, 3), sRGB 0 ... 1, whose brightness is even; it repeats if it did before."""
    linear = _convert(to_linear, image)
    linear *= _find_gain(linear, repeats=repeats)[..., None]
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


def _find_gain(linear: Floats, *, repeats: bool) -> Floats:
    """What the pixels (height, width) of a linear image (height, width, 3) are multiplied by."""
    shape = linear.shape[:2]
    coarse = average(linear, max(max(shape) / _COARSE, 1))
    gain = np.ones(coarse.shape[:2], np.float32)
    for _ in range(_ROUNDS):
        grey = average_channels(to_srgb(np.clip(coarse * gain[..., None], 0, 1)))
        slow = _blur(grey, repeats=repeats)
        gain *= to_linear(slow.mean(keepdims=True)) / np.maximum(to_linear(slow), _DARKEST)
    return resize_plane(gain, shape[::-1], repeats=repeats)


def _blur(plane: Floats, *, repeats: bool) -> Floats:
    height, width = plane.shape
    if not repeats:
        plane = np.pad(plane, ((0, height), (0, width)), mode="symmetric")
    return blur(plane, _SIGMA * max(height, width))[:height, :width]
