# SPDX-License-Identifier: GPL-3.0-or-later
"""Image filters on float32 planes (values 0 to 1). Every one is symmetric: no edge moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[Any]  # (height, width) or (planes, height, width), float32


def blur_box(planes: Plane, radius: int) -> Plane:
    """The mean over a square of 2 x radius + 1 pixels, over the last two axes."""
    import numpy as np

    for axis in (-1, -2):
        reach = min(radius, planes.shape[axis] - 1)
        width = [(0, 0)] * planes.ndim
        width[axis] = (reach, reach)
        padded = np.pad(planes, width, mode="edge")
        length = planes.shape[axis]
        total = np.zeros_like(planes)
        for shift in range(2 * reach + 1):
            total += _slice(padded, axis, shift, length)
        planes = total / np.float32(2 * reach + 1)
    return planes


def _slice(planes: Plane, axis: int, start: int, length: int) -> Plane:
    if axis == -1:
        return planes[..., start : start + length]
    return planes[..., start : start + length, :]


def blur(planes: Plane, radius: int) -> Plane:
    """Close to a Gaussian of sigma = radius: two boxes."""
    return blur_box(blur_box(planes, radius), radius)


def compute_luminance(colour: Plane) -> Plane:
    """Luma of (3, height, width) sRGB, Rec. 709 weights."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def apply_kuwahara(colour: Plane, radius: int) -> Plane:
    """Generalised Kuwahara filter: flat patches of paint between edges that stay where they are.

    Of the four squares that touch a pixel, the calm ones count: weights fall with variance^4
    (after Papari, Petkov and Campisi, "Artistic Edge and Corner Enhancing Smoothing", 2007).
    """
    import numpy as np

    energy = (colour * colour).sum(axis=0)
    stack = np.concatenate([colour, energy[None]], axis=0)
    half = max(1, radius // 2)
    means = blur_box(stack, half)
    variance = np.maximum(means[3] - (means[:3] ** 2).sum(axis=0), 0.0) / np.float32(2)
    weight = 1.0 / (1e-3 + variance) ** 2
    weight *= weight
    weight /= weight.max()
    weight += np.float32(1e-12)
    weighted = np.concatenate([means[:3] * weight, weight[None]], axis=0)
    padded = np.pad(weighted, ((0, 0), (half, half), (half, half)), mode="edge")
    height, width = colour.shape[1:]
    total = np.zeros_like(weighted)
    for top in (0, 2 * half):
        for left in (0, 2 * half):
            total += padded[:, top : top + height, left : left + width]
    return total[:3] / total[3]


def draw_ink_lines(colour: Plane, radius: int, strength: float) -> Plane:
    """Lines on the dark side of edges and between hues: 1 where there is none, 0 for full ink.

    A thresholded difference of two blurs (after Winnemöller, "XDoG", 2011), of the luma and of
    what each channel adds to it.
    """
    import numpy as np

    fine = blur(colour, max(1, radius // 2))
    edges = fine - blur(fine, radius * 2)
    tone = compute_luminance(edges)
    hue = np.abs(edges - tone).max(axis=0)
    dark = np.minimum(tone + 0.008, 0.0) * 38.0 - np.maximum(hue - 0.02, 0.0) * 16.0
    return 1.0 + strength * np.tanh(dark)
