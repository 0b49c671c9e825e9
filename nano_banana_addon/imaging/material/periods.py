# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits an image of something regular, such as bricks, so that its sides are whole numbers of its periods."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from PIL import Image

from ..arrays import Floats
from .periodic import THREADS, average, average_channels, measure_slopes, work_in_strips

#: Of a side: how much may be cut off, and how much may be added. What is added lies beyond the joins.
_MOST_CUT, _MOST_ADDED = 0.16, 0.08
_ALIKE = 0.2  # the correlation of what is regular
_GAIN = 0.1  # of the correlation, for which an image is scaled
_CHANGE = 0.5  # of the correlation, that a change of a whole side has to gain, and one that differs from the other's
_LEAST_MOVED, _PARTS = 0.33, 137  # of a side, and how many parts are tried from there to half of it
_UNEVEN = 0.3  # of the correlation, that a whole side less than half has to gain
_LINES, _LARGEST = 256, 2048  # lines that are looked at, and pixels of the longer side
_SLOW = 1 / 16  # of a side: what changes over more than that each way is light or stains
_LOOKED_AT = 1024  # pixels of a side, in which the detail is compared
_SHARPEST = 1.0  # how often what a small blur takes is added at most


class Fitted(NamedTuple):
    """An image, and by how many columns and rows it can be moved and looks alike: half of them, or nearly."""

    image: Floats
    shifts: tuple[int, int]
    is_regular: bool  # at least one way


class _Period(NamedTuple):
    """How long a side should be, in parts of what it is, and by which part of that it looks alike, moved."""

    whole: float = 1.0
    part: float = 0.5


def fit_periods(image: Floats) -> Fitted:
    """An image (height, width, 3) of which a little is cut off, or to which a little is added, scaled to the same size.

    It stays the same array where nothing is regular, or fits already.
    """
    height, width = image.shape[:2]
    across, down = _find_periods(average(image, max(max(image.shape[:2]) / _LARGEST, 1)))
    columns, rows = round(across.whole * width), round(down.whole * height)
    shifts = int(across.part * width), int(down.part * height)
    if (columns, rows) == (width, height):
        return Fitted(image, shifts, (across, down) != (_Period(), _Period()))
    beside, above = (max(-(-(whole - side) // 2), 0) for whole, side in ((columns, width), (rows, height)))
    padded = np.pad(image, ((above, above), (beside, beside), (0, 0)), mode="symmetric")
    left, top = (padded.shape[1] - columns) / 2, (padded.shape[0] - rows) / 2
    box = (left, top, left + columns, top + rows)

    def scale(channel: int) -> Floats:
        plane = Image.fromarray(np.ascontiguousarray(padded[..., channel]))
        return np.asarray(plane.resize((width, height), Image.Resampling.LANCZOS, box=box))

    with ThreadPoolExecutor(THREADS) as pool:
        scaled = np.stack(list(pool.map(scale, range(image.shape[2]))), axis=-1)
    return Fitted(_restore_detail(scaled, padded), shifts, is_regular=True)


def _restore_detail(scaled: Floats, image: Floats) -> Floats:
    """A scaled image as sharp as it was: what became larger has flatter slopes, and interpolation takes some more."""
    wanted, found = (measure_slopes(_cut_middle(each)) for each in (image, scaled))
    if found >= wanted:
        return scaled
    fine = _list_fine(scaled)
    steeper = measure_slopes(_cut_middle(scaled) + _cut_middle(fine))
    amount = np.float32(min((wanted - found) / max(steeper - found, 1e-9), _SHARPEST))

    def work(rows: slice) -> None:
        fine[rows] *= amount
        fine[rows] += scaled[rows]

    work_in_strips(len(fine), work)
    return fine


def _cut_middle(image: Floats) -> Floats:
    rows, columns = (slice(max((side - _LOOKED_AT) // 2, 0), (side + _LOOKED_AT) // 2) for side in image.shape[:2])
    return image[rows, columns]


def _list_fine(image: Floats) -> Floats:
    """What an image loses that is blurred by the binomial of three pixels each way."""
    fine = np.empty_like(image)
    around = np.concatenate([image[-1:], image, image[:1]])

    def work(rows: slice) -> None:
        near = around[rows.start : rows.stop + 2]
        fours = near[:-2] + near[2:]
        fours += 2 * near[1:-1]
        wide = np.concatenate([fours[:, -1:], fours, fours[:, :1]], axis=1)
        sixteens = wide[:, :-2] + wide[:, 2:]
        sixteens += 2 * fours
        sixteens /= 16
        np.subtract(image[rows], sixteens, out=fine[rows])

    work_in_strips(len(image), work)
    return fine


def _find_periods(image: Floats) -> tuple[_Period, _Period]:
    """Across and down. What has to change less follows the other, so that squares stay squares if they can."""
    turned = image.transpose(1, 0, 2)
    across, down = _find_period(image), _find_period(turned)
    if 1.0 in (across.whole, down.whole):
        return across, down
    if abs(across.whole - 1) < abs(down.whole - 1):
        return _find_period(image, down.whole), down
    return across, _find_period(turned, across.whole)


def _find_period(image: Floats, like: float = 1.0) -> _Period:
    """How an image fits, moved along its rows: as much as leaves it most alike on both sides of what was moved.

    An image of five bricks is alike when it is moved by two of them. `like`: what is done to the other side.
    """
    height, width = image.shape[:2]
    alike = _correlate(_remove_slow(average_channels(image[:: max(height // _LINES, 1)])))
    wholes = np.arange(round((1 - _MOST_CUT) * width), round((1 + _MOST_ADDED) * width) + 1, dtype=np.intp)[:, None]
    parts = np.linspace(_LEAST_MOVED, 0.5, _PARTS)[None, :]
    shifts = np.rint(parts * wholes).astype(np.intp)
    both = np.minimum(alike[shifts], alike[wholes - shifts])
    worth = both - _CHANGE * (np.abs(wholes / width - 1) + np.abs(wholes / width - like)) - _UNEVEN * (0.5 - parts)
    row, column = np.unravel_index(int(worth.argmax()), worth.shape)
    if both[row, column] < _ALIKE or both[row, column] < alike[width // 2] + _GAIN:
        return _Period()
    return _Period(float(wholes[row, 0]) / width, float(shifts[row, column] / wholes[row, 0]))


def _correlate(lines: Floats) -> Floats:
    """How alike lines (n, width) are to themselves, moved by each number of columns: -1 ... 1."""
    width = lines.shape[1]
    power = np.abs(np.fft.rfft(lines, 2 * width, axis=1)) ** 2
    products = np.fft.irfft(power.sum(axis=0), 2 * width)[:width]
    energy = np.concatenate([[0], np.cumsum((lines**2).sum(axis=0))])
    moved = np.arange(width, dtype=np.intp)
    squares = energy[width - moved] * (energy[-1] - energy[moved])
    return (products / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32)


def _remove_slow(lines: Floats) -> Floats:
    """Lines (n, width) without what changes slowly along them: light is alike everywhere and says nothing."""
    reach = max(round(_SLOW * lines.shape[1]), 2)
    padded = np.pad(lines, ((0, 0), (reach + 1, reach)), mode="symmetric")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    slow = (sums[:, 2 * reach + 1 :] - sums[:, : -2 * reach - 1]) / (2 * reach + 1)
    return (lines - slow).astype(np.float32)
