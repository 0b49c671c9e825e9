# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that a model moved or scaled on their own: what one map leaves, followed by a smooth displacement.

The outline is measured along all its length; edges inside of it, where surfaces end before others or fold, are looked
for only as far from where the outline lets expect them as that is uncertain (active search), and the displacement is
fitted again. It is kept only if it also lays parts of the outline in place that it was not fitted to, moves nothing
farther than a model does, and never folds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Doubles, Indices, Pixels, Reals
from ..registration.edge_matches import EdgePoints, across_profiles, edge_points
from ..registration.edges import Edges, blur, find_edges
from .contour import ARC, INSIDE, Contour, measure_contour
from .displacement import Displacement, bend
from .displacement_fit import Lattice, build_lattice, draw_lattice
from .joint_solve import Evidence
from .rigid_parts import RigidParts, fit_parts

#: Of the longer side. Less is left by noise alone; more is another shape than that of the guide.
LEAST_LEFT, _FARTHEST = 1.0 / 1024, 16 / 1024
_STIFFNESS = (1.0, 1.6, 2.5)  # tried until nothing folds
_LEAST_DETERMINANT = 0.3
_INNER_WEIGHT = 0.15  # inverse variance; neighbouring places err together
_GAIN = 0.6  # of what was left on the arcs that were held back
_LEAST_STEP = 150.0  # strength of an edge that is no shading
_MOST_POINTS, _ROUNDS = 1500, 5
_SEARCH, _NEAREST, _WIDEST = 12, 1.0, 5.0  # pixels to each side; bounds of the expected distance
_GRID = 4  # pixels between two places of the result
_GATHER = 10.0  # pixels along an edge over which its evidence is gathered


@dataclass(frozen=True, slots=True, eq=False)
class PartDrift:
    """The displacement in pixels of the guide, and the median distance of the outline that it leaves.

    `evidence`: what edges tell, in pixels of the guide that was measured in; None where parts moved as wholes.
    """

    displacement: Displacement
    left_px: float
    evidence: Evidence | None = None

    def enlarge(self, scale: float) -> PartDrift:
        """The same in a guide `scale` times as large."""
        found = self.displacement
        return replace(self, displacement=found.enlarge(scale), left_px=self.left_px * scale)

    def bend(self, picture: Pixels, matrix: Reals) -> Pixels:
        """The image (h, w, 3) with its parts moved back; `matrix` (2, 3) maps its pixels to those of the guide."""
        return bend(picture, self.displacement, matrix)


def follow_parts(laid: Pixels, guide: Pixels, silhouette: Pixels, parts: Reals) -> PartDrift | None:
    """What an image (h, w, 3) that one map laid on its guide (h, w, channels) still is off; None where none holds.

    `silhouette` (h, w) is above 127 on the object, `parts` (h, w) a number for each part, negative beside them. The
    displacement maps places of the guide to the image's content.
    """
    numbers = _number_parts(parts)
    contour = measure_contour(laid, silhouette, numbers)
    least = LEAST_LEFT * max(silhouette.shape)
    if contour is None or _judge_worst(contour.distances, contour.weights, contour.parts) < least:
        return None
    as_wholes = _move_parts(contour, numbers, least)
    if as_wholes is not None and _holds(as_wholes, silhouette):
        return as_wholes
    edges, inner = find_edges(laid.astype(np.float32)), _find_inner_edges(guide, silhouette)
    for stiffness in _STIFFNESS:
        bent = _bend_smoothly(contour, inner, edges, stiffness)
        if bent is not None and _holds(bent, silhouette):
            return bent
    return None


def _holds(found: PartDrift, silhouette: Pixels) -> bool:
    return is_plausible(found.displacement, max(silhouette.shape))


def is_plausible(displacement: Displacement, longer: int) -> bool:
    """Whether nothing folds, and nothing is moved farther than a model does; `longer` is the guide's longer side."""
    farthest = float(np.abs(displacement.moves).max())
    return displacement.measure_fold() >= _LEAST_DETERMINANT and farthest <= _FARTHEST * longer


def measure_left(displacement: Displacement, evidence: Evidence) -> float:
    """The median distance in pixels of the edges that a displacement leaves."""
    moves = (displacement.evaluate(evidence.places) * evidence.normals).sum(axis=1)
    return _judge(evidence.values - moves, evidence.weights)


def _move_parts(contour: Contour, numbers: Indices, least: float) -> PartDrift | None:
    """Every part shifted and scaled as a whole, where that lays the outline in place; `least` is exact enough.

    Of a single part the registration's map has taken care.
    """
    if contour.parts.max() < 1:
        return None
    known, judged = _hold_back(contour)
    longer = max(numbers.shape)
    rest = contour.distances - _measure_across(_fit_rigid(contour, known, longer), contour)
    if _judge_worst(rest, judged, contour.parts) >= least:
        return None
    rigid = _fit_rigid(contour, contour.weights, longer)
    left = _judge(contour.distances - _measure_across(rigid, contour), contour.weights)
    return PartDrift(Displacement(rigid.draw(numbers[::_GRID, ::_GRID], _GRID), _GRID), left)


def _bend_smoothly(contour: Contour, inner: EdgePoints, edges: Edges, stiffness: float) -> PartDrift | None:
    """All that is near to edges moved smoothly; None where that does not lay the rest of the outline in place."""
    height, width = edges.shape
    lattice = build_lattice(np.concatenate([contour.places, inner.places]), (width, height), stiffness)
    known, judged = _hold_back(contour)
    _, at_points, _ = _fit_contour(lattice, contour, known)
    rest = contour.distances - (at_points[: len(known)] * contour.normals).sum(axis=1)
    before = _judge_worst(contour.distances, judged, contour.parts)
    if _judge_worst(rest, judged, contour.parts) > _GAIN * before:
        return None
    knots, at_contour, evidence = _follow(lattice, contour, inner, edges)
    down, across = (np.arange(-(-length // _GRID) + 1) * float(_GRID) for length in (height, width))
    left = _judge(contour.distances - (at_contour * contour.normals).sum(axis=1), contour.weights)
    return PartDrift(Displacement(draw_lattice(knots, lattice.spacing, across, down), _GRID), left, evidence)


def _hold_back(contour: Contour) -> tuple[Reals, Reals]:
    """The weights (n,) of the places to fit to, and of those to judge by."""
    return np.where(contour.held, 0.0, contour.weights), np.where(contour.held, contour.weights, 0.0)


def _number_parts(parts: Reals) -> Indices:
    """Parts (h, w) numbered from 0 on, -1 beside them."""
    found, numbers = np.unique(parts, return_inverse=True)
    beside = int((found < 0).sum())
    return np.maximum(numbers.reshape(parts.shape) - beside, -1).astype(np.intp)


def _fit_rigid(contour: Contour, weights: Reals, longer: int) -> RigidParts:
    used = weights * (contour.parts >= 0)
    return fit_parts(contour.places, contour.normals, contour.distances, used, contour.parts, longer)


def _measure_across(rigid: RigidParts, contour: Contour) -> Doubles:
    """How far the motions of the parts move the outline across itself (n,)."""
    return (rigid.evaluate(contour.places, contour.parts) * contour.normals).sum(axis=1)


def _fit_contour(lattice: Lattice, contour: Contour, weights: Reals) -> tuple[Doubles, Doubles, Doubles]:
    """The lattice's fit to the outline alone."""
    others = len(lattice.knots) - len(weights)
    normals = np.pad(contour.normals, ((0, others), (0, 0)))
    distances, all_weights = np.pad(contour.distances, (0, others)), np.pad(weights, (0, others))
    found = lattice.fit(normals, distances, all_weights)
    for _ in range(2):
        rest = distances - (found[1] * normals).sum(axis=1)
        found = lattice.fit(normals, distances, all_weights * np.clip(1 - (rest / _WIDEST) ** 2, 0, None) ** 2)
    return found


def _follow(lattice: Lattice, contour: Contour, inner: EdgePoints, edges: Edges) -> tuple[Doubles, Doubles, Evidence]:
    """The knots that fit the outline and the edges inside of it, what they say at the outline (n, 2), and these."""
    count = len(contour.places)
    knots, at_points, _ = _fit_contour(lattice, contour, contour.weights)
    if not len(inner.places):
        told = Evidence(contour.places, contour.normals, contour.distances, contour.weights, contour.outline)
        return knots, at_points[:count], told
    normals, gather = np.concatenate([contour.normals, inner.normals]), _build_gathering(inner)
    rest = contour.distances - (at_points[:count] * contour.normals).sum(axis=1)
    outer = contour.weights * np.clip(1 - (rest / _WIDEST) ** 2, 0, None) ** 2
    # How sure a place is across its own edge: the outline's fit again, with the directions of all points.
    values, weights = (np.pad(each, (0, len(inner.places))) for each in (contour.distances, outer))
    knots, at_points, doubt = lattice.fit(normals, values, weights)
    for _ in range(_ROUNDS):
        expected = (at_points[count:] * inner.normals).sum(axis=1)
        off, trust = _search(inner, at_points[count:], doubt[count:], edges, gather)
        values[count:], weights[count:] = expected + off, trust * _INNER_WEIGHT
        knots, at_points, doubt = lattice.fit(normals, values, weights)
    places = np.concatenate([contour.places, inner.places])
    told = Evidence(places, normals, values, weights, contour.outline)
    return knots, at_points[:count], told


def _search(
    inner: EdgePoints, at: Doubles, doubt: Doubles, edges: Edges, gather: tuple[Doubles, Doubles]
) -> tuple[Doubles, Doubles]:
    """How far from where it is expected each edge lies (n,), and how clear that is (n,), 0 ... 1."""
    steps = np.arange(-_SEARCH, _SEARCH + 1.0)
    profile = across_profiles(inner.normals, inner.places + at, edges, _SEARCH)
    profile = profile / (profile + np.median(profile, axis=1, keepdims=True) + 4.0)
    same, opposite = gather
    profile = same @ profile + opposite @ profile[:, ::-1]
    level = np.median(profile, axis=1, keepdims=True)
    raised = np.maximum(profile - level, 0) ** 2
    width = np.clip(doubt, _NEAREST, _WIDEST)[:, None]
    likely = raised * np.exp(-((steps / width) ** 2) / 2)
    peak = likely.argmax(axis=1)
    around = likely * (np.abs(steps - steps[peak][:, None]) <= 2)
    total = np.maximum(around.sum(axis=1), 1e-9)
    alone = total / np.maximum((raised * np.exp(-((steps / width) ** 2) / 8)).sum(axis=1), 1e-9)
    height = (profile[np.arange(len(peak)), peak] - level[:, 0]) / (profile.std(axis=1) + 1e-3)
    return (around * steps).sum(axis=1) / total, np.minimum(alone, 1) * np.clip((height - 1) / 1.5, 0, 1)


def _build_gathering(inner: EdgePoints) -> tuple[Doubles, Doubles]:
    """The shares (n, n) by which profiles of near edges of one direction are gathered, and of the opposite one."""
    apart = ((inner.places[:, None] - inner.places[None]) ** 2).sum(axis=-1)
    alike = inner.normals @ inner.normals.T
    near = np.exp(-apart / (2 * _GATHER**2)) * np.clip((np.abs(alike) - 0.9) / 0.1, 0, 1)
    near /= near.sum(axis=1, keepdims=True)
    return near * (alike > 0), near * (alike <= 0)


def _find_inner_edges(guide: Pixels, silhouette: Pixels) -> EdgePoints:
    """Points on the clear edges of the guide inside of its outline; the clearest ones where there are many."""
    edges = find_edges(guide.astype(np.float32))
    inside = blur((silhouette < 128).astype(np.float32), INSIDE) < 1e-3
    points = edge_points(edges, inside.astype(np.float32))
    columns, rows = (np.clip(points.places[:, axis].astype(np.intp), 0, edges.shape[1 - axis] - 1) for axis in (0, 1))
    strength = edges.strength()[rows, columns] if len(points.places) else np.zeros(0)
    chosen = np.argsort(-strength)[: min(_MOST_POINTS, int((strength > _LEAST_STEP).sum()))]
    return EdgePoints(points.places[chosen], points.normals[chosen], points.weights[chosen])


def _judge_worst(distances: Reals, weights: Reals, parts: Indices) -> float:
    """`_judge` of the part that is farthest off, of those with enough of the outline."""
    own = [(parts == number) * weights for number in range(int(parts.max(initial=-1)) + 1)]
    enough = [share for share in own if np.count_nonzero(share) >= ARC]
    return max((_judge(distances, share) for share in enough), default=0.0)


def _judge(distances: Reals, weights: Reals) -> float:
    """The median distance: an edge shows, over all directions, the cosine of 45 degrees of its motion."""
    order = np.argsort(np.abs(distances))
    total = np.cumsum(weights[order])
    if not len(total) or total[-1] <= 0:
        return 0.0
    return float(np.sqrt(2.0) * np.abs(distances)[order][np.searchsorted(total, total[-1] / 2)])
