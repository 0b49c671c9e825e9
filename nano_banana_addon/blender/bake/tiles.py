# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a map a view can see at all, so that only those are drawn.

Half of a surface looks away from a view. A graphics card would skip it texel by texel; software renderers work through
every texel that is drawn, so the map is cut into tiles, and those without a triangle that faces the view are left out.
"""

from __future__ import annotations

import numpy as np
from gpu.types import GPUBatch
from numpy.typing import NDArray

from .batches import flat_batch
from .mesh import Surface
from .view_data import Sight

TILE = 64  # texels


class Tiles:
    """The tiles of one surface's map of `size` (width, height)."""

    def __init__(self, surface: Surface, size: tuple[int, int]) -> None:
        self._surface = surface
        self._size = size
        self._across = -(-size[0] // TILE)
        self._tile, self._triangle = self._pairs()

    def facing(self, seen: Sight, strip: tuple[int, int]) -> GPUBatch | None:
        """The tiles, within the rows of `strip` (first, number), that hold a triangle with a corner that faces the
        view, as a batch that covers the strip's target; None if there are none."""
        tiles = np.unique(self._tile[self._facing(seen)[self._triangle]])
        first, rows = strip
        column, row = tiles % self._across, tiles // self._across
        inside = ((row + 1) * TILE > first) & (row * TILE < first + rows)
        left, bottom = column[inside] * TILE, row[inside] * TILE - first
        if not len(left):
            return None
        right, top = np.minimum(left + TILE, self._size[0]), np.minimum(bottom + TILE, rows)
        bottom = np.maximum(bottom, 0)
        corners = [
            (left, bottom),
            (right, bottom),
            (right, top),
            (left, bottom),
            (right, top),
            (left, top),
        ]
        places = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1).reshape(-1, 2)
        return flat_batch(places / (self._size[0], rows) * 2.0 - 1.0)

    def _facing(self, seen: Sight) -> NDArray[np.bool_]:
        normals = self._surface.normals
        if seen.orthographic:
            return (normals @ -seen.forward.astype(np.float32) > 0).any(axis=1)
        towards = seen.eye.astype(np.float32) - self._surface.corners
        return (np.einsum("tcx,tcx->tc", normals, towards) > 0).any(axis=1)

    def _pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Each tile that a triangle's box in the map touches, with the triangle."""
        uvs = self._surface.uvs
        if uvs is None:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        last = np.array([self._across - 1, -(-self._size[1] // TILE) - 1])
        scale = np.array(self._size) / TILE
        low = np.clip((uvs.min(axis=1) * scale).astype(np.intp), 0, last)
        high = np.clip((uvs.max(axis=1) * scale).astype(np.intp), 0, last)
        wide = high - low + 1
        counts = wide[:, 0] * wide[:, 1]
        triangle = np.repeat(np.arange(len(uvs)), counts)
        number = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
        column = low[triangle, 0] + number % wide[triangle, 0]
        row = low[triangle, 1] + number // wide[triangle, 0]
        return row * self._across + column, triangle
