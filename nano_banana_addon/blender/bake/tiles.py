# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a map a view can see at all, so that only those are drawn.

Half of a surface looks away from a view. A graphics card would skip it texel by texel; software renderers work through
every texel that is drawn, so the map is cut into tiles, and those without a triangle that faces the view are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gpu.types import GPUBatch

from ...imaging.arrays import Floats, Indices, Mask
from .batches import flat_batch, part_batch, uv_vertices
from .mesh import Surface
from .view_uniforms import ViewMatrices

TILE = 64  # texels

#: Up to so many pixels a texel takes one bilinear sample (the shader: 1.6; less here, to be safe).
ONE_SAMPLE = 1.55

Strip = tuple[int, int]  # first row (from the bottom) and number of rows


@dataclass(frozen=True, slots=True, eq=False)
class FacingTiles:
    """Indices of the tiles that a view may see.

    `fine`: one sample of its picture is enough for every texel; `coarse`: some texel is wider than that.
    """

    fine: Indices
    coarse: Indices


class Tiles:
    """The tiles of one surface's map of `size` (width, height)."""

    def __init__(self, surface: Surface, size: tuple[int, int]) -> None:
        self.size, self.name = size, surface.name
        self._surface = surface
        self._vertices = uv_vertices(surface)
        self._across = -(-size[0] // TILE)
        self._tile, self._triangle = self._pair_tiles()
        self._widths = _measure_texel_widths(surface, size)

    def whole_batch(self) -> GPUBatch:
        """All triangles."""
        return GPUBatch(type="TRIS", buf=self._vertices)

    def triangle_batch(self, strip: Strip) -> GPUBatch | None:
        """The triangles whose tiles lie within a strip of the map's rows; None if there are none."""
        is_in_strip = np.zeros(self._surface.triangle_count, bool)
        is_in_strip[self._triangle[self._is_in_strip(self._tile, strip)]] = True
        numbers = np.flatnonzero(is_in_strip)
        return part_batch(self._vertices, numbers) if len(numbers) else None

    def find_facing(self, matrices: ViewMatrices, picture_height: float, *, both_sides: bool = False) -> FacingTiles:
        """The tiles that hold a triangle with a corner that faces the view, or that has any side to it."""
        faces = self._find_facing_triangles(matrices)
        if both_sides:
            faces = np.ones_like(faces)
        pixel = matrices.pixel_width(picture_height) * self._find_nearest_distances(matrices)
        coarse = self._mark_tiles(faces & (self._widths > ONE_SAMPLE * pixel))
        return FacingTiles(fine=np.flatnonzero(self._mark_tiles(faces) & ~coarse), coarse=np.flatnonzero(coarse))

    def _mark_tiles(self, triangle_mask: Mask) -> Mask:
        """By number of tile: whether it holds one of the chosen triangles."""
        holds = np.zeros(self._across * -(-self.size[1] // TILE), bool)
        holds[self._tile[triangle_mask[self._triangle]]] = True
        return holds

    def _find_nearest_distances(self, matrices: ViewMatrices) -> Floats:
        """The distance along the line of sight of each triangle's nearest corner (1 for orthographic views)."""
        corners = self._surface.corners
        if matrices.orthographic:
            return np.ones(len(corners), np.float32)
        along = corners @ matrices.forward.astype(np.float32) - np.float32(matrices.eye @ matrices.forward)
        return np.maximum(along.min(axis=1), 1e-9)

    def square_batch(self, tiles: Indices, strip: Strip) -> GPUBatch | None:
        """Those of the tiles that lie within a strip, as a batch that covers the strip's target."""
        first, rows = strip
        numbers = tiles[self._is_in_strip(tiles, strip)]
        if not len(numbers):
            return None
        left, bottom = numbers % self._across * TILE, numbers // self._across * TILE - first
        right, top = np.minimum(left + TILE, self.size[0]), np.minimum(bottom + TILE, rows)
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
        return flat_batch(places / (self.size[0], rows) * 2.0 - 1.0)

    def _is_in_strip(self, tiles: Indices, strip: Strip) -> Mask:
        bottom = tiles // self._across * TILE
        return (bottom + TILE > strip[0]) & (bottom < strip[0] + strip[1])

    def _find_facing_triangles(self, matrices: ViewMatrices) -> Mask:
        normals = self._surface.normals
        if matrices.orthographic:
            return (normals @ -matrices.forward.astype(np.float32) > 0).any(axis=1)
        towards = matrices.eye.astype(np.float32) - self._surface.corners
        return (np.einsum("tcx,tcx->tc", normals, towards) > 0).any(axis=1)

    def _pair_tiles(self) -> tuple[Indices, Indices]:
        """Each tile that a triangle's box in the map touches, with the triangle."""
        uvs = self._surface.uvs
        if uvs is None:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        last = np.array([self._across - 1, -(-self.size[1] // TILE) - 1])
        scale = np.array(self.size) / TILE
        low = np.clip((uvs.min(axis=1) * scale).astype(np.intp), 0, last)
        high = np.clip((uvs.max(axis=1) * scale).astype(np.intp), 0, last)
        wide = high - low + 1
        counts = wide[:, 0] * wide[:, 1]
        triangle = np.repeat(np.arange(len(uvs)), counts)
        number = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
        column = low[triangle, 0] + number % wide[triangle, 0]
        row = low[triangle, 1] + number // wide[triangle, 0]
        return row * self._across + column, triangle


def _measure_texel_widths(surface: Surface, size: tuple[int, int]) -> Floats:
    """How wide a texel of each triangle is on the surface, (T,): the longer of its two sides."""
    if surface.uvs is None:
        return np.zeros(surface.triangle_count, np.float32)
    uvs = surface.uvs * np.array(size, np.float32)
    along, across = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    first = surface.corners[:, 1] - surface.corners[:, 0]
    second = surface.corners[:, 2] - surface.corners[:, 0]
    area = np.abs(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0])
    right = np.linalg.norm(first * across[:, 1:] - second * along[:, 1:], axis=1)
    up = np.linalg.norm(second * along[:, :1] - first * across[:, :1], axis=1)
    return np.maximum(right, up) / np.maximum(area, 1e-20)
