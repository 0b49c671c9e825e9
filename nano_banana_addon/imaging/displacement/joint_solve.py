# SPDX-License-Identifier: GPL-3.0-or-later
"""The least squares problem of several displacements at once (Gaussian processes on lattices).

Each view has a lattice and what edges tell of it; each pair of views what their images tell of the difference. Both
are solved by preconditioned conjugate gradients, and what does not fit counts less and less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Doubles, Indices, Reals
from ..registration.outline import Outline
from .displacement import Displacement
from .displacement_fit import build_lattice, draw_lattice, spread
from .overlap_flow import Flow
from .overlaps import SeenDepth, SharedSurface

_ITERATIONS, _EXACT = 200, 1e-9  # of the conjugate gradients
_FIXED = 1e6  # precision of a view that stays
_SURE = 3.0  # times as much an edge counts as where a view is followed alone: other views say which one is wrong
_BETWEEN = 6.0  # pixels to each side, over which a displacement is differentiated
_EVERY, _BESIDE = 8, 16  # pixels between those whose knots are used, and as far around them


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What edges tell of a displacement: place k (n, 2) lies `values[k]` along `normals[k]`, by inverse variances.

    The places of the `outline` come first, then those on edges inside of it.
    """

    places: Reals
    normals: Reals
    values: Reals
    weights: Reals
    outline: Outline


class Field:
    """The lattice of one view: its precision (2 m, 2 m) and what is told of it (2 m,) by the edges.

    Without `evidence` it stays as it is.
    """

    def __init__(self, depth: SeenDepth, evidence: Evidence | None) -> None:
        self.evidence, lattice = evidence, build_lattice(_list_cells(depth), depth.size)
        self.shape, self.spacing = lattice.shape, lattice.spacing
        self.size, self.reached, self.count = depth.size, lattice.reached, len(lattice.reached)
        self.numbers = np.zeros(lattice.shape[0] * lattice.shape[1], np.intp)
        self.numbers[self.reached] = np.arange(self.count)
        self.precision = np.zeros((2 * self.count, 2 * self.count))
        self.told = np.zeros(2 * self.count)
        prior = lattice.prior * (1.0 if evidence else _FIXED)
        for axis in (0, 1):
            own = slice(axis * self.count, (axis + 1) * self.count)
            self.precision[own, own] = prior
        self._prior = self.precision
        if evidence:
            self._basis = self.look_up(evidence.places)
            self.take(evidence)

    def take(self, evidence: Evidence) -> None:
        """Take what edges at the same places tell now."""
        self.evidence = evidence
        self._weigh(evidence, evidence.weights)

    def weigh(self, knots: Doubles, wide: float) -> None:
        """Let edges that do not fit count less (Geman and McClure)."""
        told = self.evidence
        if told is not None:
            rest = told.values - (self.read(self._basis, knots) * told.normals).sum(axis=1)
            self._weigh(told, told.weights / (1 + (rest / wide) ** 2) ** 2)

    def _weigh(self, told: Evidence, weights: Reals) -> None:
        weights = weights * _SURE
        forms = told.normals[:, :, None] * told.normals[:, None, :] * weights[:, None, None]
        self.precision = self._prior + self.gather(self._basis, forms)
        self.told = self.collect(self._basis, (weights * told.values)[:, None] * told.normals)

    def look_up(self, places: Reals) -> tuple[Indices, Doubles]:
        """The knots around places (n, 2), and their shares: (n, 16) each."""
        (left, across), (top, down) = (spread(places[:, axis] / self.spacing, self.shape[1 - axis]) for axis in (0, 1))
        knots = (top[:, None] + np.arange(4))[:, :, None] * self.shape[1] + (left[:, None] + np.arange(4))[:, None]
        return self.numbers[knots.reshape(-1, 16)], (down[:, :, None] * across[:, None, :]).reshape(-1, 16)

    def gather(self, basis: tuple[Indices, Doubles], forms: Doubles) -> Doubles:
        """The precision (2 m, 2 m) that quadratic forms (n, 2, 2) at places give the knots."""
        knots, shares = basis
        count = self.count
        pairs = (knots[:, :, None] * count + knots[:, None, :]).ravel()
        products = shares[:, :, None] * shares[:, None, :]
        result = np.zeros((2, count, 2, count))
        for i, k in ((0, 0), (0, 1), (1, 1)):
            part = np.bincount(pairs, (products * forms[:, i, k, None, None]).ravel(), count * count)
            result[i, :, k] = part.reshape(count, count)
        result[1, :, 0] = result[0, :, 1].T
        return result.reshape(2 * count, 2 * count)

    def collect(self, basis: tuple[Indices, Doubles], values: Reals) -> Doubles:
        """The transpose of `read`: what values (n, 2) say to the knots (2 m,)."""
        knots, shares = basis
        parts = [np.bincount(knots.ravel(), (shares * values[:, i : i + 1]).ravel(), self.count) for i in (0, 1)]
        return np.concatenate(parts).astype(np.float64)

    def read(self, basis: tuple[Indices, Doubles], knots: Doubles) -> Doubles:
        """The displacements (n, 2) at places."""
        planes = knots.reshape(2, -1)
        return np.stack([(plane[basis[0]] * basis[1]).sum(axis=1) for plane in planes], axis=-1)

    def draw(self, knots: Doubles, step: float) -> Displacement:
        """The displacement on a grid of places at every `step` pixels."""
        every = np.zeros((2, self.shape[0] * self.shape[1]))
        every[:, self.reached] = knots.reshape(2, -1)
        down, across = (np.arange(-(-length // step) + 1) * step for length in self.size[::-1])
        return Displacement(draw_lattice(every.reshape(2, *self.shape), self.spacing, across, down), step)


def _list_cells(depth: SeenDepth) -> Doubles:
    """Places (n, 2) on the object at even intervals, and as far around it as its outline may be told of."""
    rows, columns = np.nonzero(depth.distances[::_EVERY, ::_EVERY] < 1e20)
    around = np.array([(x, y) for x in (-_BESIDE, 0, _BESIDE) for y in (-_BESIDE, 0, _BESIDE)])
    places = np.stack([columns, rows], axis=-1)[:, None] * _EVERY + around
    return np.clip(places.reshape(-1, 2), 0, depth.size).astype(np.float64)


class Pair:
    """An overlap as rows of the least squares: moves of the first less those of the second, as the first sees them."""

    def __init__(self, overlap: SharedSurface, fields: Sequence[Field]) -> None:
        self.overlap = overlap
        self.ends = (fields[overlap.first], fields[overlap.second])
        self.bases = (self.ends[0].look_up(overlap.places), self.ends[1].look_up(overlap.others))
        self.back, self.goal = overlap.back, np.zeros((len(overlap.places), 2))
        self.weights = self._sure = np.zeros((len(overlap.places), 2, 2))

    def take(self, flow: Flow, moves: Sequence[Displacement | None]) -> None:
        """Take what the images say that are laid by `moves`."""
        # The content that is found beside a place has been moved by what moves it there; and a step along the surface
        # is, in each image, as long as its displacement stretches it.
        places, others = self.overlap.places, self.overlap.others
        first, second = moves[self.overlap.first], moves[self.overlap.second]
        self.back = measure_stretch(first, places) @ self.overlap.back @ np.linalg.inv(measure_stretch(second, others))
        self.goal = flow.moves + _evaluate(first, places + flow.moves) - turn(self.back, _evaluate(second, others))
        self.weights = self._sure = flow.precision

    def weigh(self, knots: Sequence[Doubles], wide: float) -> None:
        """Let places that do not fit count less (Geman and McClure)."""
        rest = ((self.goal - self.differ(knots)) ** 2).sum(axis=1)
        self.weights = self._sure / ((1 + rest / wide**2) ** 2)[:, None, None]

    def differ(self, knots: Sequence[Doubles]) -> Doubles:
        """The differences (n, 2) that knots say."""
        numbers = (self.overlap.first, self.overlap.second)
        first, second = (
            field.read(basis, knots[number])
            for field, basis, number in zip(self.ends, self.bases, numbers, strict=True)
        )
        return first - turn(self.back, second)

    def add(self, rows: Doubles, into: list[Doubles]) -> None:
        """Add the transpose of `differ` of weighted rows (n, 2) to vectors of knots."""
        rows = turn(self.weights, rows)
        into[self.overlap.first] = into[self.overlap.first] + self.ends[0].collect(self.bases[0], rows)
        back = turn(self.back.transpose(0, 2, 1), rows)
        into[self.overlap.second] = into[self.overlap.second] - self.ends[1].collect(self.bases[1], back)

    def add_own(self, number: int, precision: Doubles) -> None:
        """Add what the pair says of a view alone to its precision."""
        back = self.back
        if number == self.overlap.first:
            precision += self.ends[0].gather(self.bases[0], self.weights)
        elif number == self.overlap.second:
            precision += self.ends[1].gather(self.bases[1], back.transpose(0, 2, 1) @ self.weights @ back)


def turn(matrices: Reals, vectors: Reals) -> Doubles:
    """Each vector (n, 2) by its matrix (n, 2, 2)."""
    return np.einsum("nij,nj->ni", matrices, vectors)


def _evaluate(move: Displacement | None, places: Reals) -> Doubles:
    return np.zeros((len(places), 2)) if move is None else move.evaluate(places)


def measure_stretch(move: Displacement | None, places: Reals) -> Doubles:
    """The Jacobians (n, 2, 2) of place + displacement."""
    result = np.tile(np.eye(2), (len(places), 1, 1))
    for axis, step in enumerate(_BETWEEN * np.eye(2)):
        ends = _evaluate(move, places + step) - _evaluate(move, places - step)
        result[:, :, axis] += ends / (2 * _BETWEEN)
    return result


def solve(
    fields: Sequence[Field], pairs: Sequence[Pair], knots: list[Doubles] | None, wide: Sequence[float]
) -> list[Doubles]:
    """The knots of all views, those of one flat (m,), from some on.

    What lies `wide` pixels off counts a quarter, round by round.
    """
    if knots is None:
        knots = _descend(fields, pairs, [np.zeros_like(field.told) for field in fields])
    for each in wide:
        for pair in pairs:
            pair.weigh(knots, each)
        for field, own in zip(fields, knots, strict=True):
            field.weigh(own, each / 2)
        knots = _descend(fields, pairs, knots)
    return knots


def _invert(number: int, field: Field, pairs: Sequence[Pair]) -> Reals:
    """The covariance of one view with its own part of all pairs."""
    total = field.precision.copy()
    for pair in pairs:
        pair.add_own(number, total)
    return np.linalg.inv(total)


def _descend(fields: Sequence[Field], pairs: Sequence[Pair], knots: list[Doubles]) -> list[Doubles]:
    """Preconditioned conjugate gradients from `knots` on."""
    inverses = [_invert(number, field, pairs) for number, field in enumerate(fields)]

    def multiply(vectors: Sequence[Doubles]) -> list[Doubles]:
        result = [field.precision @ own for field, own in zip(fields, vectors, strict=True)]
        for pair in pairs:
            pair.add(pair.differ(vectors), result)
        return result

    right = [field.told for field in fields]
    for pair in pairs:
        pair.add(pair.goal, right)
    rest = [goal - own for goal, own in zip(right, multiply(knots), strict=True)]
    smooth = _multiply_each(inverses, rest)
    way, size = smooth, _dot(rest, smooth)
    least = _EXACT * _dot(right, _multiply_each(inverses, right))
    for _ in range(_ITERATIONS):
        if size <= least:
            break
        ahead = multiply(way)
        length = size / _dot(way, ahead)
        knots = [own + length * step for own, step in zip(knots, way, strict=True)]
        rest = [own - length * step for own, step in zip(rest, ahead, strict=True)]
        smooth = _multiply_each(inverses, rest)
        size, before = _dot(rest, smooth), size
        way = [own + size / before * step for own, step in zip(smooth, way, strict=True)]
    return knots


def _multiply_each(matrices: Sequence[Reals], vectors: Sequence[Doubles]) -> list[Doubles]:
    return [np.asarray(matrix @ own, np.float64) for matrix, own in zip(matrices, vectors, strict=True)]


def _dot(one: Sequence[Reals], other: Sequence[Reals]) -> float:
    return float(sum(a @ b for a, b in zip(one, other, strict=True)))
