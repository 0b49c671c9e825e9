# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a picture is from the truth, in the usual numbers."""

from __future__ import annotations

from math import inf, log10

import numpy as np

from nano_banana_addon.imaging.arrays import Indices, Mask, Pixels, Reals


def psnr(picture: Pixels, truth: Pixels, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio in dB over 8-bit values, over `mask` (height, width) if given.

    Infinite for equal pictures. Raises `ValueError` for different shapes or an empty mask.
    """
    if picture.shape != truth.shape:
        raise ValueError(f"shapes differ: {picture.shape} and {truth.shape}")
    squares = (picture.astype(np.float32) - truth.astype(np.float32)) ** 2
    if mask is not None:
        squares = squares[mask]
    if squares.size == 0:
        raise ValueError("nothing to compare")
    error = float(squares.mean(dtype=np.float64))
    return inf if error == 0 else 10 * log10(255.0**2 / error)


def ssim(picture: Pixels, truth: Pixels, mask: Mask | None = None) -> float:
    """Structural similarity, 1 for equal pictures: the mean over channels and pixels (of `mask`).

    Wang et al. 2004, with a uniform 7 x 7 window and unbiased variances, as scikit-image computes it. A pixel counts
    when its whole window lies inside the picture and the mask.
    """
    if picture.shape != truth.shape:
        raise ValueError(f"shapes differ: {picture.shape} and {truth.shape}")
    window = 7
    if min(picture.shape[:2]) < window:
        raise ValueError("SSIM needs at least 7 x 7 pixels")
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    first = picture.reshape(*picture.shape[:2], channels).astype(np.float64)
    second = truth.reshape(first.shape).astype(np.float64)
    maps = [_ssim_map(first[..., c], second[..., c], window) for c in range(channels)]
    values = np.stack(maps, -1)
    if mask is not None:
        inside = _window_means(mask.astype(np.float64), window) > 1 - 1e-6
        values = values[inside]
    if values.size == 0:
        raise ValueError("nothing to compare")
    return float(values.mean())


def wrap_error(pixels: Pixels) -> float:
    """How badly a tile joins itself: the mean jump over its left-right and top-bottom border,
    beyond the mean jump between neighbours beside the border. In 1/255; 0 for a tile without a
    seam."""
    values = pixels.astype(np.float64)
    return max(_wrap_error_1d(values), _wrap_error_1d(values.swapaxes(0, 1)), 0.0)


def seam_energy(colour: Pixels, first: Indices, second: Indices) -> float:
    """The mean absolute difference over the pairs, in 1/255; 0 without pairs."""
    if not len(first):
        return 0.0
    a = colour[first[:, 0], first[:, 1]].astype(np.float32)
    b = colour[second[:, 0], second[:, 1]].astype(np.float32)
    return float(np.abs(a - b).mean())


def _wrap_error_1d(values: Reals) -> float:
    over = np.abs(values[:, 0] - values[:, -1]).mean()
    left = np.abs(np.diff(values[:, :9], axis=1)).mean()
    right = np.abs(np.diff(values[:, -9:], axis=1)).mean()
    return float(over - (left + right) / 2)


def _ssim_map(first: Reals, second: Reals, window: int) -> Reals:
    unbiased = window * window / (window * window - 1)
    mean_a, mean_b = _window_means(first, window), _window_means(second, window)
    var_a = unbiased * (_window_means(first * first, window) - mean_a * mean_a)
    var_b = unbiased * (_window_means(second * second, window) - mean_b * mean_b)
    both = unbiased * (_window_means(first * second, window) - mean_a * mean_b)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return above / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))


def _window_means(values: Reals, window: int) -> Reals:
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    boxes = sums[window:, window:] - sums[:-window, window:]
    boxes = boxes - sums[window:, :-window] + sums[:-window, :-window]
    return boxes / (window * window)
