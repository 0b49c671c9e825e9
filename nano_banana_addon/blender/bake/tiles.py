# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a map a view can see at all, so that only those are drawn.

Half of a surface looks away from a view. A graphics card would skip it texel by texel; software renderers work through
every texel that is drawn, so the map is cut into tiles, and those without a triangle that faces the view, and lies
within its frame, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from gpu.types import GPUBatch
from numpy.typing import NDArray

from ...imaging.arrays import Doubles, Floats, Indices, Mask
from .batches import flat_batch, part_batch, uv_vertices
from .mesh import Surface, normalise
from .view_uniforms import ViewMatrices

TILE = 64  # texels

#: Up to so many pixels a texel takes one bilinear sample (the shader: 1.6; less here, to be safe).
ONE_SAMPLE = 1.55

Value = TypeVar("Value", np.bool_, np.float32)
Strip = tuple[int, int]  # first row (from the bottom) and number of rows


@dataclass(frozen=True, slots=True, eq=False)
class FacingTiles:
    """By number of tile (n,): the most that a texel's cosine, divided by its distance, can be in a view.

    0: the view sees nothing there. `is_coarse`: some texel is too wide for one sample of the view's picture.
    """

    most: Floats
    is_coarse: Mask


class _Bounds:
    """Bounds of what a view can see of each triangle, however its normals turn: `centres` (T, 3) and `radii` (T,).

    The cosine at any place of a triangle is at most (a corner's normal @ eye - its `offset`) / `shortest` / distance.
    """

    def __init__(self, surface: Surface) -> None:
        corners, normals = surface.corners, surface.normals
        self._normals = normals.reshape(-1, 3)
        self.centres = (corners[:, 0] + corners[:, 1] + corners[:, 2]) / np.float32(3)
        self.radii = np.max([_measure_lengths(corners[:, n] - self.centres) for n in range(3)], axis=0)
        self.offsets = np.matmul(normals, corners.transpose(0, 2, 1)).min(axis=2)
        middle = normalise(normals[:, 0] + normals[:, 1] + normals[:, 2])
        # Interpolated normals are shorter before they are normalised.
        self.shortest = np.matmul(normals, middle[..., None]).min(axis=(1, 2)).clip(1e-3, 1.0)

    def find_within(self, matrices: ViewMatrices) -> Mask:
        """Which triangles (T,) may lie within the view's frame and depth: those behind the eye do not."""
        planes = np.concatenate([matrices.clip[3] - matrices.clip[:3], matrices.clip[3] + matrices.clip[:3]])
        planes = (planes / np.linalg.norm(planes[:, :3], axis=1, keepdims=True)).astype(np.float32)
        is_within = np.ones(len(self.radii), bool)
        for plane in planes:
            is_within &= self.centres @ plane[:3] + plane[3] >= -self.radii
        return is_within

    def find_nearest(self, matrices: ViewMatrices) -> tuple[Floats, Floats]:
        """How near triangles (T,) are at least: to the eye, and along the line of sight (1 for orthographic views)."""
        if matrices.orthographic:
            return np.ones_like(self.radii), np.ones_like(self.radii)
        away = self.centres - matrices.eye.astype(np.float32)
        along = away @ matrices.forward.astype(np.float32) - self.radii
        return np.maximum(_measure_lengths(away) - self.radii, 1e-9), np.maximum(along, 1e-9)

    def find_most_facing(self, matrices: ViewMatrices, distances: Floats) -> Floats:
        """The largest cosine (T,) that a place at least so far away can have, a little more for rounding."""
        direction = -matrices.forward if matrices.orthographic else matrices.eye
        facing = (self._normals @ direction.astype(np.float32)).reshape(-1, 3)
        if not matrices.orthographic:
            facing -= self.offsets
        most = np.maximum(np.maximum(facing[:, 0], facing[:, 1]), facing[:, 2]) / (self.shortest * distances)
        return np.minimum(most * np.float32(1.002) + np.float32(1e-3), np.float32(1.0))


def _measure_lengths(vectors: Floats) -> Floats:
    """The lengths (n,) of vectors (n, 3)."""
    x, y, z = vectors.T
    return np.sqrt(x * x + y * y + z * z)


class Tiles:
    """The tiles of one surface's map of `size` (width, height)."""

    def __init__(self, surface: Surface, size: tuple[int, int]) -> None:
        self.size, self.name = size, surface.name
        self._surface = surface
        self._vertices = uv_vertices(surface)
        self._across = -(-size[0] // TILE)
        self._tile, self._triangle = self._pair_tiles()
        self._bounds = _Bounds(surface)
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

    def find_facing(
        self, matrices: ViewMatrices, picture_height: float, least_cosine: float, *, both_sides: bool = False
    ) -> FacingTiles:
        """The tiles with a triangle within the view that faces it by at least this cosine, or has any side to it."""
        distances, along = self._bounds.find_nearest(matrices)
        cosines = np.ones_like(along) if both_sides else self._bounds.find_most_facing(matrices, distances)
        faces = (cosines > least_cosine) & self._bounds.find_within(matrices)
        is_wide = faces & (self._widths > ONE_SAMPLE * matrices.pixel_width(picture_height) * along)
        return FacingTiles(self._find_most(np.where(faces, cosines / along, 0.0)), self._find_most(is_wide))

    def _find_most(self, values: NDArray[Value]) -> NDArray[Value]:
        """Of each tile's triangles the largest value (T,); by number of tile (n,), 0 for those that have none."""
        most = np.zeros(self._across * -(-self.size[1] // TILE), values.dtype)
        if len(self._tile):
            starts = np.flatnonzero(np.diff(self._tile, prepend=-1))
            most[self._tile[starts]] = np.maximum.reduceat(values[self._triangle], starts)
        return most

    def find_least(self, values: Floats, strip: Strip) -> Doubles:
        """Of a strip's values (rows, columns of tiles), bottom row first, the least of each tile.

        By number of tile (n,), infinite outside the strip.
        """
        least = np.full((-(-self.size[1] // TILE), self._across), np.inf)
        rows = np.arange(strip[0], min(strip[0] + strip[1], self.size[1])) // TILE
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        least[rows[starts]] = np.minimum.reduceat(values[: len(rows)], starts, axis=0)
        return least.reshape(-1)

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

    def _pair_tiles(self) -> tuple[Indices, Indices]:
        """Each tile that a triangle's box in the map touches, with the triangle; in the order of the tiles."""
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
        tile = row * self._across + column
        order = np.argsort(tile, kind="stable")
        return tile[order], triangle[order]


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
