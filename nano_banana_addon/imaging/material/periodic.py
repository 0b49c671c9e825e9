# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of images that repeat: what leaves at one edge comes in at the opposite one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..arrays import Floats

#: A factor for each frequency, of the squares of frequencies in cycles per pixel.
Transfer = Callable[[Floats], Floats]


def filter_plane(plane: Floats, transfer: Transfer) -> Floats:
    """A plane (height, width) whose frequencies are multiplied by `transfer`."""
    height, width = plane.shape
    rows = np.fft.fftfreq(height).astype(np.float32)[:, None]
    columns = np.fft.rfftfreq(width).astype(np.float32)[None, :]
    spectrum = np.fft.rfft2(plane.astype(np.float32)) * transfer(rows**2 + columns**2)
    return np.fft.irfft2(spectrum, s=(height, width)).astype(np.float32)


def gaussian(sigma: float) -> Transfer:
    """The transfer of a Gaussian of so many pixels."""
    return lambda squares: np.exp(-2 * (np.pi * sigma) ** 2 * squares)


def blur(plane: Floats, sigma: float) -> Floats:
    """A plane (height, width) blurred by a Gaussian of so many pixels."""
    return filter_plane(plane, gaussian(sigma))


def derive(plane: Floats, axis: int) -> Floats:
    """The slope of a plane along an axis, per pixel: a five-point stencil, exact to the fourth order."""
    near = np.roll(plane, -1, axis) - np.roll(plane, 1, axis)
    far = np.roll(plane, -2, axis) - np.roll(plane, 2, axis)
    return (8 * near - far) / 12


def resize_plane(plane: Floats, size: tuple[int, int]) -> Floats:
    """A plane at another size (width, height), by cubic interpolation."""
    margin = 4
    padded = np.pad(plane, margin, mode="wrap").astype(np.float32)
    height, width = plane.shape
    box = (margin, margin, margin + width, margin + height)
    return np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC, box=box))


def remove_gradients(image: Floats) -> Floats:
    """The periodic part of an image (height, width, channels): gradients and vignettes across its edges are gone.

    Source: Moisan, Periodic plus smooth image decomposition, 2011. The mean stays.
    """
    height, width = image.shape[:2]
    rows = 2 * np.cos(2 * np.pi * np.fft.fftfreq(height))[:, None]
    columns = 2 * np.cos(2 * np.pi * np.fft.rfftfreq(width))[None, :]
    divisor = rows + columns - 4
    divisor[0, 0] = 1
    planes = [image[..., k] - _find_smooth_part(image[..., k], divisor) for k in range(image.shape[2])]
    return np.stack(planes, axis=-1).astype(np.float32)


def _find_smooth_part(plane: Floats, divisor: Floats) -> Floats:
    jumps = np.zeros(plane.shape, np.float32)
    down, across = plane[-1] - plane[0], plane[:, -1] - plane[:, 0]
    jumps[0] += down
    jumps[-1] -= down
    jumps[:, 0] += across
    jumps[:, -1] -= across
    spectrum = np.fft.rfft2(jumps) / divisor
    spectrum[0, 0] = 0
    return np.fft.irfft2(spectrum, s=plane.shape)
