# SPDX-License-Identifier: GPL-3.0-or-later
"""How the panels of one sheet have moved, from what was found of each: the sheet as a whole, or a panel on its own.

A model moves and scales a sheet as a whole, which all panels tell together more exactly than each alone. One that moved
on its own by more than can be mistaken lies where it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.texture import LOWEST_CONFIDENCE
from ..arrays import Doubles, Reals
from ..registration.affine import multiply

#: Pixels of the sheet: what a panel deviates from the others by less is not known well enough to be its own.
_SAME_PLACE = 1.5
_ROUNDS = 4
#: Places in a panel, in parts of its size.
_SPOTS = np.array([[0.2, 0.2], [0.8, 0.2], [0.5, 0.5], [0.2, 0.8], [0.8, 0.8]])


@dataclass(frozen=True, slots=True, eq=False)
class PanelDrift:
    """What was found of one panel: `matrix` (2, 3) maps its pixels to where they belong in it.

    `place` (left, top) and `size` (width, height) in pixels of the sheet. `confidence` 0 ... 1; below
    `LOWEST_CONFIDENCE` nothing was found.
    """

    place: tuple[int, int]
    size: tuple[int, int]
    matrix: Reals
    confidence: float

    @property
    def is_sure(self) -> bool:
        """Whether its shapes were found."""
        return self.confidence >= LOWEST_CONFIDENCE


def settle(drifts: Sequence[PanelDrift]) -> list[Reals]:
    """The matrix (2, 3) of each panel of a sheet, from those of all; one that moves nothing where none is sure."""
    sure = [drift for drift in drifts if drift.is_sure]
    if not sure:
        return [np.eye(2, 3) for _ in drifts]
    whole = _fit(sure)
    settled: list[Reals] = []
    for drift in drifts:
        common = _move_frame(whole, drift.place)
        own = drift.is_sure and _measure(common, drift) > _SAME_PLACE
        settled.append(drift.matrix if own else common)
    return settled


def _fit(drifts: Sequence[PanelDrift]) -> Doubles:
    """The map (2, 3) of the whole sheet, of a shift and a scale in each direction.

    Least squares over places in all panels, with less weight for those that deviate.
    """
    places = np.array([drift.place for drift in drifts], np.float64)
    spots = np.array([drift.place + _SPOTS * drift.size for drift in drifts])
    moved = np.array([_apply(d.matrix, s - p) + p for d, s, p in zip(drifts, spots, places, strict=True)])
    trust = np.array([drift.confidence for drift in drifts])
    matrix = np.eye(2, 3)
    weights = trust
    for _ in range(_ROUNDS):
        roots = np.repeat(np.sqrt(weights), len(_SPOTS))
        for axis in (0, 1):
            design = np.column_stack([spots[..., axis].ravel(), np.ones(len(roots))]) * roots[:, None]
            scale, shift = np.linalg.lstsq(design, moved[..., axis].ravel() * roots, rcond=None)[0]
            matrix[axis, axis], matrix[axis, 2] = scale, shift
        rest = np.hypot(*(_apply(matrix, spots) - moved).transpose(2, 0, 1)).mean(axis=1)
        weights = trust / (1 + (rest / _SAME_PLACE) ** 4)
    return matrix


def _move_frame(matrix: Doubles, place: tuple[int, int]) -> Doubles:
    """A map of the sheet's pixels as one of the pixels of a panel at a place."""
    there = np.array([[1, 0, place[0]], [0, 1, place[1]]], np.float64)
    back = np.array([[1, 0, -place[0]], [0, 1, -place[1]]], np.float64)
    return np.asarray(multiply(back, multiply(matrix, there)), np.float64)


def _measure(matrix: Reals, drift: PanelDrift) -> float:
    """How far a map differs from what was found of a panel, in pixels: the mean of places in it."""
    spots = _SPOTS * drift.size
    return float(np.hypot(*(_apply(matrix, spots) - _apply(drift.matrix, spots)).T).mean())


def _apply(matrix: Reals, spots: Doubles) -> Doubles:
    return np.asarray(spots @ matrix[:, :2].T + matrix[:, 2], np.float64)
