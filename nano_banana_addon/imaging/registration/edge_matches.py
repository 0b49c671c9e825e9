# SPDX-License-Identifier: GPL-3.0-or-later
"""Points on a guide's edges, and the affine map by which a picture's edges come to lie on them.

An edge tells nothing of motion along itself; so each point only says how far its edge has moved *across* itself, and
the map is solved from all of them (as in model-based tracking: Harris & Stennett 1990; Drummond & Cipolla 2002).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Indices, Reals
from .edges import Edges

_CELL = 6  # pixels: at most one point in each square of this side
_REACHES = (8, 6, 4, 3, 3, 2, 2)  # how far across the edge is looked, per round
_LEFT_REACH = 10  # how far off a part may be that the one map could not lay in place
_BY_CHANCE = 0.42  # of the points of an unrelated picture agree to within `_NEAR`
_NEAR = 0.75
_HOLD_TURN, _TURN = 0.02, 1.5  # of the weight of all points; pixels at the picture's border
# Turn, stretch and shear, as what they make of the six numbers of an affine map.
_TURNS = np.array([[0, -1, 0, 1, 0, 0], [1, 0, 0, 0, -1, 0], [0, 1, 0, 1, 0, 0]]) / 2


@dataclass(frozen=True, slots=True)
class EdgePoints:
    """`places` (n, 2) x and y in pixels, `normals` (n, 2) across the edge, `weights` (n,)."""

    places: Reals
    normals: Reals
    weights: Reals


def edge_points(edges: Edges, weight: Reals | None = None) -> EdgePoints:
    """The strongest edge pixel of each small cell that has one, moved onto the edge itself.

    `weight` (height, width) 0 ... 1 leaves pixels out.
    """
    strength = edges.strength()
    if weight is not None:
        strength = strength * weight
    strength[[0, 1, -1, -2]] = 0
    strength[:, [0, 1, -1, -2]] = 0
    rows, columns = _strongest_of_cells(strength)
    found = strength[rows, columns]
    if not len(found) or float(found.max()) <= 0:
        return EdgePoints(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    # Relative to the stronger edges: faint shading is not a shape; 4 = a step of 2 of 255.
    kept = found > max(0.004 * float(np.percentile(found, 95)), 4.0)
    rows, columns, found = rows[kept], columns[kept], found[kept]
    xx, xy, yy = (plane[rows, columns].astype(np.float64) for plane in edges.tensor)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    normals = np.stack([np.cos(angle), np.sin(angle)], -1)
    places = np.stack([columns + 0.5, rows + 0.5], -1)
    points = EdgePoints(places, normals, found.astype(np.float64) ** 0.25)
    offset, _ = _across(points, places, edges, 2)
    onto = places + np.clip(offset, -1.5, 1.5)[:, None] * normals
    return EdgePoints(onto, normals, points.weights)


def follow(points: EdgePoints, picture: Edges, start: Reals) -> tuple[Reals, float, float]:
    """The map (2 x 3) from guide to picture, improved from `start`.

    Also how much of the edges agrees beyond chance (0 ... 1), and the median distance that remains.
    """
    matrix = start.copy()
    if len(points.places) < 12:
        return matrix, 0.0, 0.0
    moved = trust = np.zeros(0)
    for reach in _REACHES:
        now = points.places @ matrix[:, :2].T + matrix[:, 2]
        moved, trust = _across(points, now, picture, reach)
        matrix = matrix + _solve(points, moved, trust * points.weights, matrix, picture.shape, reach)
    now = points.places @ matrix[:, :2].T + matrix[:, 2]
    moved, trust = _across(points, now, picture, 3)
    agreement = _agreement(moved, trust * points.weights)
    moved, trust = _across(points, now, picture, _LEFT_REACH)
    return matrix, agreement, _measure_residual(moved, trust * points.weights)


def _agreement(moved: Reals, weights: Reals) -> float:
    share = float((weights * (np.abs(moved) < _NEAR)).sum() / max(float(weights.sum()), 1e-9))
    return float(np.clip((share - _BY_CHANCE) / (0.95 - _BY_CHANCE), 0.0, 1.0))


def _measure_residual(moved: Reals, weights: Reals) -> float:
    """The distance by which the shapes are still off, in pixels.

    An edge shows only the part of it across itself, which in the median over all directions is the cosine of 45 degrees
    of the whole. Where the image lacks an edge of the guide, another one is found by chance, at any distance with equal
    probability: as many as the emptiest distances hold are not counted.
    """
    distances = np.abs(moved)
    held, _ = np.histogram(distances, np.arange(0, _LEFT_REACH + 1, 2), weights=weights)
    order = np.argsort(distances)
    chance = float(held.min()) / 2 * distances[order]
    total = np.maximum.accumulate(np.cumsum(weights[order]) - chance) if len(order) else chance
    if not len(total) or total[-1] <= 0:
        return 0.0
    return float(np.sqrt(2.0) * distances[order][np.searchsorted(total, total[-1] / 2)])


def _strongest_of_cells(strength: Reals) -> tuple[Indices, Indices]:
    down, across = strength.shape[0] // _CELL, strength.shape[1] // _CELL
    cells = strength[: down * _CELL, : across * _CELL].reshape(down, _CELL, across, _CELL)
    flat = cells.transpose(0, 2, 1, 3).reshape(down * across, _CELL * _CELL)
    best = flat.argmax(axis=1)
    index: Indices = np.arange(down * across, dtype=np.intp)
    rows = index // across * _CELL + best // _CELL
    columns = index % across * _CELL + best % _CELL
    return rows, columns


def _across(points: EdgePoints, now: Reals, picture: Edges, reach: int) -> tuple[Reals, Reals]:
    """The distance across its edge at which the image has an edge, for each point (n,), and its clarity (n,).

    Distances are in pixels, at most `reach`; the clarity is 0 ... 1.
    """
    along = across_profiles(points.normals, now, picture, reach)
    steps = np.arange(-reach, reach + 1)
    preferred = along * (1.0 - 0.3 * (steps / (reach + 1.0)) ** 2)
    peak = preferred.argmax(axis=1)
    inner = np.clip(peak, 1, len(steps) - 2)
    index = np.arange(len(peak))
    before, top, after = along[index, inner - 1], along[index, inner], along[index, inner + 1]
    bend = np.maximum(2 * top - before - after, 1e-6)
    fraction = np.clip(0.5 * (after - before) / bend, -0.5, 0.5)
    moved = np.where(peak == inner, steps[inner] + fraction, steps[peak])
    background = np.median(along, axis=1)
    trust = np.clip((top - background) / (top + 2.0), 0.0, 1.0) * (peak == inner)
    return moved.astype(np.float64), trust.astype(np.float64)


def across_profiles(normals: Reals, now: Reals, picture: Edges, reach: int) -> Reals:
    """How strongly the image has an edge of each point's direction at -`reach` ... `reach` pixels across it (n, k).

    `now` (n, 2) are the points' places in the image, `normals` (n, 2) across their edges.
    """
    steps = np.arange(-reach, reach + 1)
    spots = now[:, None, :] + steps[None, :, None] * normals[:, None, :]
    xx, xy, yy = _sample_planes(picture.tensor, spots)
    nx, ny = normals[:, :1], normals[:, 1:]
    return np.sqrt(np.maximum(xx * nx * nx + 2 * xy * nx * ny + yy * ny * ny, 0.0))


def _sample_planes(planes: Reals, spots: Reals) -> list[Reals]:
    """Bilinear samples of planes (k, height, width) at x, y; a pixel's centre has .5."""
    height, width = planes.shape[1:]
    x = np.clip(spots[..., 0] - 0.5, 0, width - 1.001).astype(np.float32)
    y = np.clip(spots[..., 1] - 0.5, 0, height - 1.001).astype(np.float32)
    left, top = x.astype(np.int32), y.astype(np.int32)
    right, down = x - left, y - top
    start = top * width + left
    result: list[Reals] = []
    for plane in planes:
        flat = plane.reshape(-1)
        upper = flat[start] * (1 - right) + flat[start + 1] * right
        lower = flat[start + width] * (1 - right) + flat[start + width + 1] * right
        result.append(upper * (1 - down) + lower * down)
    return result


def _solve(
    points: EdgePoints,
    moved: Reals,
    weights: Reals,
    matrix: Reals,
    shape: tuple[int, int],
    reach: int,
) -> Reals:
    """The change of `matrix` that most points agree on: weighted least squares, Tukey's biweight."""
    half = max(shape) / 2.0
    centre = np.array([shape[1] / 2.0, shape[0] / 2.0])
    local = (points.places - centre) / half
    ones = np.ones((len(local), 1))
    nx, ny = points.normals[:, :1], points.normals[:, 1:]
    design = np.hstack([nx * local, nx * ones, ny * local, ny * ones])
    solution = np.zeros(6)
    # A light pull towards no change, more on bending than on shift: for what no edge decides.
    total = max(float(weights.sum()), 1e-9)
    ridge = np.diag([3.0, 3.0, 0.1, 3.0, 3.0, 0.1]) * 1e-3 * total
    ridge, pull = _add_turn_prior(ridge, (matrix[:, :2] - np.eye(2)) * half, total)
    for _ in range(6):
        rest = moved - design @ solution
        limit = max(1.0, min(4.685 * 1.4826 * float(np.median(np.abs(rest))), reach + 1.0))
        robust = weights * np.clip(1.0 - (rest / limit) ** 2, 0.0, None) ** 2
        weighted = design * robust[:, None]
        solution = np.linalg.solve(weighted.T @ design + ridge, weighted.T @ moved + pull)
    linear = solution.reshape(2, 3)
    change = np.hstack([linear[:, :2] / half, linear[:, 2:]])
    change[:, 2] -= change[:, :2] @ centre
    return change


def _add_turn_prior(ridge: Reals, bent: Reals, total: float) -> tuple[Reals, Reals]:
    """The ridge with a weak prior for a map without rotation, stretch and shear.

    A model shifts and scales; what little seems to rotate a round outline is chance. The prior does not hold large
    rotations back (Cauchy's weight), because they are real.
    """
    pull = np.zeros(6)
    for row in _TURNS:
        so_far = float(row[[0, 1, 3, 4]] @ bent.reshape(-1))
        hold = _HOLD_TURN * total / (1.0 + (so_far / _TURN) ** 2)
        ridge = ridge + hold * np.outer(row, row)
        pull -= hold * so_far * row
    return ridge, pull
