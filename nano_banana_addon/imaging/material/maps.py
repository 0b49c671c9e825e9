# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a material, from its colour. All repeat where the colour does."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from ..arrays import Floats, Reals
from .periodic import average, blur, derive, mix_blurs, resize_plane

#: Widths of the bands of the height, in parts of the longer side, and how much each counts: what is large is high.
_BANDS = ((1 / 1024, 0.15), (1 / 512, 0.3), (1 / 256, 0.5), (1 / 128, 0.7), (1 / 64, 0.9), (1 / 32, 1.0), (1 / 12, 0.0))
_OUTLIERS, _LOOKED_AT = 0.5, 512  # percent at each end, of as many rows
_MARGIN = 0.1  # of the height at each end, for outliers
_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
_CONTRAST, _SATURATION = 0.12, 0.08  # of the roughness, for a standard deviation
_COARSEST_SIGMA = 2.0  # pixels
_OCCLUSION_SIDE, _STEPS = 1024, 8
_REACH = 1 / 24  # of the side, of the horizon that is looked at


def compute_height(colour: Floats) -> Floats:
    """The height (height, width), 0 ... 1, of a colour (height, width, 3): bright is high, slow changes are none."""
    side = max(colour.shape[:2])
    weights = [weight for _, weight in _BANDS]
    changes = np.diff(weights, prepend=0.0).tolist()
    raw = mix_blurs(colour @ _LUMINANCE, {width * side: by for (width, _), by in zip(_BANDS, changes, strict=True)})
    count = min(len(raw), _LOOKED_AT)
    # Not at even steps: of stripes they could meet the same place of each.
    rows = (np.arange(count) + np.random.default_rng(1).random(count)) * (len(raw) / count)
    low, high = np.percentile(raw[rows.astype(np.intp)], (_OUTLIERS, 100 - _OUTLIERS)).astype(np.float32)
    if high - low < 1e-6:
        return np.full(raw.shape, 0.5, np.float32)
    raw -= low
    raw *= (1 - 2 * _MARGIN) / (high - low)
    raw += _MARGIN
    return _compress_outliers(raw)


def _compress_outliers(height: Floats) -> Floats:
    """Let what lies in the margins or beyond approach 0 and 1, in place: where it was cut off, plateaus would show."""
    low, high = height < _MARGIN, height > 1 - _MARGIN
    height[low] = _MARGIN**2 / (2 * _MARGIN - height[low])
    height[high] = 1 - _MARGIN**2 / (height[high] - 1 + 2 * _MARGIN)
    return height


def compute_normal(height: Reals, relief: float) -> Floats:
    """The normals (height, width, 3) of a height 0 ... 1, -1 ... 1, OpenGL: green is up.

    `relief` is what the height 1 is, in parts of the longer side.
    """
    scale = np.float32(relief * max(height.shape))
    normal = np.empty((*height.shape, 3), np.float32)
    across, down = (derive(height, axis) for axis in (1, 0))
    across *= -scale
    down *= scale
    length = across * across
    length += down * down
    length += 1
    inverse = np.divide(1, np.sqrt(length, out=length), out=normal[..., 2])
    np.multiply(across, inverse, out=normal[..., 0])
    np.multiply(down, inverse, out=normal[..., 1])
    return normal


def compute_roughness(colour: Floats, mean: float) -> Floats:
    """The roughness (height, width): smoother where the colour is even or saturated, around a mean."""
    luminance = colour @ _LUMINANCE
    size, sigma = luminance.shape[::-1], max(colour.shape[:2]) / 256
    scale = max(sigma // _COARSEST_SIGMA, 1)  # what is blurred that much is the same when it is computed small
    coarse, sigma = average(luminance[..., None], scale)[..., 0], sigma / scale
    luminance -= _enlarge(blur(coarse, sigma), size)
    luminance *= luminance
    variance = blur(average(luminance[..., None], scale)[..., 0], sigma)
    rough = _enlarge(_standardise(np.sqrt(np.maximum(variance, 0))), size) * np.float32(_CONTRAST)
    red, green, blue = (colour[..., channel] for channel in range(3))
    saturation = np.maximum(np.maximum(red, green), blue)
    saturation -= np.minimum(np.minimum(red, green), blue)
    rough -= np.float32(_SATURATION) * _standardise(saturation)
    rough += np.float32(mean)
    return np.clip(rough, 0.05, 1, out=rough)


def compute_occlusion(height: Floats, relief: float) -> Floats:
    """How much of the sky each point sees (height, width), 0 ... 1: horizons in eight directions."""
    shape = height.shape
    scale = min(_OCCLUSION_SIDE / max(shape), 1.0)
    size = max(round(shape[1] * scale), 1), max(round(shape[0] * scale), 1)
    small = _enlarge(height, size) * np.float32(relief * max(size))
    reach = round(_REACH * max(size)) + 1
    padded = np.pad(small, reach, mode="wrap")
    seen = np.zeros_like(small)
    directions = [(x, y) for x, y in product((-1, 0, 1), repeat=2) if x or y]
    for direction in directions:
        horizon = _find_horizon(padded, small, reach, direction)
        horizon /= np.sqrt(1 + horizon * horizon)
        seen -= horizon
    seen /= np.float32(len(directions))
    seen += 1
    return np.clip(_enlarge(np.clip(seen, 0, 1, out=seen), shape[::-1]), 0, 1)


def _find_horizon(padded: Floats, plane: Floats, margin: int, direction: tuple[int, int]) -> Floats:
    """The steepest slope (height, width), 0 or more, from each point of a plane to those in a direction, x and y.

    `padded` is the plane with a margin.
    """
    height, width = plane.shape
    length = math.hypot(*direction)
    horizon, slope = np.zeros_like(plane), np.empty_like(plane)
    for step in range(1, _STEPS + 1):
        offset = max(round((step / _STEPS) ** 2 * _REACH * max(plane.shape) / length), 1)
        left, top = (margin - offset * part for part in direction)
        np.subtract(padded[top : top + height, left : left + width], plane, out=slope)
        slope *= np.float32(1 / (offset * length))
        np.maximum(horizon, slope, out=horizon)
    return horizon


def _enlarge(plane: Floats, size: tuple[int, int]) -> Floats:
    """A plane at a size (width, height), itself if it has it."""
    return plane if plane.shape == size[::-1] else resize_plane(plane, size)


def _standardise(plane: Floats) -> Floats:
    deviation = plane.std()
    if deviation <= 1e-6:
        return np.zeros_like(plane)
    found = plane - plane.mean()
    found /= deviation
    return np.clip(found, -2, 2, out=found)
