# SPDX-License-Identifier: GPL-3.0-or-later
"""Closes the seams of an image: its edges are covered with its middle, joined by a cut or by a blend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import Floats
from .cuts import Weights, draw_cut, join

_MIDDLE, _BLEND = 0.22, 0.1  # of the side, from the edge: the middle of a blend, and half its width

#: By how many columns and rows an image is moved so that its middle covers its edges: about half of them.
Shifts = tuple[int, int]


def join_by_cut(image: Floats, shifts: Shifts, weights: Weights) -> Floats:
    """An image (height, width, 3) that repeats both ways; the joins lie where both layers are alike.

    Source: Efros and Freeman, Image quilting, 2001; the cut across closes upon itself, so that it repeats, too.
    """
    image = join(image, shifts[0], draw_cut(image, shifts[0], weights[0]))
    return _turn(image, lambda turned: join(turned, shifts[1], draw_cut(turned, shifts[1], weights[1])))


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
