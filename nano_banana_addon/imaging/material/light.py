# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the light that lies over an image: what changes slowly in its brightness."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats
from ..srgb import to_linear, to_srgb
from .periodic import average, average_channels, blur, resize_plane, work_in_strips

_SIGMA = 0.1  # of the longer side
_ROUNDS = 2
_COARSE = 256  # pixels of the longer side, on which the light is found
_DARKEST = 1e-3
#: Of sRGB: up to where it is linear, and beyond that ((value + offset) / (1 + offset)) ** power.
_LINEAR, _OFFSET, _POWER = 0.0405, 0.055, 2.4


def remove_light(image: Floats, *, repeats: bool = True) -> Floats:
    """An image (height, width, 3), sRGB 0 ... 1, whose brightness is even; it repeats if it did before."""
    gain = _find_gain(image, repeats=repeats)
    even = np.empty_like(image)
    work_in_strips(len(image), lambda rows: _multiply(image[rows], gain[rows], even[rows]))
    return even


def _multiply(image: Floats, gain: Floats, out: Floats) -> None:
    """Multiply the light of an image (height, width, 3) in sRGB by a gain (height, width).

    Where sRGB is a power, the light need not be computed: what is encoded is multiplied, by that power of the gain.
    """
    np.clip(image, 0, 1, out=out)
    dark = out <= _LINEAR
    out += np.float32(_OFFSET)
    out *= (gain ** np.float32(1 / _POWER))[..., None]
    out -= np.float32(_OFFSET)
    dark |= out <= _LINEAR
    if dark.any():
        light = to_linear(np.clip(image[dark], 0, 1)) * np.broadcast_to(gain[..., None], image.shape)[dark]
        out[dark] = to_srgb(light)
    np.clip(out, 0, 1, out=out)


def _find_gain(image: Floats, *, repeats: bool) -> Floats:
    """What the light of the pixels (height, width) of an image (height, width, 3) is multiplied by."""
    shape = image.shape[:2]
    coarse = to_linear(np.clip(average(image, max(max(shape) / _COARSE, 1)), 0, 1))
    gain = np.ones(coarse.shape[:2], np.float32)
    for _ in range(_ROUNDS):
        grey = average_channels(to_srgb(np.clip(coarse * gain[..., None], 0, 1)))
        slow = _blur(grey, repeats=repeats)
        gain *= to_linear(slow.mean(keepdims=True)) / np.maximum(to_linear(slow), _DARKEST)
    return np.maximum(resize_plane(gain, shape[::-1], repeats=repeats), 0)


def _blur(plane: Floats, *, repeats: bool) -> Floats:
    height, width = plane.shape
    if not repeats:
        plane = np.pad(plane, ((0, height), (0, width)), mode="symmetric")
    return blur(plane, _SIGMA * max(height, width))[:height, :width]
