# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of images that repeat: what leaves at one edge comes in at the opposite one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy import typing as npt
from PIL import Image

from ..arrays import Floats

_DARKEST = 0.05  # of 1
_NARROWEST = 64  # pixels of the shorter side of an image that is made smaller
THREADS = 2  # each needs memory of its own
_STRIP = 64  # rows
Turns = npt.NDArray[np.complex64]


def work_in_strips(height: int, work: Callable[[slice], None]) -> None:
    """Let threads do some rows after the others: few enough to stay in the processor's cache."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, (slice(first, first + _STRIP) for first in range(0, height, _STRIP))))


def mix_blurs(plane: Floats, weights: dict[float, float]) -> Floats:
    """The weighted sum of a plane (height, width) blurred by Gaussians, of which the keys are the pixels."""
    rows, columns = np.fft.fftfreq(plane.shape[0]), np.fft.rfftfreq(plane.shape[1])
    down, across = (
        np.exp(-2 * np.multiply.outer(np.pi * line, np.array(list(weights))) ** 2).astype(np.float32)
        for line in (rows, columns)
    )
    spectrum = np.fft.rfft2(plane.astype(np.float32, copy=False))
    spectrum *= (down * np.array(list(weights.values()), np.float32)) @ across.T
    return np.fft.irfft2(spectrum, s=plane.shape).astype(np.float32, copy=False)


def blur(plane: Floats, sigma: float) -> Floats:
    """A plane (height, width) blurred by a Gaussian of so many pixels."""
    return mix_blurs(plane, {sigma: 1.0})


def derive(plane: Floats, axis: int) -> Floats:
    """The slope of a plane (height, width) along an axis, per pixel: a stencil of five points."""
    margins = [(0, 0), (0, 0)]
    margins[axis] = (2, 2)
    padded = np.pad(plane.astype(np.float32, copy=False), margins, mode="wrap")
    if axis == 0:
        far, near = padded[:-4] - padded[4:], padded[3:-1] - padded[1:-3]
    else:
        far, near = padded[:, :-4] - padded[:, 4:], padded[:, 3:-1] - padded[:, 1:-3]
    near *= np.float32(8)
    near += far
    near /= np.float32(12)
    return near


def resize_plane(plane: Floats, size: tuple[int, int], *, repeats: bool = True) -> Floats:
    """A plane at another size (width, height), by cubic interpolation."""
    margin = 4
    padded = np.pad(plane, margin, mode="wrap" if repeats else "symmetric").astype(np.float32)
    height, width = plane.shape
    box = (margin, margin, margin + width, margin + height)
    return np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.BICUBIC, box=box))


def average(image: Floats, scale: float) -> Floats:
    """An image (height, width, channels) made smaller by means of squares of pixels; all of it, none is left out."""
    height, width, channels = image.shape
    size = max(round(width / scale), 1), max(round(height / scale), 1)
    if size == (width, height):
        return image
    if width % size[0] == 0 and height % size[1] == 0:
        return _average_whole(image, width // size[0], height // size[1])

    def average_plane(channel: int) -> Floats:
        plane = Image.fromarray(np.ascontiguousarray(image[..., channel], np.float32))
        return np.asarray(plane.resize(size, Image.Resampling.BOX))

    with ThreadPoolExecutor(THREADS) as pool:
        return np.stack(list(pool.map(average_plane, range(channels))), axis=-1)


def _average_whole(image: Floats, across: int, down: int) -> Floats:
    """The means of whole pixels, so many across and down."""
    height, width, channels = image.shape
    rows = image.reshape(height // down, down, width, channels).mean(axis=1, dtype=np.float32)
    squares = rows.reshape(len(rows), width // across, across, channels)
    means = sum((squares[:, :, each] for each in range(1, across)), start=squares[:, :, 0])
    return np.asarray(means * np.float32(1 / across), np.float32)


def shrink(image: Floats, longest: int) -> Floats:
    """An image (height, width, channels) with at most so many pixels on its longer side, unless it is very narrow."""
    longer, shorter = max(image.shape[:2]), min(image.shape[:2])
    return average(image, max(min(longer / longest, shorter / _NARROWEST), 1))


def average_channels(image: Floats) -> Floats:
    """The mean of the channels (height, width) of an image (height, width, channels)."""
    if image.shape[2] == 1:
        return image[..., 0]
    return image @ np.full(image.shape[2], 1 / image.shape[2], np.float32)


def list_slopes(image: Floats) -> Floats:
    """The relative slopes (height, width) of an image (height, width, 3), 0 ... 1, whatever its light: both ways."""
    grey = np.log(np.maximum(average_channels(image), _DARKEST))
    return np.abs(derive(grey, 0)) + np.abs(derive(grey, 1))


def measure_slopes(image: Floats) -> float:
    """The mean of `list_slopes` of an image (height, width, 3), without the edges."""
    return float(list_slopes(image)[4:-4, 4:-4].mean())


def remove_gradients(image: Floats, band: float = 0.0) -> Floats:
    """The periodic part of an image (height, width, channels): gradients and vignettes across its edges are gone.

    With a `band`, a part of the side, its edges are as bright as each other in the mean over so much of the image, but
    its lines keep their steps: those of what is to be joined inside, where a brick that is cut off is no gradient.
    Source: Moisan, Periodic plus smooth image decomposition, 2011. The mean stays.
    """
    rows, columns = (np.exp(2j * np.pi * np.fft.fftfreq(side)).astype(np.complex64) for side in image.shape[:2])
    columns = columns[: image.shape[1] // 2 + 1]
    divisor = 2 * rows.real[:, None] + 2 * columns.real[None, :] - 4
    divisor[0, 0] = 1
    periodic = np.empty(image.shape, np.float32)

    def remove(channel: int) -> None:
        plane = image[..., channel]
        down, across = (_find_jumps(turned, band) for turned in (plane, plane.T))
        np.subtract(plane, _find_smooth_part(down, across, rows, columns, divisor), out=periodic[..., channel])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(remove, range(image.shape[2])))
    return periodic


def _find_jumps(plane: Floats, band: float) -> Floats:
    """By how much the last row of a plane is above its first (width,); in the mean of a band each way."""
    if not band:
        return plane[-1] - plane[0]
    height, width = plane.shape
    rows, columns = max(round(band * height), 1), max(round(band * width), 1)
    jumps = plane[-rows:].mean(axis=0) - plane[:rows].mean(axis=0)
    sums = np.cumsum(np.pad(jumps, (columns + 1, columns), mode="symmetric"), dtype=np.float64)
    means = (sums[2 * columns + 1 :] - sums[: -2 * columns - 1]) / (2 * columns + 1)
    return (means / (1 - band)).astype(np.float32)  # the middles of the bands are not at the edges


def _find_smooth_part(down: Floats, across: Floats, rows: Turns, columns: Turns, divisor: Floats) -> Floats:
    """The plane whose Laplacian is the jumps over the edges, of the frequencies' turns from a pixel to the next."""
    spectrum = np.outer(1 - rows, np.fft.rfft(down).astype(np.complex64))
    spectrum += np.outer(np.fft.fft(across).astype(np.complex64), 1 - columns)
    spectrum /= divisor
    spectrum[0, 0] = 0
    return np.fft.irfft2(spectrum, s=(len(across), len(down))).astype(np.float32)
