# SPDX-License-Identifier: GPL-3.0-or-later
"""The smooth displacement that is most probable after what edges tell of it (a Gaussian process).

An edge tells how far it moved across itself; what it tells of its surroundings fades with the distance. So far from all
edges nothing is moved, and how sure the displacement is at a place is known (Rasmussen & Williams 2006, chapter 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Doubles, Indices, Reals

_CELLS = 18  # of the lattice along the longer side
#: Of the longer side: how far a part moves on its own (standard deviation), and over which distance that changes.
_MOVES, _REACH = 4 / 1024, 70 / 1024
_LEAST_VARIANCE = 0.02  # of the variance at one knot: keeps the covariances of near knots apart


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """A lattice over an image, and the points that are measured on it.

    `knots` (n, 16) are the numbers, among those that any point reaches, of the knots around each point; `shares`
    (n, 16) their weights; `prior` (m, m) the inverse covariance of the knots; `reached` (m,) which knots they are.
    """

    shape: tuple[int, int]
    spacing: float
    knots: Indices
    shares: Doubles
    reached: Indices
    prior: Doubles

    def fit(self, normals: Reals, values: Reals, weights: Reals) -> tuple[Doubles, Doubles, Doubles]:
        """The knots (2, rows, columns), displacements at the points (n, 2), and their standard deviations across (n,).

        Point k lies `values[k]` pixels along `normals[k]`, with an inverse variance of `weights[k]`.
        """
        count = len(self.reached)
        system = np.zeros((2, count, 2, count))
        pairs = (self.knots[:, :, None] * count + self.knots[:, None, :]).ravel()
        products = self.shares[:, :, None] * self.shares[:, None, :]
        for i, j in ((0, 0), (0, 1), (1, 1)):
            part = products * (weights * normals[:, i] * normals[:, j])[:, None, None]
            system[i, :, j] = np.bincount(pairs, part.ravel(), count * count).reshape(count, count)
        system[1, :, 0] = system[0, :, 1].T
        for axis in (0, 1):
            system[axis, :, axis] += self.prior
        covariance: Doubles = np.linalg.inv(system.reshape(2 * count, 2 * count)).astype(np.float64)
        told = (weights * values)[:, None] * normals
        right = [np.bincount(self.knots.ravel(), (self.shares * told[:, i : i + 1]).ravel(), count) for i in (0, 1)]
        solution = (covariance @ np.concatenate(right)).reshape(2, count)
        at = np.stack([(plane[self.knots] * self.shares).sum(axis=1) for plane in solution], axis=-1)
        knots = np.zeros((2, self.shape[0] * self.shape[1]))
        knots[:, self.reached] = solution
        doubt = self._measure_doubt(covariance.reshape(2, count, 2, count), normals)
        return knots.reshape(2, *self.shape), at, doubt

    def _measure_doubt(self, covariance: Doubles, normals: Reals) -> Doubles:
        total = np.zeros(len(normals))
        for i in (0, 1):
            for j in (0, 1):
                near = covariance[i, :, j][self.knots[:, :, None], self.knots[:, None, :]]
                total += normals[:, i] * normals[:, j] * np.einsum("kp,kpq,kq->k", self.shares, near, self.shares)
        return np.sqrt(np.maximum(total, 0.0))


def build_lattice(places: Reals, size: tuple[int, int], stiffness: float = 1.0) -> Lattice:
    """The lattice over an image of `size` (width, height) for points (n, 2) x and y.

    `stiffness` multiplies the distance over which displacements change.
    """
    longer = max(size)
    spacing = longer / _CELLS
    columns, rows = (int(np.ceil(length / spacing)) + 3 for length in size)
    (left, across), (top, down) = (
        spread(places[:, axis] / spacing, count) for axis, count in ((0, columns), (1, rows))
    )
    numbers = (top[:, None] + np.arange(4))[:, :, None] * columns + (left[:, None] + np.arange(4))[:, None, :]
    reached, knots = np.unique(numbers, return_inverse=True)
    spots = np.stack([reached % columns, reached // columns], axis=-1) * spacing
    apart = ((spots[:, None] - spots[None]) ** 2).sum(axis=-1) / (_REACH * stiffness * longer) ** 2
    variance = (_MOVES * longer) ** 2
    covariance = variance * (np.exp(-apart / 2) + _LEAST_VARIANCE * np.eye(len(reached)))
    inverse = np.asarray(np.linalg.inv(covariance), np.float64)
    shares = (down[:, :, None] * across[:, None, :]).reshape(-1, 16)
    return Lattice((rows, columns), spacing, knots.reshape(-1, 16), shares, reached, inverse)


def draw_lattice(knots: Doubles, spacing: float, across: Reals, down: Reals) -> Doubles:
    """The displacements (rows, columns, 2) on the grid of places x `across` (columns,) and y `down` (rows,)."""
    shares: list[Doubles] = []
    for places, count in ((across, knots.shape[2]), (down, knots.shape[1])):
        first, four = spread(places / spacing, count)
        every = np.zeros((len(places), count))
        np.put_along_axis(every, first[:, None] + np.arange(4), four, axis=1)
        shares.append(every)
    return np.stack([shares[1] @ plane @ shares[0].T for plane in knots], axis=-1)


def spread(places: Reals, count: int) -> tuple[Indices, Doubles]:
    """The first of the four of `count` knots that reach places (n,), in spacings, and the shares (n, 4) of the four."""
    first = np.clip(np.floor(places), 0, count - 4).astype(np.intp)
    t = np.clip(np.asarray(places - first, np.float64), 0.0, 1.0)  # beside the lattice as at its border
    parts = [(1 - t) ** 3, 3 * t**3 - 6 * t * t + 4, -3 * t**3 + 3 * t * t + 3 * t + 1, t**3]
    return first, np.stack(parts, axis=-1) / 6
