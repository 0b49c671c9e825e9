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
        return (outer + (inner - outer) * share).astype(np.float32)
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
    error = ((inner - outer) ** 2).sum(axis=2)
    error = error + np.roll(error, 1, axis=1) + np.roll(error, -1, axis=1)
    first, last = round((_MIDDLE - _REACH) * width), round((_MIDDLE + _REACH) * width)
    left = first + find_closed_path(error[:, first:last])
    right = width - last + find_closed_path(error[:, width - last : width - first])
    columns = np.arange(width, dtype=np.float32)[None, :]
    rises = np.clip((columns - left[:, None]) / _FEATHER + 0.5, 0, 1)
    falls = np.clip((right[:, None] - columns) / _FEATHER + 0.5, 0, 1)
    return np.minimum(rises, falls).astype(np.float32)


def find_closed_path(error: Floats) -> Indices:
    """The column of each row (height,) of a path of little error (height, width) that ends where it begins."""
    middle = len(error) // 2
    start = int(_trace(error, None)[middle])
    path = _trace(np.concatenate([error[middle:], error[: middle + 1]]), start)
    return np.roll(path[:-1], middle)


def _trace(error: Floats, start: int | None) -> Indices:
    """The cheapest path from the first row to the last; from a column to the same one if it is given."""
    height, width = error.shape
    steps = np.zeros((height, width), np.int8)
    best = error[0].astype(np.float64)
    if start is not None:
        best = np.where(np.arange(width, dtype=np.intp) == start, best, np.inf)
    edge = np.array([np.inf])
    for row in range(1, height):
        choices = np.stack([np.concatenate([edge, best[:-1]]), best, np.concatenate([best[1:], edge])])
        step = choices.argmin(axis=0)
        steps[row] = step - 1
        best = choices[step, np.arange(width)] + error[row]
    path = np.empty(height, np.intp)
    path[-1] = int(best.argmin()) if start is None else start
    for row in range(height - 1, 0, -1):
        path[row - 1] = path[row] + steps[row, path[row]]
    return path
