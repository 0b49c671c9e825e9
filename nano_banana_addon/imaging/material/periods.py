# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits an image of something regular, such as cloth, so that half a side is a whole number of its periods."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..arrays import Floats
from .periodic import average_channels

_MOST_CUT = 0.03  # of a side
_ALIKE = 0.5  # the correlation of what is regular
_GAIN = 0.05  # of the correlation, for which an image is scaled
_LINES = 256  # that are looked at


def fit_periods(image: Floats) -> Floats:
    """An image (height, width, 3) of which a little is cut off and the rest scaled to the same size, if that helps."""
    height, width = image.shape[:2]
    across, down = _find_whole(image), _find_whole(image.transpose(1, 0, 2))
    if (across, down) == (width, height):
        return image
    left, top = (width - across) / 2, (height - down) / 2
    box = (left, top, left + across, top + down)
    planes = [Image.fromarray(np.ascontiguousarray(image[..., k])) for k in range(image.shape[2])]
    scaled = [np.asarray(plane.resize((width, height), Image.Resampling.LANCZOS, box=box)) for plane in planes]
    return np.stack(scaled, axis=-1)


def _find_whole(image: Floats) -> int:
    """How many columns of an image are alike, moved by half of them."""
    height, width = image.shape[:2]
    lines = average_channels(image[:: max(height // _LINES, 1)])
    lines = lines - lines.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(lines, 2 * width, axis=1)) ** 2
    products = np.fft.irfft(power.sum(axis=0), 2 * width)[:width]
    energy = np.concatenate([[0], np.cumsum((lines**2).sum(axis=0))])
    halves = np.arange(int((1 - _MOST_CUT) * width / 2), width // 2 + 1, dtype=np.intp)
    squares = energy[width - halves] * (energy[-1] - energy[halves])
    alike = products[halves] / np.sqrt(np.maximum(squares, 1e-12))
    best = int(alike.argmax())
    return 2 * int(halves[best]) if alike[best] > max(_ALIKE, alike[-1] + _GAIN) else width
