# SPDX-License-Identifier: GPL-3.0-or-later
"""Closes the seams of an image: its edges are covered with its middle, joined by a cut or by a blend."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Indices

#: Where the join lies, in parts of the side from the edge: its middle, and how far it may move.
_MIDDLE, _REACH = 0.22, 0.14
_BLEND = 0.1  # half the width of a blend
_FEATHER = 1.5  # pixels across a cut


def join_by_cut(image: Floats) -> Floats:
    """An image (height, width, 3) that repeats both ways; the joins lie where both layers are alike.

    Source: Efros and Freeman, Image quilting, 2001; the cut across closes upon itself, so that it repeats, too.
    """
    for axis in (1, 0):
        image = _join_axis(image, axis, is_cut=True)
    return image


def join_by_blend(image: Floats) -> Floats:
    """The same for what has no shapes: the layers are mixed so that the contrast stays.

    Source: Heitz and Neyret, High-performance by-example noise using a histogram-preserving blending operator, 2018:
    their variance-preserving form.
    """
    for axis in (1, 0):
        image = _join_axis(image, axis, is_cut=False)
    return image


def _join_axis(image: Floats, axis: int, *, is_cut: bool) -> Floats:
    """Close the seam at both ends of an axis. The part beyond the joins is the image moved by half its side."""
    inner = image if axis == 1 else image.transpose(1, 0, 2)
    outer = np.roll(inner, inner.shape[1] // 2, axis=1)
    share = _cut(inner, outer) if is_cut else _ramp(inner.shape[1])[None, :].repeat(inner.shape[0], 0)
    joined = _mix(inner, outer, share[..., None], keep_contrast=not is_cut)
    return joined if axis == 1 else np.ascontiguousarray(joined.transpose(1, 0, 2))


def _mix(inner: Floats, outer: Floats, share: Floats, *, keep_contrast: bool) -> Floats:
    if not keep_contrast:
        mixed = inner - outer
        mixed *= share
        mixed += outer
        return mixed
    mean = inner.mean(axis=(0, 1))
    scale = np.sqrt(share**2 + (1 - share) ** 2)
    return (mean + ((inner - mean) * share + (outer - mean) * (1 - share)) / scale).astype(np.float32)


def _ramp(width: int) -> Floats:
    """How much of the inner layer each column has, in a blend."""
    distance = np.minimum(np.arange(width) + 0.5, width - np.arange(width) - 0.5) / width
    return np.clip((distance - _MIDDLE) / (2 * _BLEND) + 0.5, 0, 1).astype(np.float32)


def _cut(inner: Floats, outer: Floats) -> Floats:
    """How much of the inner layer each pixel has: all between two paths, from top to bottom."""
    width = inner.shape[1]
    first, last = round((_MIDDLE - _REACH) * width), round((_MIDDLE + _REACH) * width)
    sides = np.stack([_compare(inner, outer, first, last), _compare(inner, outer, width - last, width - first)])
    left, right = find_closed_paths(sides) + np.array([[first], [width - last]])
    columns = np.arange(width, dtype=np.float32)[None, :]
    rises = np.clip((columns - left[:, None]) / _FEATHER + 0.5, 0, 1)
    falls = np.clip((right[:, None] - columns) / _FEATHER + 0.5, 0, 1)
    return np.minimum(rises, falls).astype(np.float32)


def _compare(inner: Floats, outer: Floats, first: int, last: int) -> Floats:
    """How much two layers differ around each pixel of some columns."""
    difference = inner[:, first - 1 : last + 1] - outer[:, first - 1 : last + 1]
    error = np.einsum("ijk,ijk->ij", difference, difference)
    return error[:, 1:-1] + error[:, 2:] + error[:, :-2]


def find_closed_paths(errors: Floats) -> Indices:
    """The columns (n, height) of paths of little error (n, height, width), each of which ends where it begins."""
    middle = errors.shape[1] // 2
    starts = _trace(errors, None)[:, middle]
    paths = _trace(np.concatenate([errors[:, middle:], errors[:, : middle + 1]], axis=1), starts)
    return np.roll(paths[:, :-1], middle, axis=1)


def _trace(errors: Floats, starts: Indices | None) -> Indices:
    """The cheapest paths (n, height) from the first row to the last; each from a column to the same if it is given."""
    count, height, width = errors.shape
    steps = np.zeros((height, count, width), np.int8)
    best = np.full((count, width + 2), np.inf, np.float32)  # with a column beyond each edge
    best[:, 1:-1] = errors[:, 0]
    if starts is not None:
        best[:, 1:-1] = np.where(np.arange(width, dtype=np.intp) == starts[:, None], 0, np.inf)
    for row in range(1, height):
        left, same, right = best[:, :-2], best[:, 1:-1], best[:, 2:]
        sideways = np.minimum(left, right)
        is_straight = same <= sideways
        steps[row] = np.where(is_straight, 0, np.where(left <= right, -1, 1))
        least = np.where(is_straight, same, sideways)
        least += errors[:, row]
        least -= least.min(axis=1, keepdims=True)  # 32 bits hold differences, not long sums
        best[:, 1:-1] = least
    ends = best[:, 1:-1].argmin(axis=1) if starts is None else starts
    path = np.empty((count, height), np.intp)
    path[:, -1] = ends
    numbers = np.arange(count, dtype=np.intp)
    for row in range(height - 1, 0, -1):
        path[:, row - 1] = path[:, row] + steps[row, numbers, path[:, row]]
    return path
