# SPDX-License-Identifier: GPL-3.0-or-later
"""Views compared where two of them see the same surface: which one contradicts the others, and how colours are mixed.

An outline does not tell a mirrored front of a symmetrical figure, a bottle turned about its axis or a view that is half
dark. What the other views show of the same places does, as long as those agree among each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from .arrays import Doubles, Reals
from .colour_match import Overlap
from .srgb import to_srgb

#: Shared points without which two views say nothing of each other.
_FEWEST = 100
#: Display values that two views of one place may differ by; more, where even the quarter of the pairs that agrees best
#: differs more: two wrong views of six spoil more than half of the pairs.
_TOLERANCE, _OF_QUARTILE = 0.07, 2.5
#: How much less than the other pairs a view must agree to be out of place.
_LESS = 0.25
#: How strongly mixed colours hold to the picture's own, against all overlaps together; a change that can be seen.
_HOLD_MIX, _VISIBLE_MIX = 1e-3, 0.015
_ROUNDS = 4

Pair = tuple[int, int]


def find_contradicting(overlaps: Sequence[Overlap], fixed: Collection[int] = ()) -> int | None:
    """The view that contradicts the others most, or None; the colours of the overlaps are matched already.

    It takes three views to know which one is wrong. Views that are `fixed` are not found.
    """
    known = [overlap for overlap in overlaps if len(overlap.weights) >= _FEWEST]
    if not known:
        return None
    differences = [np.abs(to_srgb(o.colours_first) - to_srgb(o.colours_second)).max(axis=1) for o in known]
    tolerance = max(_TOLERANCE, _OF_QUARTILE * float(np.percentile([np.median(each) for each in differences], 25)))
    shares = {
        (overlap.first, overlap.second): _share(overlap.weights, difference <= tolerance)
        for overlap, difference in zip(known, differences, strict=True)
    }
    sizes = {(overlap.first, overlap.second): float(overlap.weights.sum()) for overlap in known}
    worst, found = _LESS, None
    for view in sorted({view for pair in shares for view in pair} - set(fixed)):
        own = [pair for pair in shares if view in pair]
        others = [shares[pair] for pair in shares if view not in pair]
        if not others:
            continue
        lack = float(np.median(others)) - float(
            np.average([shares[pair] for pair in own], weights=[sizes[pair] for pair in own])
        )
        if lack > worst:
            worst, found = lack, view
    return found


def _share(weights: Reals, agrees: Reals) -> float:
    return float((weights * agrees).sum() / max(float(weights.sum()), 1e-12))


def match_mixes(views: int, overlaps: Sequence[Overlap]) -> Doubles:
    """A matrix (views, 3, 3) for each view's display values that makes the overlaps agree: saturation, white balance.

    Weighted least squares, robust, with a prior for no change; the mean of all matrices changes nothing. The colours of
    the overlaps are in linear light.
    """
    same = np.tile(np.eye(3), (views, 1, 1))
    if not overlaps:
        return same
    joined = sorted({view for overlap in overlaps for view in (overlap.first, overlap.second)})
    colours = [
        (to_srgb(o.colours_first).astype(np.float64), to_srgb(o.colours_second).astype(np.float64)) for o in overlaps
    ]
    total = sum(float(overlap.weights.sum()) for overlap in overlaps)
    solution = same.copy()
    for _ in range(_ROUNDS):
        rests = [
            np.abs(a @ solution[o.first].T - b @ solution[o.second].T).max(axis=1)
            for o, (a, b) in zip(overlaps, colours, strict=True)
        ]
        scale = 2.0 * float(np.median([np.median(rest) for rest in rests])) + 2e-3
        normal, right = _build_priors(views, joined)
        for overlap, (a, b), rest in zip(overlaps, colours, rests, strict=True):
            weights = overlap.weights / total / (1 + (rest / scale) ** 2) ** 2
            design = np.hstack([a, -b])
            index = [
                *range(3 * overlap.first, 3 * overlap.first + 3),
                *range(3 * overlap.second, 3 * overlap.second + 3),
            ]
            normal[np.ix_(index, index)] += (design * weights[:, None]).T @ design
        solution = np.linalg.solve(normal, right).reshape(views, 3, 3).transpose(0, 2, 1).astype(np.float64)
    return solution if np.abs(solution - same).max() > _VISIBLE_MIX else same


def _build_priors(views: int, joined: Sequence[int]) -> tuple[Doubles, Doubles]:
    """The equations without overlaps: each matrix is the identity, and so is the mean of all."""
    normal, right = np.eye(3 * views) * _HOLD_MIX, np.tile(np.eye(3), (views, 1)) * _HOLD_MIX
    for channel in range(3):
        index = np.array(joined) * 3 + channel
        normal[np.ix_(index, index)] += 10.0
        right[index, channel] += 10.0 * len(joined)
    return normal, right
