# SPDX-License-Identifier: GPL-3.0-or-later
"""The map by which an image's outline comes to lie on its guide's: shift and scale, then affine, then local.

Shift and scale are looked for everywhere within reach, so that neither a large shift nor a local drift hides them. Then
the outline is followed and the map fitted to it by weighted least squares (Tukey's biweight), with less and less reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Pixels, Reals
from .outline import Outline, follow_path, trace_outline, unroll

#: Places on the outline in the search over shifts and scales; more change nothing but the time.
_SEARCHED, _STRIDE = 400, 3  # and pixels between two shifts
_SCALES = np.arange(-0.06, 0.0601, 0.01)
_ROUNDS = ((20, 4.0), (14, 3.0), (12, 1.0), (12, 0.7))  # reach across the outline, least scale of what differs
_EXACT = 0.3  # pixels left, at which shift and scale are enough
_AFFINE_GAIN = 0.6  # of the distance that is left without turn, stretch and shear
#: Pixels: how far off a part may be that the map could not lay in place.
LEFT_REACH = 20
_TOLERANCE = 8 / 1024  # of the longer side: local drift at which a part of the outline still counts by a third
_FAINT, _CLEAR = 0.8, 2.0  # standard deviations: evidence that counts nothing, and fully
_BY_CHANCE = 0.5  # of the outline that an image of something else seems to have
_NO_CHANGE = 0.75  # pixels: a smaller correction is within what the outline can tell
_FIRM, _TURNS_FIRM = 1e-3, 0.02  # of all weight: the pull towards no change, and towards no turn, stretch and shear
_NOISE = 0.25  # pixels: so exactly an outline is found
#: Pixels by which an outline may be larger all around: an edge that is smooth in light lies further out in display
#: values.
GROWTH = 1.0
_GROWTH_FIRM = 0.05  # the pull towards none
_EVEN = 0.75  # pixels: median distance from that, with which it is so all around
_TURNS = np.array([[0, -1, 0, 1, 0, 0], [1, 0, 0, 0, -1, 0], [0, 1, 0, 1, 0, 0]]) / 2


@dataclass(frozen=True, slots=True)
class OutlineFit:
    """What the outline says: the map (2, 3) from guide to image pixels, and what it leaves.

    `agreement` 0 ... 1: how much of the outline is there, beyond chance; `local_px` the median distance by which it is
    still off.
    """

    matrix: Reals
    agreement: float
    local_px: float


def fit_outline(picture: Floats, silhouette: Pixels, reach: int) -> OutlineFit | None:
    """Fit an image (h, w, channels) to a silhouette (h, w) of its size; None where the silhouette has no outline.

    Shifts are looked for up to `reach` pixels.
    """
    outline = trace_outline(silhouette, max(reach, LEFT_REACH))
    if len(outline.places) < 16:
        return None
    size = (silhouette.shape[1], silhouette.shape[0])
    matrix = _search(unroll(picture, outline, np.eye(2, 3), reach)[0], outline, reach, size)
    matrix = _settle(picture, outline, matrix, size)
    still = np.eye(2, 3)
    moved = outline.places @ (matrix - still)[:, :2].T + matrix[:, 2]
    if float(np.median(np.hypot(*moved.T))) < _NO_CHANGE:
        matrix = still
    offsets, evidence = _measure(picture, outline, matrix, LEFT_REACH)
    tolerance = _TOLERANCE * max(size)
    clear = np.clip((evidence - _FAINT) / (_CLEAR - _FAINT), 0, 1)
    share = float((np.exp(-((offsets / tolerance) ** 2)) * clear).mean())
    agreement = float(np.clip((share - _BY_CHANCE) / (1 - _BY_CHANCE), 0, 1))
    offsets = _remove_growth(offsets)
    # Across itself an edge shows, in the median over all directions, the cosine of 45 degrees of its motion.
    local = float(np.sqrt(max(2.0 * np.median(np.abs(offsets)) ** 2 - _NOISE**2, 0.0)))
    return OutlineFit(matrix, agreement, local)


def measure_outline(picture: Floats, outline: Outline) -> tuple[Reals, Reals]:
    """How far off an image that is laid on its guide (h, w, channels) still is across each place of the outline.

    In pixels (n,), up to `LEFT_REACH`, and the evidence for it in standard deviations (n,).
    """
    offsets, evidence = measure_across(picture, outline, LEFT_REACH)
    grown = _remove_growth(offsets)
    # Where a part moved, the median is a part of its motion.
    return grown if float(np.median(np.abs(grown))) < _EVEN else offsets, evidence


def measure_across(picture: Floats, outline: Outline, reach: int) -> tuple[Reals, Reals]:
    """The same of an image (h, w, channels), (n,) each, up to `reach` pixels, with what the outline has grown by."""
    return _measure(picture, outline, np.eye(2, 3), reach)


def _remove_growth(offsets: Reals) -> Reals:
    """What is left without an even growth: that is no drift."""
    return offsets - np.clip(np.median(offsets), -GROWTH, GROWTH)


def _settle(picture: Floats, outline: Outline, start: Reals, size: tuple[int, int]) -> Reals:
    """The map (2, 3) improved from `start`: shift and scale; affine where that explains far more of what is left.

    Where parts have drifted by themselves, an affine map would turn and shear to please some of them.
    """
    found: list[tuple[float, Reals]] = []
    for affine in (False, True):
        if found and found[0][0] < _EXACT:
            return found[0][1]
        matrix = start
        for near, least in _ROUNDS:
            offsets, weights = _measure(picture, outline, matrix, near)
            matrix = matrix + _solve(outline, offsets, weights, size, least, affine=affine)
        left = float(np.abs(_measure(picture, outline, matrix, LEFT_REACH)[0]).mean())
        found.append((left, matrix))
    (plain_left, plain), (affine_left, affine_map) = found
    return affine_map if affine_left < _AFFINE_GAIN * plain_left else plain


def _search(evidence: Reals, outline: Outline, reach: int, size: tuple[int, int]) -> Reals:
    """The shift and scale about the centre that gather most evidence (n, 2 reach + 1), as a map (2, 3)."""
    part = slice(None, None, max(1, len(outline.places) // _SEARCHED))
    centre = np.array(size) / 2
    normals, places, rows = outline.normals[part], outline.places[part] - centre, _blur_rows(evidence[part])
    shifts = np.arange(-reach, reach + 1, _STRIDE)
    number = np.arange(len(places))[:, None]
    best, found = -np.inf, (0.0, 0.0, 0.0)
    for scale in _SCALES:
        across = (normals * places).sum(axis=1, keepdims=True) * scale + normals[:, :1] * shifts
        for shift in shifts:
            offset = across + normals[:, 1:] * shift
            column = np.clip(np.rint(offset).astype(np.intp) + reach, 0, 2 * reach)
            sums = rows[number, column].mean(axis=0)
            at = int(sums.argmax())
            if sums[at] > best:
                best, found = float(sums[at]), (float(scale), float(shifts[at]), float(shift))
    scale, dx, dy = found
    return np.array([[1 + scale, 0, dx - scale * centre[0]], [0, 1 + scale, dy - scale * centre[1]]])


def _blur_rows(values: Reals) -> Reals:
    """Wide enough that a local drift does not hide the shift."""
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / 3.0) ** 2)
    padded = np.pad(values, ((0, 0), (8, 8)), mode="edge")
    parts = (padded[:, i : i + values.shape[1]] * k for i, k in enumerate(kernel / kernel.sum()))
    return sum(parts, np.zeros_like(values))


def _measure(picture: Floats, outline: Outline, matrix: Reals, reach: int) -> tuple[Reals, Reals]:
    """How far off the image's outline is across each place (n,), in pixels, and the evidence for it (n,)."""
    evidence, edge = unroll(picture, outline, matrix, reach)
    path = follow_path(evidence, outline.ends)
    number = np.arange(len(path))
    near = np.clip(path[:, None] + np.arange(-2, 3), 0, 2 * reach)
    heights = edge[number[:, None], near]
    heights = heights - heights.min(axis=1, keepdims=True)
    fraction = (heights * np.arange(-2, 3)).sum(axis=1) / np.maximum(heights.sum(axis=1), 1e-6)
    return path - reach + fraction.astype(np.float64), np.clip(evidence[number, path], 0.05, 3.0).astype(np.float64)


def _solve(
    outline: Outline, offsets: Reals, weights: Reals, size: tuple[int, int], least: float, *, affine: bool
) -> Reals:
    """The change (2, 3) of the map that most places agree on, whether or not the whole outline is a little larger."""
    centre, half = np.array(size) / 2, max(size) / 2
    local, nx, ny = (outline.places - centre) / half, outline.normals[:, :1], outline.normals[:, 1:]
    design = np.hstack([nx * local, nx, ny * local, ny, np.ones_like(nx)])
    hold = np.diag([3.0, 3.0, 0.1, 3.0, 3.0, 0.1, _GROWTH_FIRM / _FIRM]) * _FIRM
    hold[:6, :6] += sum(np.outer(row, row) for row in _TURNS) * (_TURNS_FIRM if affine else 1e3)
    hold *= float(weights.sum())
    solution = np.zeros(7)
    for _ in range(8):
        rest = offsets - design @ solution
        limit = max(3 * least, 12 * float(np.median(np.abs(rest))))
        weighted = design * (weights * np.clip(1 - (rest / limit) ** 2, 0, None) ** 2)[:, None]
        solution = np.linalg.solve(weighted.T @ design + hold, weighted.T @ offsets)
    change = solution[:6].reshape(2, 3)
    change = np.hstack([change[:, :2] / half, change[:, 2:]])
    change[:, 2] -= change[:, :2] @ centre
    return change
