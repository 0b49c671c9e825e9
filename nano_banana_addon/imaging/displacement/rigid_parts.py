# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of an object that are shifted and scaled as a whole, each on its own.

Coordinates are pixels of the guide from the top left corner; a pixel's centre has .5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Doubles, Indices, Reals
from ..registration.edges import blur

_SHIFT, _SCALE = 8 / 1024, 0.04  # what is usual (standard deviations): of the longer side; of one
_FEWEST = 24  # places on a part's edges, without which it moves with the others
_ROUNDS, _WIDEST, _CLOSE = 12, 12.0, 1.5  # pixels: what lies farther off belongs to another part
_BORDER = 4  # cells of the grid over which one part's motion becomes that of another


@dataclass(frozen=True, slots=True, eq=False)
class RigidParts:
    """`motions` (parts, 3): shift x and y about the part's middle, and growth; `middles` (parts, 2)."""

    motions: Doubles
    middles: Doubles

    def evaluate(self, places: Reals, parts: Indices) -> Doubles:
        """The displacements (..., 2) of places (..., 2) that belong to `parts` (...), by number; -1 is none."""
        moves = self.motions[parts, :2] + self.motions[parts, 2:] * (places - self.middles[parts])
        return np.where(parts[..., None] < 0, 0.0, moves)

    def draw(self, parts: Indices, step: int) -> Doubles:
        """The displacements (rows, columns, 2) at every `step` pixels; `parts` (rows, columns), -1 beside them."""
        rows, columns = parts.shape
        y, x = np.mgrid[0:rows, 0:columns] * float(step)
        spots = np.stack([x, y], axis=-1)
        total, moves = np.zeros(parts.shape), np.zeros((*parts.shape, 2))
        for number, (motion, middle) in enumerate(zip(self.motions, self.middles, strict=True)):
            share = blur((parts == number).astype(np.float32), _BORDER)
            moves += share[..., None] * (motion[:2] + motion[2] * (spots - middle))
            total += share
        return moves / np.maximum(total, 0.5)[..., None]  # beside the object it fades


def fit_parts(places: Reals, normals: Reals, values: Reals, weights: Reals, parts: Indices, longer: int) -> RigidParts:
    """The motions of parts by their edges: point k (of n, 2) lies `values[k]` pixels along `normals[k]`.

    `parts` (n,) are numbers from 0 on. Robust: Geman and McClure's weights, from wide to narrow. A part without enough
    points stays.
    """
    count = int(parts.max(initial=-1)) + 1
    motions, middles = np.zeros((count, 3)), np.zeros((count, 2))
    hold = np.diag([1 / (_SHIFT * longer) ** 2, 1 / (_SHIFT * longer) ** 2, 1 / _SCALE**2])
    for number in range(count):
        own = (parts == number) & (weights > 0)
        if own.sum() < _FEWEST:
            continue
        middles[number] = (places[own].min(axis=0) + places[own].max(axis=0)) / 2
        along = ((places[own] - middles[number]) * normals[own]).sum(axis=1, keepdims=True)
        design = np.hstack([normals[own], along])
        for scale in _WIDEST * (_CLOSE / _WIDEST) ** np.linspace(0, 1, _ROUNDS):
            rest = values[own] - design @ motions[number]
            weighted = design * (weights[own] / (1 + (rest / scale) ** 2) ** 2)[:, None]
            motions[number] = np.linalg.solve(weighted.T @ design + hold, weighted.T @ values[own])
    return RigidParts(motions, middles)
