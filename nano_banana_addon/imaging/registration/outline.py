# SPDX-License-Identifier: GPL-3.0-or-later
"""The object's outline in a guide, and where a generated image has it.

The image is unrolled along the outline: a column for each place on it, a row for each distance across it. There the
image's own outline is one long line, however much is painted inside, and a shortest path finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Indices, Mask, Pixels, Reals

STEP = 3.0  # pixels between two places on the outline
_SHORTEST = 24.0  # pixels: smaller holes and specks are no outline
_WINDOW = 5  # pixels inside and outside of the outline that are compared
_LEVELS = 8  # of each channel, in which colours are counted
_RARE, _CERTAIN = 0.3, 2.0  # of all pixels: what any colour has for nothing; logarithm that is certain enough
_ALONG = 5  # places on each side over which evidence is gathered
_JUMP, _BEND = 2, 0.35  # rows that the path may change by, and what one costs


@dataclass(frozen=True, slots=True)
class Outline:
    """Places (n, 2) x and y in pixels, unit normals (n, 2) that point away from the object, and where loops end.

    `ends` are the numbers behind each loop's last place; `covered` (n, steps across) is 1 on the object, 0 beside it.
    """

    places: Reals
    normals: Reals
    ends: tuple[int, ...]
    covered: Reals


def trace_outline(silhouette: Pixels, reach: int = 0) -> Outline:
    """The outline of a silhouette (h, w) uint8, above 127 on the object; the image's border is no outline.

    `reach` is how far across it images are going to be unrolled at most.
    """
    places: list[Reals] = []
    normals: list[Reals] = []
    for loop in _trace_loops(silhouette > 127):
        smooth = _smooth_loop(loop)
        length = np.hypot(*np.diff(smooth, axis=0, append=smooth[:1]).T)
        total = float(length.sum())
        if total < _SHORTEST:
            continue
        at = np.arange(0.5, total / STEP) * STEP
        along = np.concatenate([[0.0], np.cumsum(length)])
        closed = np.vstack([smooth, smooth[:1]])
        spots = np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], -1)
        tangent = np.roll(spots, -1, 0) - np.roll(spots, 1, 0)
        normal = np.stack([tangent[:, 1], -tangent[:, 0]], -1)
        places.append(spots)
        normals.append(normal / np.maximum(np.hypot(*normal.T), 1e-9)[:, None])
    if not places:
        return Outline(np.zeros((0, 2)), np.zeros((0, 2)), (), np.zeros((0, 1)))
    ends = tuple(int(end) for end in np.cumsum([len(part) for part in places]))
    spots, across = np.concatenate(places), np.concatenate(normals)
    spots = _move_onto_edge(silhouette, spots, across)
    around = spots[:, None] + _across(reach)[None, :, None] * across[:, None]
    return Outline(spots, across, ends, sample(silhouette[..., None], around)[..., 0] / 255)


def _trace_loops(mask: Mask) -> list[Reals]:
    """The borders between pixels, as closed lines of their corners: x and y (n, 2), the object on the right."""
    padded = np.pad(mask, 1).astype(np.int8)
    across, down = np.diff(padded, axis=1), np.diff(padded, axis=0)
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for change, step in ((across, (0, 1)), (down, (1, 0))):
        for sign in (1, -1):
            rows, columns = np.nonzero(change == sign)
            x = columns if step == (0, 1) else columns - 1
            y = rows - 1 if step == (0, 1) else rows
            # Going up where the object begins, down where it ends; right above it, left below.
            forward = (sign < 0) if step == (0, 1) else (sign > 0)
            dx, dy = (0, 1) if step == (0, 1) else (1, 0)
            for cx, cy in zip(x.tolist(), y.tolist(), strict=True):
                first, second = (cx, cy), (cx + dx, cy + dy)
                start, end = (first, second) if forward else (second, first)
                following.setdefault(start, []).append(end)
    loops: list[Reals] = []
    while following:
        start = at = next(iter(following))
        line: list[tuple[int, int]] = []
        while True:
            line.append(at)
            ends = following[at]
            following_corner = ends.pop()
            if not ends:
                del following[at]
            at = following_corner
            if at == start:
                break
        loops.append(np.array(line, np.float64))
    return loops


def _smooth_loop(loop: Reals) -> Reals:
    reach = min(3, max(0, (len(loop) - 1) // 2))
    return np.mean([np.roll(loop, shift, 0) for shift in range(-reach, reach + 1)], axis=0)


def _move_onto_edge(silhouette: Pixels, places: Reals, normals: Reals) -> Reals:
    steps = np.arange(-4, 4.01, 0.5)
    inside = sample(silhouette[..., None], places[:, None] + steps[None, :, None] * normals[:, None])[..., 0] / 255
    crossing = steps[0] - 0.25 + inside.sum(axis=1) * 0.5
    return places + np.clip(crossing, -1.5, 1.5)[:, None] * normals


def sample(picture: Reals | Pixels, spots: Reals) -> Reals:
    """Bilinear samples (..., channels) of a picture (h, w, channels) at x, y (..., 2); a pixel's centre has .5."""
    height, width = picture.shape[:2]
    x = np.clip(spots[..., 0] - 0.5, 0, width - 1.001).astype(np.float32)
    y = np.clip(spots[..., 1] - 0.5, 0, height - 1.001).astype(np.float32)
    left, top = x.astype(np.int32), y.astype(np.int32)
    right, down = (x - left)[..., None], (y - top)[..., None]
    flat, start = picture.reshape(height * width, -1), top * width + left
    upper = flat[start] * (1 - right) + flat[start + 1] * right
    lower = flat[start + width] * (1 - right) + flat[start + width + 1] * right
    return upper * (1 - down) + lower * down


def _across(reach: int) -> Indices:
    return np.arange(-reach - _WINDOW, reach + _WINDOW + 1, dtype=np.intp)


def unroll(picture: Reals, outline: Outline, matrix: Reals, reach: int) -> tuple[Reals, Reals]:
    """How much the image looks like the outline (n, 2 reach + 1), at each place and distance across it; its edges.

    `matrix` (2, 3) maps guide to image pixels. The first is in standard deviations above what the strip has elsewhere:
    an edge with colours and detail of the object inside, and of what is beside it outside.
    """
    centre = outline.places @ matrix[:, :2].T + matrix[:, 2]
    steps = _across(reach)
    strip = sample(picture, centre[:, None] + steps[None, :, None] * outline.normals[:, None])
    change = np.zeros(strip.shape[:2], np.float32)
    change[:, 1:-1] = np.sqrt(((strip[:, 2:] - strip[:, :-2]) ** 2).mean(-1))
    edge = change / (change + np.median(change) + 4.0)
    farther = (outline.covered.shape[1] - len(steps)) // 2
    odds = _compare_sides(strip, change, outline.covered[:, farther : farther + len(steps)])
    sums = np.cumsum(np.pad(odds, ((0, 0), (1, 0))), axis=1)
    at: Indices = np.arange(_WINDOW, len(steps) - _WINDOW, dtype=np.intp)
    inside = (sums[:, at] - sums[:, at - _WINDOW]) / _WINDOW
    outside = (sums[:, at + _WINDOW + 1] - sums[:, at + 1]) / _WINDOW
    evidence = inside - outside + _standard(edge[:, at])
    return _standard(_gather(evidence, outline.ends)), _gather(edge[:, at], outline.ends)


def _compare_sides(strip: Reals, change: Reals, covered: Reals) -> Reals:
    """How much more likely each pixel (n, columns) belongs to the object than beside it: the logarithm of the ratio.

    From how often its colour and its detail occur where the guide has the object (`covered` 0 ... 1), and elsewhere.
    """
    levels: Indices = np.clip(strip * (_LEVELS / 256), 0, _LEVELS - 1).astype(np.intp)
    colour: Indices = np.zeros(change.shape, np.intp)
    for channel in range(strip.shape[2]):
        colour = colour * _LEVELS + levels[..., channel]
    detail: Indices = np.log2(np.minimum(change, 60.0) + 1.0).astype(np.intp)
    odds = np.zeros(change.shape, np.float32)
    for kind, count in ((colour, _LEVELS ** strip.shape[2]), (detail, 6)):
        on, off = (np.bincount(kind.ravel(), side.ravel(), count) for side in (covered, 1 - covered))
        ratio = np.log((on / on.sum() + _RARE / count) / (off / off.sum() + _RARE / count))
        odds += ratio[kind].astype(np.float32)
    return np.clip(odds, -_CERTAIN, _CERTAIN)


def _standard(values: Reals) -> Reals:
    return (values - values.mean()) / max(float(values.std()), 1e-6)


def _gather(values: Reals, ends: Sequence[int], reach: int = _ALONG) -> Reals:
    """Each row's mean with its neighbours along the loop."""
    result = np.empty_like(values)
    first = 0
    for end in ends:
        part = values[first:end]
        near = min(reach, (len(part) - 1) // 2)
        padded = np.concatenate([part[len(part) - near :], part, part[: near + 1]])
        sums = np.cumsum(np.concatenate([np.zeros_like(part[:1]), padded]), axis=0)
        result[first:end] = (sums[2 * near + 1 :][: len(part)] - sums[: len(part)]) / (2 * near + 1)
        first = end
    return result


def follow_path(evidence: Reals, ends: Sequence[int]) -> Indices:
    """The column (n,) of the line with the most evidence (n, columns) along each loop."""
    result = np.empty(len(evidence), np.intp)
    first = 0
    for end in ends:
        result[first:end] = _best_path(evidence[first:end])
        first = end
    return result


def _best_path(evidence: Reals) -> Indices:
    count, width = evidence.shape
    score = evidence[0].copy()
    came = np.zeros((count, width), np.int8)
    moves = np.arange(-_JUMP, _JUMP + 1)
    cost = (_BEND * np.abs(moves))[:, None]
    padded = np.full(width + 2 * _JUMP, -1e9)
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, width)
    for row in range(1, count):
        padded[_JUMP:-_JUMP] = score
        options = neighbours - cost
        best = options.argmax(axis=0)
        came[row] = moves[best]
        score = options[best, np.arange(width)] + evidence[row]
    path = np.empty(count, np.intp)
    path[-1] = int(score.argmax())
    for row in range(count - 1, 0, -1):
        path[row - 1] = path[row] + came[row, path[row]]
    return path
