# SPDX-License-Identifier: GPL-3.0-or-later
"""Closes the seams of an image: its edges are covered with its middle, joined by a cut or by a blend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import Floats
from .cuts import Weights, draw_cut, join
from .periodic import blur, resize_plane, shrink, work_in_strips

_MIDDLE, _BLEND = 0.22, 0.1  # of the side, from the edge: the middle of a blend, and half its width
_COARSE = 256  # pixels of the longer side, at which the slow band of a cut is computed
_SLOW, _WIDE = 0.01, 0.015  # of the longer side: sigmas of the slow band, and of how it goes over
_LITTLE = 10 / 255  # that it may differ by wherever it is
_STEEP = 5 / 255  # change of a slow band over its sigma: what changes more has shapes

#: By how many columns and rows an image is moved so that its middle covers its edges: about half of them.
Shifts = tuple[int, int]


def join_by_cut(image: Floats, shifts: Shifts, weights: Weights) -> Floats:
    """An image (height, width, 3) that repeats both ways; the joins lie where both layers are alike.

    Source: Efros and Freeman, Image quilting, 2001; the cut across closes upon itself, so that it repeats, too.
    """
    image = _cut(image, shifts[0], weights[0])
    return _turn(image, lambda turned: _cut(turned, shifts[1], weights[1]))


def _cut(inner: Floats, shift: int, weight: float) -> Floats:
    """Joined along a cut; what differs slowly goes over from one layer to the other in a wide band.

    Source: Burt and Adelson, A multiresolution spline, 1983, with two bands. A faint edge is seen on plain ground, and
    any edge where there are no shapes; but where one ends, it hides, and beyond it would be a halo.
    """
    share = draw_cut(inner, shift, weight)
    joined = join(inner, shift, share)
    slow, wide = _list_slow(inner, shift), shrink(share[..., None], _COARSE)[..., 0]
    size = share.shape[::-1]
    wide = resize_plane(blur(wide, _WIDE * max(wide.shape)), size)
    planes = [resize_plane(slow[..., channel], size) for channel in range(slow.shape[2])]

    def work(rows: slice) -> None:
        change = wide[rows] - share[rows]
        for channel, plane in enumerate(planes):
            joined[rows, :, channel] += change * plane[rows]

    work_in_strips(len(joined), work)
    return joined


def _list_slow(inner: Floats, shift: int) -> Floats:
    """What an image and the same moved differ by in their slow bands, at a small size (height, width, channels).

    Where it is little, or both are smooth around: shapes end there otherwise.
    """
    coarse = shrink(inner, _COARSE)
    side = max(coarse.shape)
    slow = np.stack([blur(coarse[..., channel], _SLOW * side) for channel in range(coarse.shape[2])], axis=-1)
    step = round(shift * coarse.shape[1] / inner.shape[1])
    steep = _measure_steepness(slow, side)
    steep = np.maximum(steep, np.roll(steep, step, axis=1))
    slow = slow - np.roll(slow, step, axis=1)
    little = np.exp(-((np.abs(slow).max(axis=2) / _LITTLE) ** 2))
    return slow * np.maximum(little, np.exp(-((steep / _STEEP) ** 4)))[..., None]


def _measure_steepness(slow: Floats, side: int) -> Floats:
    """How much a slow band (height, width, channels) changes over its own sigma, around each place (height, width)."""
    down, across = (np.diff(slow, axis=axis, append=np.take(slow, [-1], axis)) for axis in (0, 1))
    steep = np.sqrt(blur((down**2 + across**2).max(axis=2), _WIDE * side))
    return (steep * np.float32(_SLOW * side)).astype(np.float32)


def join_by_blend(image: Floats, shifts: Shifts) -> Floats:
    """The same for what has no shapes: the layers are mixed so that the contrast stays.

    Source: Heitz and Neyret, High-performance by-example noise using a histogram-preserving blending operator, 2018:
    their variance-preserving form.
    """
    return _turn(_blend(image, shifts[0]), lambda turned: _blend(turned, shifts[1]))


def _turn(image: Floats, repair: Callable[[Floats], Floats]) -> Floats:
    """An image repaired as if its rows were columns."""
    turned = np.ascontiguousarray(image.transpose(1, 0, 2))  # read in order it is several times as fast
    return np.ascontiguousarray(repair(turned).transpose(1, 0, 2))


def _blend(inner: Floats, shift: int) -> Floats:
    width = inner.shape[1]
    places = np.arange(width, dtype=np.float32)
    distance = np.minimum(places + 0.5, width - places - 0.5) / width
    middle = min(_MIDDLE, min(shift, width - shift) / width / 2)  # what was moved has its edges farther inside
    share = np.clip((distance - middle) / (2 * _BLEND) + 0.5, 0, 1)[None, :, None]
    mean = inner.mean(axis=(0, 1))
    scale = np.sqrt(share**2 + (1 - share) ** 2)
    outer = np.roll(inner, shift, axis=1)
    return (mean + ((inner - mean) * share + (outer - mean) * (1 - share)) / scale).astype(np.float32)
