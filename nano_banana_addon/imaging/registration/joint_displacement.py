# SPDX-License-Identifier: GPL-3.0-or-later
"""The displacements of several views at once: what their edges tell, and where they show the same surface.

Far from all edges one image does not say how far it has slid along a surface. Two images that show the surface say how
far they lie apart; all of that together is one least squares problem (Gaussian process), from coarse to fine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Doubles, Floats, Indices, Pixels, Reals
from .displacement import Displacement
from .displacement_fit import build_lattice, draw_lattice, spread
from .outline import sample
from .overlaps import SeenDepth, SharedSurface, find_overlaps, measure_flow, reduce

#: Size of the pixels, reach, half the patch (both in these), inverse variance of one place (neighbours err together).
_LEVELS = ((4, 5, 5, 0.2), (2, 3, 7, 0.4), (2, 2, 6, 0.6))
_WIDE = (6.0, 3.0)  # pixels: what lies farther off in the fit counts less
_ITERATIONS, _EXACT = 60, 1e-6  # of the conjugate gradients
_FIXED = 1e6  # precision of a view that stays
_FEWEST, _TRUSTED = 100.0, 0.3  # sum of trust that is needed in all; of one place that is judged
_GAIN = 0.6  # of the distance between views that may be left


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What edges tell of a displacement: place k (n, 2) lies `values[k]` along `normals[k]`, by inverse variances."""

    places: Reals
    normals: Reals
    values: Reals
    weights: Reals


@dataclass(frozen=True, slots=True, eq=False)
class LaidView:
    """An image (h, w, 3) as one map laid it on its guide, what the view sees, and how far the content still is off.

    Without `evidence` it lies right, and stays.
    """

    laid: Pixels
    depth: SeenDepth
    displacement: Displacement | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """What is left of aligning a view on its own: the image (h, w, 3) before it was bent, and how it lies.

    `matrix` (2, 3) maps its pixels to those of the guide it was registered to, which is `scale` times as large as the
    one that `laid` is in.
    """

    picture: Pixels
    matrix: Reals
    laid: LaidView
    scale: float


class _Field:
    """The lattice of one view: its precision (2 m, 2 m) and what is told of it (2 m,) by the edges."""

    def __init__(self, view: LaidView) -> None:
        width, height = view.depth.size
        cells = np.stack(np.meshgrid(np.arange(0, width + 1, 8.0), np.arange(0, height + 1, 8.0)), -1).reshape(-1, 2)
        lattice = build_lattice(cells, (width, height))
        self.view, self.shape, self.spacing = view, lattice.shape, lattice.spacing
        self.reached, self.count = lattice.reached, len(lattice.reached)
        self.numbers = np.zeros(lattice.shape[0] * lattice.shape[1], np.intp)
        self.numbers[self.reached] = np.arange(self.count)
        self.precision = np.zeros((2 * self.count, 2 * self.count))
        self.told = np.zeros(2 * self.count)
        prior = lattice.prior * (1.0 if view.evidence else _FIXED)
        for axis in (0, 1):
            own = slice(axis * self.count, (axis + 1) * self.count)
            self.precision[own, own] = prior
        self._prior = self.precision
        if view.evidence:
            self._basis = self.look_up(view.evidence.places)
            self._weigh(view.evidence, view.evidence.weights)

    def weigh(self, knots: Doubles, wide: float) -> None:
        """Let edges that do not fit count less (Geman and McClure)."""
        told = self.view.evidence
        if told is not None:
            rest = told.values - (self.read(self._basis, knots) * told.normals).sum(axis=1)
            self._weigh(told, told.weights / (1 + (rest / wide) ** 2) ** 2)

    def _weigh(self, told: Evidence, weights: Reals) -> None:
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

    def draw(self, knots: Doubles) -> Displacement | None:
        """The displacement on the grid of the one that was there."""
        if self.view.displacement is None:
            return None
        every = np.zeros((2, self.shape[0] * self.shape[1]))
        every[:, self.reached] = knots.reshape(2, -1)
        step = self.view.displacement.step
        rows, columns = self.view.displacement.moves.shape[:2]
        down: Doubles = np.arange(rows, dtype=np.float64) * step
        across: Doubles = np.arange(columns, dtype=np.float64) * step
        return Displacement(draw_lattice(every.reshape(2, *self.shape), self.spacing, across, down), step)


class _Pair:
    """An overlap as rows of the least squares: moves of the first less those of the second, as the first sees them."""

    def __init__(self, overlap: SharedSurface, fields: Sequence[_Field]) -> None:
        self.overlap = overlap
        self.ends = (fields[overlap.first], fields[overlap.second])
        self.bases = (self.ends[0].look_up(overlap.places), self.ends[1].look_up(overlap.others))
        self.goal = np.zeros((len(overlap.places), 2))
        self.trust = self.weights = np.zeros(len(overlap.places))
        self.flow = self.goal

    def measure(self, images: Sequence[Floats], moves: Sequence[Displacement | None], level: int) -> None:
        """Compare the images (h, w), laid by `moves`."""
        factor, reach, near, weight = _LEVELS[level]
        pair = (images[self.overlap.first], images[self.overlap.second])
        self.flow, trust = measure_flow(self.overlap, pair, factor, reach, near)
        spots = (self.overlap.places, self.overlap.others)
        numbers = (self.overlap.first, self.overlap.second)
        now = [_evaluate(moves[number], at) for number, at in zip(numbers, spots, strict=True)]
        self.goal = self.flow + now[0] - _turn(self.overlap.back, now[1])
        self.trust = trust
        self.weights = weight * trust

    def differ(self, knots: Sequence[Doubles]) -> Doubles:
        first, second = (
            field.read(basis, knots[number])
            for field, basis, number in zip(
                self.ends, self.bases, (self.overlap.first, self.overlap.second), strict=True
            )
        )
        return first - _turn(self.overlap.back, second)

    def add(self, rows: Doubles, into: list[Doubles]) -> None:
        """Add the transpose of `differ` of rows (n, 2) to vectors of knots."""
        into[self.overlap.first] = into[self.overlap.first] + self.ends[0].collect(self.bases[0], rows)
        back = _turn(self.overlap.back.transpose(0, 2, 1), rows)
        into[self.overlap.second] = into[self.overlap.second] - self.ends[1].collect(self.bases[1], back)


def follow_together(views: Sequence[LaidView]) -> list[Displacement | None] | None:
    """The displacements that fit edges and overlaps at once; None where the images do not show the same detail.

    Views without evidence stay, and hold the others.
    """
    overlaps = find_overlaps([view.depth for view in views])
    overlaps = [each for each in overlaps if views[each.first].evidence or views[each.second].evidence]
    if not overlaps:
        return None
    fields = [_Field(view) for view in views]
    pairs = [_Pair(overlap, fields) for overlap in overlaps]
    moves: list[Displacement | None] = [view.displacement for view in views]
    before, left = None, 0.0
    for level, (factor, *_) in enumerate(_LEVELS):
        images = [_lay(view, move, factor) for view, move in zip(views, moves, strict=True)]
        for pair in pairs:
            pair.measure(images, moves, level)
        left, trust = _judge(pairs)
        if trust < _FEWEST:
            return None
        before = left if before is None else before
        knots = _solve(fields, pairs)
        moves = [field.draw(own) for field, own in zip(fields, knots, strict=True)]
    return moves if left <= _GAIN * (before or 0.0) else None


def _judge(pairs: Sequence[_Pair]) -> tuple[float, float]:
    """How far views lie apart in the median, in pixels, and the sum of the trust."""
    trust = np.concatenate([pair.trust for pair in pairs])
    apart = np.concatenate([np.hypot(*pair.flow.T) for pair in pairs])[trust > _TRUSTED]
    return (float(np.median(apart)) if len(apart) else 0.0), float(trust.sum())


def _lay(view: LaidView, move: Displacement | None, factor: int) -> Floats:
    """The image in grey, its content moved back, reduced."""
    width, height = view.depth.size
    grey = view.laid.mean(axis=2, dtype=np.float32)
    if move is not None:
        spots = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
        grey = sample(grey[..., None], spots + move.evaluate(spots))[..., 0]
    return reduce(grey, factor)


def _evaluate(move: Displacement | None, places: Reals) -> Doubles:
    return np.zeros((len(places), 2)) if move is None else move.evaluate(places)


def _turn(matrices: Reals, vectors: Reals) -> Doubles:
    return np.einsum("nij,nj->ni", matrices, vectors)


def _solve(fields: Sequence[_Field], pairs: Sequence[_Pair]) -> list[Doubles]:
    """The knots (2 m,) of all views; pairs that do not fit count less and less (Geman and McClure)."""
    inverses = [np.linalg.inv(_add_pairs(number, field, pairs)) for number, field in enumerate(fields)]
    knots = [np.zeros_like(field.told) for field in fields]
    weights = [pair.weights for pair in pairs]
    knots = _descend(fields, pairs, inverses, knots)
    for wide in _WIDE:
        for pair, own in zip(pairs, weights, strict=True):
            rest = ((pair.goal - pair.differ(knots)) ** 2).sum(axis=1)
            pair.weights = own / (1 + rest / wide**2) ** 2
        for field, own in zip(fields, knots, strict=True):
            field.weigh(own, wide / 2)
        knots = _descend(fields, pairs, inverses, knots)
    return knots


def _add_pairs(number: int, field: _Field, pairs: Sequence[_Pair]) -> Doubles:
    """The precision of one view with its own part of all pairs."""
    total = field.precision.copy()
    for pair in pairs:
        back = pair.overlap.back
        if number == pair.overlap.first:
            total += field.gather(pair.bases[0], pair.weights[:, None, None] * np.eye(2))
        elif number == pair.overlap.second:
            total += field.gather(pair.bases[1], pair.weights[:, None, None] * (back.transpose(0, 2, 1) @ back))
    return total


def _descend(
    fields: Sequence[_Field], pairs: Sequence[_Pair], inverses: Sequence[Reals], knots: list[Doubles]
) -> list[Doubles]:
    """Preconditioned conjugate gradients from `knots` on."""

    def multiply(vectors: Sequence[Doubles]) -> list[Doubles]:
        result = [field.precision @ own for field, own in zip(fields, vectors, strict=True)]
        for pair in pairs:
            pair.add(pair.differ(vectors) * pair.weights[:, None], result)
        return result

    right = [field.told for field in fields]
    for pair in pairs:
        pair.add(pair.goal * pair.weights[:, None], right)
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
