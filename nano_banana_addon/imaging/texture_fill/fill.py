# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills texels that no view has seen from their neighbours on the surface.

Neighbours in the texture may be far apart on the object, and neighbours on the object far apart in the texture. So the
seen colours are collected in a grid of cells in space, one for each direction that the surface can face (so that the
inside of a thin wall does not take the colours of the outside). The gaps of the grid are filled by pull-push, and the
unseen texels take their colours from it.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Indices, Mask, Pixels, Reals
from .blocks import block_side, block_sums, first_in_block, write_smoothly
from .pull_push import pull_push

#: Cells along the longest side of the bounding box.
GRID = 96
#: What surfaces facing sideways count, beside those that face alike; those facing the other way, as
#: the back of a thin wall does, count nothing, unless there are no others at all.
_SIDEWAYS = 0.01
_ANY_DIRECTION = 1e-9
#: Blocks are one surface if they are at most so many times the usual distance apart.
_NEAR = 4.0


def fill_unseen(colour: Pixels, position: Reals, valid: Mask, seen: Mask, normal: Reals | None = None) -> Pixels:
    """A copy of `colour` (height, width, 3; uint8 sRGB) with the valid, unseen texels filled.

    `position` and `normal` (height, width, 3; float32) are those of the surface at each texel, where `valid` (height,
    width); `seen` (height, width) marks the texels whose colours are used. Without any seen texel nothing changes.
    """
    result = colour.copy()
    known, unseen = valid & seen, valid & ~seen
    if not known.any() or not unseen.any():
        return result
    side = block_side(*valid.shape)
    has_known, known_at = first_in_block(known, side)
    has_unseen, unseen_at = first_in_block(unseen, side)
    sums = block_sums(colour, known, side)
    means = sums[has_known][:, :3] / sums[has_known][:, 3:]
    flat_position = position.reshape(-1, 3)
    flat_normal = None if normal is None else normal.reshape(-1, 3)
    space = _Space(flat_position[known_at[has_known]], flat_position[unseen_at[has_unseen]])
    sources = _Points.collect(space, known_at[has_known], flat_position, flat_normal)
    targets = _Points.collect(space, unseen_at[has_unseen], flat_position, flat_normal)
    values = np.zeros((*has_unseen.shape, 3), np.float32)
    values[has_unseen] = _look_up(space, sources, means, targets)
    values, present = _join_borders(values, has_unseen, sums, has_known)
    places = np.where(has_unseen, unseen_at, known_at)
    linked = _links(flat_position[places], present)
    write_smoothly(result, unseen, values, linked, side)
    return result


class _Space:
    """The grid of cells around all points."""

    def __init__(self, *points: Reals) -> None:
        low = np.min([p.min(axis=0) for p in points], axis=0)
        high = np.max([p.max(axis=0) for p in points], axis=0)
        extent = float((high - low).max()) or 1.0
        self.cell = extent / GRID
        self.low = low - self.cell
        self.shape = tuple(int(n) + 3 for n in (high - low) / self.cell)


class _Points:
    """Points in cells: `places` (n, 3) in cells, `facing` (n, 3) unit normals or None."""

    def __init__(self, places: Reals, facing: Reals | None) -> None:
        self.places = places
        self.facing = facing

    @classmethod
    def collect(
        cls,
        space: _Space,
        index: Indices,
        position: Reals,
        normal: Reals | None,
    ) -> _Points:
        places = (position[index] - space.low) / np.float32(space.cell)
        if normal is None:
            return cls(places.astype(np.float32), None)
        facing = normal[index]
        length = np.sqrt((facing * facing).sum(axis=1, keepdims=True))
        return cls(places.astype(np.float32), facing / np.maximum(length, 1e-12))

    def towards(self, direction: int, sideways: float = 0.0) -> Reals:
        """How much each point (n,) faces one of the six directions; the squares of a normal sum to 1."""
        if self.facing is None:
            return np.zeros(len(self.places), np.float32)
        axis, sign = divmod(direction, 2)
        along = self.facing[:, axis] * np.float32(1 - 2 * sign)
        return np.maximum(along, 0.0) ** 2 + sideways * (1 + along) ** 2


def _look_up(space: _Space, sources: _Points, colours: Reals, targets: _Points) -> Reals:
    total = np.zeros((len(targets.places), 4), np.float32)
    everyone = np.ones(len(sources.places), np.float32)
    # One direction after the other: a sixth of the memory, and mostly in the cache.
    for direction in (*range(6), None):
        if direction is None:
            given, taken = everyone, np.full(len(total), _ANY_DIRECTION, np.float32)
        else:
            given, taken = sources.towards(direction), targets.towards(direction, _SIDEWAYS)
        from_, to = np.flatnonzero(given > 0.01), np.flatnonzero(taken > 0)
        if len(from_) and len(to):
            grid = _collect_points(space, sources.places[from_], colours[from_], given[from_])
            filled = pull_push(grid, 3)
            total[to] += _sample_cells(filled, targets.places[to]) * taken[to, None]
    return total[:, :3] / np.maximum(total[:, 3:], 1e-20)


def _collect_points(space: _Space, places: Reals, colours: Reals, weights: Reals) -> Reals:
    cells = places.astype(np.int32)
    flat = np.ravel_multi_index((cells[:, 0], cells[:, 1], cells[:, 2]), space.shape)
    size = int(np.prod(space.shape))
    grid = np.empty((size, 4), np.float32)
    for channel in range(3):
        grid[:, channel] = np.bincount(flat, weights * colours[:, channel], size)
    grid[:, 3] = np.bincount(flat, weights, size)
    return grid.reshape(*space.shape, 4)


def _sample_cells(grid: Reals, places: Reals) -> Reals:
    """Values (n, 4) at places (n, 3), interpolated between the centres of the eight cells around each."""
    centred = places - np.float32(0.5)
    cells = np.clip(centred.astype(np.int32), 0, np.array(grid.shape[:3]) - 2)
    part = np.clip(centred - cells, 0.0, 1.0)
    flat = grid.reshape(-1, 4)
    across, down = grid.shape[1] * grid.shape[2], grid.shape[2]
    start = cells[:, 0] * across + cells[:, 1] * down + cells[:, 2]
    result = np.zeros((len(places), 4), np.float32)
    for corner in range(8):
        x, y, z = corner >> 2 & 1, corner >> 1 & 1, corner & 1
        weight = (part[:, 0] if x else 1 - part[:, 0]) * (part[:, 1] if y else 1 - part[:, 1])
        weight = weight * (part[:, 2] if z else 1 - part[:, 2])
        result += flat[start + (x * across + y * down + z)] * weight[:, None]
    return result


def _join_borders(values: Reals, has_unseen: Mask, sums: Reals, has_known: Mask) -> tuple[Reals, Mask]:
    """Match the seen colours in blocks that hold both kinds of texels, so that no border is visible.

    The difference is spread over the blocks around and fades out.
    """
    both = has_unseen & has_known
    known = np.zeros_like(values)
    known[has_known] = sums[has_known][:, :3] / sums[has_known][:, 3:]
    difference = np.zeros((*both.shape, 4), np.float32)
    difference[both, :3] = known[both] - values[both]
    difference[both, 3] = 1.0
    spread = pull_push(difference, 2, levels=5, fade=0.7)
    joined = values + spread[..., :3]  # not divided by the weight: it fades
    joined[~has_unseen] = known[~has_unseen]
    return joined, has_unseen | has_known


def _links(places: Reals, present: Mask) -> Mask:
    """Whether neighbouring blocks are neighbours on the surface, too: (2, rows, columns), to the right and below."""
    linked = np.zeros((2, *present.shape), bool)
    for axis in (0, 1):
        near = places[:, :-1] if axis == 0 else places[:-1]
        far = places[:, 1:] if axis == 0 else places[1:]
        both = present[:, :-1] & present[:, 1:] if axis == 0 else present[:-1] & present[1:]
        distance: Floats = np.sqrt(((far - near) ** 2).sum(axis=-1))
        usual = float(np.median(distance[both])) if both.any() else 0.0
        joined = both & (distance <= _NEAR * usual)
        if axis == 0:
            linked[0, :, :-1] = joined
        else:
            linked[1, :-1] = joined
    return linked
