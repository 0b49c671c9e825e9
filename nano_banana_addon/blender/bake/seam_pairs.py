# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texels on the two sides of a UV seam are one place of the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mesh import Surface

Coordinates = NDArray[np.intp]

#: How far from the edge the texel is taken, in texels: its centre should lie on the island.
INSET = 0.75
#: UVs nearer than this are the same: no seam.
SAME = 1e-6
#: Cosine between two faces whose borders meet, above which they are one surface.
LEAST_FACING = -0.3


def seam_pairs(surface: Surface, size: tuple[int, int]) -> tuple[Coordinates, Coordinates]:
    """Pairs of texels (n, 2: row from the top, column) along all seams of a map of (width, height), about one per
    texel of the seam's longer side. Empty without UVs or seams."""
    one, other = _seam_edges(surface)
    if not len(one):
        return np.zeros((0, 2), np.intp), np.zeros((0, 2), np.intp)
    scale = np.array(size, np.float64)
    lengths = [np.linalg.norm((side[:, 1] - side[:, 0]) * scale, axis=1) for side in (one, other)]
    counts = np.maximum(1, np.ceil(np.maximum(*lengths))).astype(int)
    edge = np.repeat(np.arange(len(one)), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    along = ((np.arange(len(edge)) - start + 0.5) / counts[edge])[:, None]
    return _texels(one[edge], along, size), _texels(other[edge], along, size)


def _texels(side: NDArray[np.float64], along: NDArray[np.float64], size: tuple[int, int]) -> Coordinates:
    """Texels beside the places `along` (n, 1) the edges side[:, 0] to side[:, 1]; side[:, 2] is the third corner."""
    scale = np.array(size, np.float64)
    place = (side[:, 0] * (1 - along) + side[:, 1] * along) * scale
    inwards = side[:, 2] * scale - place
    length = np.linalg.norm(inwards, axis=1, keepdims=True)
    place += inwards * np.minimum(INSET / np.maximum(length, 1e-9), 0.5)
    column = np.clip(place[:, 0].astype(np.intp), 0, size[0] - 1)
    row = np.clip(size[1] - 1 - place[:, 1].astype(np.intp), 0, size[1] - 1)
    return np.stack([row, column], axis=1)


def _seam_edges(surface: Surface) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides (n, 3, 2) of each seam edge: UVs of its first and second end (the same points of the mesh on both
    sides) and of the triangle's third corner."""
    none = np.zeros((0, 3, 2))
    if surface.uvs is None or not len(surface.uvs):
        return none, none
    corners = np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    ends = surface.vertices[:, corners[:, :2]].reshape(-1, 2).astype(np.int64)
    uvs = surface.uvs[:, corners].reshape(-1, 3, 2)
    first, second, alone = _meetings(ends)
    one, other = _turned(uvs, ends, first), _turned(uvs, ends, second)
    apart = np.abs(one[:, :2] - other[:, :2]).max(axis=(1, 2)) > SAME
    split = _split_edges(surface, ends, uvs, alone, corners)
    pairs = [np.concatenate(both) for both in zip((one[apart], other[apart]), split, strict=True)]
    return pairs[0].astype(np.float64), pairs[1].astype(np.float64)


def _meetings(
    ends: NDArray[np.int64],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Which edges (n, 2: points) of triangles lie on each other: the one, the other, and those that are alone."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    key = low * (int(high.max()) + 1) + high
    order = np.argsort(key, kind="stable")
    same = np.diff(key[order]) == 0
    met = np.zeros(len(order), np.bool_)
    met[1:] |= same
    met[:-1] |= same
    return order[:-1][same], order[1:][same], order[~met]


def _split_edges(
    surface: Surface,
    ends: NDArray[np.int64],
    uvs: NDArray[np.float32],
    alone: NDArray[np.intp],
    corners: NDArray[np.intp],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both sides of borders that lie on each other without sharing points, as importers of some formats leave them
    at each seam. The rims of two sheets back to back are none."""
    none = np.zeros((0, 3, 2), np.float32)
    if not len(alone) or surface.uvs is None:
        return none, none
    places = surface.corners[:, corners[:, :2]].reshape(-1, 2, 3)[alone]
    rounded = np.ascontiguousarray(places.reshape(-1, 3) + np.float32(0.0))  # -0 is 0
    _, points = np.unique(rounded.view("V12").reshape(-1), return_inverse=True)
    joined = ends.copy()
    joined[alone] = points.reshape(-1, 2)
    first, second, _ = _meetings(joined[alone])
    first, second = alone[first], alone[second]
    facing = (surface.flat_normals[first // 3] * surface.flat_normals[second // 3]).sum(axis=1)
    one, other = _turned(uvs, joined, first), _turned(uvs, joined, second)
    apart = np.abs(one[:, :2] - other[:, :2]).max(axis=(1, 2)) > SAME
    kept = apart & (facing > LEAST_FACING)
    return one[kept], other[kept]


def _turned(uvs: NDArray[np.float32], ends: NDArray[np.int64], index: NDArray[np.intp]) -> NDArray[np.float32]:
    """The edges' UVs with the end of the lower point first."""
    picked = uvs[index].copy()
    turn = ends[index, 0] > ends[index, 1]
    picked[turn, :2] = picked[turn, 1::-1]
    return picked
