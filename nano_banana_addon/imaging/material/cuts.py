# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts between an image and the same image moved: where both are alike, and as much is left of its detail.

Of rust on steel the cheapest cuts lie where both layers are steel, whatever is left of the rust then. So each place of
a cut also counts by the detail that the image gains there, with a weight for each axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy import typing as npt

from ..arrays import Floats, Indices, Mask
from .periodic import list_slopes, resize_plane, shrink, work_in_strips

#: Where the cuts lie, in parts of the side: how far at least from the edges, how far at most, and from where the moved
#: image has its own edges.
_FIRST, _LAST, _CLEAR = 0.04, 0.40, 0.045
_FEATHER = 1.5  # pixels across a cut
_TRACED = 512  # rows, in which it is found where a cut begins
_ROWS = 64  # that are gone through at once: they stay in the processor's cache
_COARSE = 256  # pixels of the longer side, at which the weights are chosen
#: Weights of the detail, beside how much the layers differ, in parts of the mean; none first.
_WEIGHTS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, -2.0, -4.0, -8.0, -16.0, -32.0)
_FIRST_WEIGHTS = (0.0, 4.0, 16.0, -4.0, -16.0)  # for the first axis; what they leave, the second mends
_LEAST, _MOST = 0.985, 1.025  # of the detail: what needs no weights
_COST = 8.0  # of a cut, for what the detail is beyond that


#: Of the detail, across and down.
Weights = tuple[float, float]


class _Trials(NamedTuple):
    """Cuts of some weights: their paths (n, 2, height), the mean differences along them (n,), and the detail (n,)."""

    paths: Indices
    errors: Floats
    details: Floats


class _Ways(NamedTuple):
    """How the columns of each row (height, n, width) are reached at the least cost: from the row above, then along it.

    `goes_right`: to the right, from the nearest column that `enters_right`; else from one that `enters_left`. `steps`:
    from the row above, by -1, 0 or 1 column.
    """

    goes_right: Mask
    enters_right: Mask
    enters_left: Mask
    steps: npt.NDArray[np.int8]

    def look_at(self, rows: slice) -> _Ways:
        """Those of some rows; what is changed in them changes here."""
        return _Ways(self.goes_right[rows], self.enters_right[rows], self.enters_left[rows], self.steps[rows])

    def follow(self, ends: Indices) -> Indices:
        """The paths (n, height) that end in some columns (n,) of the last row."""
        height, count, width = self.steps.shape
        paths = np.empty((count, height), np.intp)
        rights, lefts = self.enters_right.tobytes(), self.enters_left.tobytes()
        for number, column in enumerate(ends.tolist()):
            paths[number, -1] = column
            for row in range(height - 1, 0, -1):
                first = (row * count + number) * width
                if self.goes_right[row, number, column]:
                    column = rights.rindex(1, first, first + column + 1) - first
                else:
                    column = lefts.index(1, first + column, first + width) - first
                column += int(self.steps[row, number, column])
                paths[number, row - 1] = column
        return paths


def choose_weights(image: Floats, shifts: tuple[int, int], aim: float = 1.0) -> Weights:
    """The weights, across and down, for cuts of an image (height, width, 3) that is moved by some columns and rows.

    `aim`: the detail that is to be left, in parts of what it has.
    """
    small = shrink(image, _COARSE)
    scale = small.shape[1] / image.shape[1]
    across, down = (round(shift * scale) for shift in shifts)
    wanted = aim * float(_list_details(small).mean())
    plain = _try_weights(small, across, wanted, _WEIGHTS[:1])
    after = _try_weights(_join_path(small, across, plain.paths[0]), down, wanted, _WEIGHTS[:1])
    if _LEAST <= after.details[0] <= _MOST:
        return 0.0, 0.0
    first = _try_weights(small, across, wanted, _FIRST_WEIGHTS)
    rated: list[tuple[float, float, float]] = []
    for number, weight in enumerate(_FIRST_WEIGHTS):
        second = _try_weights(_join_path(small, across, first.paths[number]), down, wanted)
        cost = float(first.errors[number])
        rated += [(cost + _rate(second, each), weight, other) for each, other in enumerate(_WEIGHTS)]
    return min(rated)[1:]


def _join_path(small: Floats, shift: int, paths: Indices) -> Floats:
    """An image joined along two paths (2, height), turned."""
    return join(small, shift, _draw(paths, small.shape[1], shift)).transpose(1, 0, 2)


def _rate(trials: _Trials, number: int) -> float:
    """How bad a cut is."""
    detail = float(trials.details[number])
    return float(trials.errors[number]) + _COST * max(_LEAST - detail, detail - _MOST, 0.0)


def _try_weights(inner: Floats, shift: int, wanted: float, weights: Sequence[float] = _WEIGHTS) -> _Trials:
    """Cuts of an image with each of some weights; `wanted` is the slope that counts as all of the detail."""
    errors, details = _list_errors(inner, shift), _list_details(inner)
    gains = _list_gains(details, shift)
    weighted = np.concatenate([np.float32(weight) * gains for weight in weights])
    paths = find_closed_paths(np.tile(errors, (len(weights), 1, 1)), weighted).reshape(len(weights), 2, -1)
    rows, sides = np.arange(len(inner), dtype=np.intp), np.arange(2, dtype=np.intp)[:, None]
    found, gained = (plane[sides, rows, paths] for plane in (errors, gains))
    changes = 1 + gained.mean(axis=2).sum(axis=1)
    return _Trials(paths, found.mean(axis=(1, 2)), changes * float(details.mean()) / max(wanted, 1e-12))


def draw_cut(inner: Floats, shift: int, weight: float) -> Floats:
    """How much of the inner layer each pixel (height, width) has: all between two paths, from top to bottom.

    The outer layer is the inner one (height, width, 3) moved by some columns.
    """
    costs, wanted = _list_errors(inner, shift), np.zeros((), np.float32)
    if weight:
        details = _list_details(shrink(inner, _COARSE))
        gains = _list_gains(details, round(shift * details.shape[1] / inner.shape[1]))
        size = (costs.shape[2], costs.shape[1])
        wanted = np.float32(weight) * np.stack([resize_plane(side, size, repeats=False) for side in gains])
    return _draw(find_closed_paths(costs, wanted), inner.shape[1], shift)


def join(inner: Floats, shift: int, share: Floats) -> Floats:
    """An image (height, width, 3) where it has a share (height, width), else the same moved by some columns."""
    joined = np.empty_like(inner)

    def work(rows: slice) -> None:
        outer = np.roll(inner[rows], shift, axis=1)
        np.subtract(inner[rows], outer, out=joined[rows])
        joined[rows] *= share[rows, :, None]
        joined[rows] += outer

    work_in_strips(len(inner), work)
    return joined


def _draw(paths: Indices, width: int, shift: int) -> Floats:
    firsts = np.array([[first] for first, _ in _list_windows(width, shift)])
    left, right = (paths + firsts).astype(np.float32)[..., None]
    columns = np.arange(width, dtype=np.float32)
    share = np.minimum(columns - left, right - columns)
    share /= _FEATHER
    share += 0.5
    np.clip(share, 0, 1, out=share)
    around = np.concatenate([share[-1:], share, share[:1]])
    pairs = around[1:] + around[:-1]
    return ((pairs[1:] + pairs[:-1]) / 4).astype(np.float32, copy=False)


def _list_windows(width: int, shift: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The columns, first and last, between which the left and the right path may lie; as many for both."""
    middle = min(shift, width - shift) / width
    first, last = round(_FIRST * width), round(min(_LAST, middle - _CLEAR) * width)
    return (first, last), (width - last, width - first)


def _list_errors(inner: Floats, shift: int) -> Floats:
    """How much both layers differ around each pixel of both windows (2, height, width of a window), to the mean."""
    width = inner.shape[1]
    sides: list[Floats] = []
    for first, last in _list_windows(width, shift):
        columns = np.arange(first - 1, last + 1, dtype=np.intp)
        outer: Floats = np.take(inner, (columns - shift) % width, axis=1)
        difference = inner[:, first - 1 : last + 1] - outer
        error = np.einsum("ijk,ijk->ij", difference, difference)
        sides.append(error[:, 1:-1] + error[:, 2:] + error[:, :-2])
    errors = np.stack(sides)
    errors /= max(float(errors.mean()), 1e-12)
    return errors


def _list_details(small: Floats) -> Floats:
    """The relative slopes (height, width) of an image, without those of its seams."""
    slopes = list_slopes(small)
    inside = slopes[2:-2, 2:-2]
    return np.pad(inside, 2, constant_values=float(inside.mean()))


def _list_gains(details: Floats, shift: int) -> Floats:
    """How much detail a row gains by each place of its left or right path (2, height, width of a window).

    In parts of the mean row. Beyond its path it shows what was moved there.
    """
    width = details.shape[1]
    differences = (np.roll(details, shift, axis=1) - details) / max(float(details.mean()) * width, 1e-12)
    sums = np.cumsum(differences, axis=1)
    left, right = (sums[:, first:last] for first, last in _list_windows(width, shift))
    return np.stack([left, sums[:, -1:] - right])


def find_closed_paths(errors: Floats, gains: Floats | float = 0.0) -> Indices:
    """The columns (n, height) of paths of little error (n, height, width), each of which ends where it begins.

    Between two rows a path may run along the second, as far as it costs little. `gains`, of the shape of the errors,
    speak for the columns at which it leaves a row.
    """
    gains = np.broadcast_to(np.asarray(gains, np.float32), errors.shape)
    scale = max(errors.shape[1] // _TRACED, 1)  # where a path begins need not be known to the pixel
    coarse = _pool(errors, scale)
    middle = coarse.shape[1] // 2
    starts: Indices = _trace(coarse, _pool(gains, scale), None)[:, middle] * scale + scale // 2
    middle *= scale
    twice = [np.concatenate([each[:, middle:], each[:, : middle + 1]], axis=1) for each in (errors, gains)]
    return np.roll(_trace(twice[0], twice[1], starts)[:, :-1], middle, axis=1)


def _pool(planes: Floats, scale: int) -> Floats:
    """Planes (n, height, width) of means of squares of pixels; what is left over at the ends is left out."""
    count, height, width = planes.shape
    cut = planes[:, : height // scale * scale, : width // scale * scale]
    return cut.reshape(count, height // scale, scale, width // scale, scale).mean(axis=(2, 4))


def _trace(errors: Floats, gains: Floats, starts: Indices | None) -> Indices:
    """The cheapest paths (n, height) from the first row to the last; each from a column to the same if it is given."""
    count, height, width = errors.shape
    columns = np.arange(width, dtype=np.intp)
    best = np.full((count, width + 2), np.inf, np.float32)  # with a column beyond each edge
    best[:, 1:-1] = errors[:, 0] - gains[:, 0] if starts is None else np.where(columns == starts[:, None], 0, np.inf)
    errors, gains = errors.transpose(1, 0, 2), gains.transpose(1, 0, 2)
    shape = height, count, width
    ways = _Ways(np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, np.int8))
    for first in range(1, height, _ROWS):
        rows = slice(first, first + _ROWS)
        best = _advance(best, errors[rows], gains[rows], ways.look_at(rows))
    ends = best[:, 1:-1].argmin(axis=1) if starts is None else starts
    return ways.follow(ends)


def _advance(best: Floats, errors: Floats, gains: Floats, ways: _Ways) -> Floats:
    """The least cost of the columns of a last row (n, width + 2), by that of the row above some (rows, n, width)."""
    bests = np.full((len(errors) + 1, *best.shape), np.inf, np.float32)
    bests[0] = best
    sums = np.cumsum(errors, axis=2)
    for row, (along, short) in enumerate(zip(sums, sums - errors, strict=True)):  # only what needs the row above
        above, found = bests[row], bests[row + 1, :, 1:-1]
        entered = np.minimum(above[:, :-2], above[:, 2:])
        np.minimum(entered, above[:, 1:-1], out=entered)
        from_left, from_right = entered - short, (entered + along)[:, ::-1]
        least_left = np.minimum.accumulate(from_left, axis=1)
        least_right = np.minimum.accumulate(from_right, axis=1)
        np.less_equal(from_left, least_left, out=ways.enters_right[row])
        np.less_equal(from_right, least_right, out=ways.enters_left[row, :, ::-1])
        least_left += along
        least_right = least_right[:, ::-1] - short
        np.less_equal(least_left, least_right, out=ways.goes_right[row])
        np.minimum(least_left, least_right, out=found)
        found -= np.minimum.reduce(found, axis=1, keepdims=True)  # 32 bits hold differences, not long sums
        found -= gains[row]
    left, same, right = bests[:-1, :, :-2], bests[:-1, :, 1:-1], bests[:-1, :, 2:]
    is_sideways = same > np.minimum(left, right)
    np.multiply(is_sideways, 1 - 2 * (left <= right).astype(np.int8), out=ways.steps)
    return bests[-1]
