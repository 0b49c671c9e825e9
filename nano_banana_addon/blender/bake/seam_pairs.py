# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texels on the two sides of a UV seam are one place of the surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...imaging.arrays import Doubles, Floats, Indices
from .mesh import Surface

#: How far from the edge the texel is taken, in texels: its centre should lie on the island.
INSET = 0.75
#: UVs nearer than this are the same: no seam.
SAME_UV_TOLERANCE = 1e-6
#: Cosine between two faces whose borders meet, above which they are one surface.
MIN_FACING_COSINE = -0.3
_APART = 2


def find_seam_pairs(parts: Sequence[Surface], size: tuple[int, int]) -> tuple[Indices, Indices]:
    """Pairs of texels (n, 2: row from the top, column) along all seams of the maps of (width, height) of an object.

    Its maps, one for each UDIM tile, lie below one another with a row between them: the second begins in row
    height + 1.
    About one pair per texel of the seam's longer side. Empty without UVs or seams.
    """
    first_side, second_side = _find_seam_edges(_join(parts))
    if not len(first_side):
        return np.zeros((0, 2), np.intp), np.zeros((0, 2), np.intp)
    scale = np.array(size, np.float64)
    lengths = [np.linalg.norm((side[:, 1] - side[:, 0]) * scale, axis=1) for side in (first_side, second_side)]
    counts = np.maximum(1, np.ceil(np.maximum(*lengths))).astype(int)
    edge = np.repeat(np.arange(len(first_side)), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    along = ((np.arange(len(edge)) - start + 0.5) / counts[edge])[:, None]
    return _find_texels(first_side[edge], along, size), _find_texels(second_side[edge], along, size)


def _find_texels(side: Doubles, along: Doubles, size: tuple[int, int]) -> Indices:
    """Texels beside the places `along` (n, 1) the edges side[:, 0] to side[:, 1]; side[:, 2] is the third corner."""
    scale = np.array(size, np.float64)
    part = np.floor((side[:, 2, 1] + (_APART - 1) / 2) / _APART)
    side = side - (part * _APART)[:, None, None] * (0.0, 1.0)
    place = (side[:, 0] * (1 - along) + side[:, 1] * along) * scale
    inwards = side[:, 2] * scale - place
    length = np.linalg.norm(inwards, axis=1, keepdims=True)
    place += inwards * np.minimum(INSET / np.maximum(length, 1e-9), 0.5)
    column = np.clip(place[:, 0].astype(np.intp), 0, size[0] - 1)
    row = np.clip(size[1] - 1 - place[:, 1].astype(np.intp), 0, size[1] - 1)
    return np.stack([row + part.astype(np.intp) * (size[1] + 1), column], axis=1)


def _join(parts: Sequence[Surface]) -> Surface:
    """The parts of one object as one surface, their UVs `_APART` above one another."""
    if len(parts) == 1:
        return parts[0]
    uvs = [p.uvs + np.float32((0, _APART * n)) for n, p in enumerate(parts) if p.uvs is not None]
    return replace(
        parts[0],
        corners=np.concatenate([part.corners for part in parts]),
        flat_normals=np.concatenate([part.flat_normals for part in parts]),
        uvs=np.concatenate(uvs),
        vertices=np.concatenate([part.vertices for part in parts]),
    )


def _find_seam_edges(surface: Surface) -> tuple[Doubles, Doubles]:
    """Both sides (n, 3, 2) of each seam edge.

    Each side holds the UVs of the first and second end (the same points of the mesh on both sides) and of the
    triangle's third corner.
    """
    empty = np.zeros((0, 3, 2))
    if surface.uvs is None or not len(surface.uvs):
        return empty, empty
    corners = np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    ends = surface.vertices[:, corners[:, :2]].reshape(-1, 2).astype(np.int64)
    uvs = surface.uvs[:, corners].reshape(-1, 3, 2)
    first, second, unmatched = _match_edges(ends)
    first_side, second_side = _orient_uvs(uvs, ends, first), _orient_uvs(uvs, ends, second)
    is_seam = np.abs(first_side[:, :2] - second_side[:, :2]).max(axis=(1, 2)) > SAME_UV_TOLERANCE
    split = _find_split_edges(surface, ends, uvs, unmatched, corners)
    pairs = [np.concatenate(sides) for sides in zip((first_side[is_seam], second_side[is_seam]), split, strict=True)]
    return pairs[0].astype(np.float64), pairs[1].astype(np.float64)


def _match_edges(
    ends: NDArray[np.int64],
) -> tuple[Indices, Indices, Indices]:
    """Which edges (n, 2: points) of triangles lie on each other: the one, the other, and those that are alone."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    key = low * (int(high.max()) + 1) + high
    order = np.argsort(key, kind="stable")
    is_equal = np.diff(key[order]) == 0
    is_matched = np.zeros(len(order), np.bool_)
    is_matched[1:] |= is_equal
    is_matched[:-1] |= is_equal
    return order[:-1][is_equal], order[1:][is_equal], order[~is_matched]


def _find_split_edges(
    surface: Surface,
    ends: NDArray[np.int64],
    uvs: Floats,
    unmatched: Indices,
    corners: Indices,
) -> tuple[Floats, Floats]:
    """Both sides of coincident borders that share no points, as some importers leave them at each seam.

    The rims of two sheets back to back do not count.
    """
    empty = np.zeros((0, 3, 2), np.float32)
    if not len(unmatched) or surface.uvs is None:
        return empty, empty
    places = surface.corners[:, corners[:, :2]].reshape(-1, 2, 3)[unmatched]
    rounded = np.ascontiguousarray(places.reshape(-1, 3) + np.float32(0.0))  # -0 is 0
    _, points = np.unique(rounded.view("V12").reshape(-1), return_inverse=True)
    merged_ends = ends.copy()
    merged_ends[unmatched] = points.reshape(-1, 2)
    first, second, _ = _match_edges(merged_ends[unmatched])
    first, second = unmatched[first], unmatched[second]
    cosines = (surface.flat_normals[first // 3] * surface.flat_normals[second // 3]).sum(axis=1)
    first_side, second_side = _orient_uvs(uvs, merged_ends, first), _orient_uvs(uvs, merged_ends, second)
    apart = np.abs(first_side[:, :2] - second_side[:, :2]).max(axis=(1, 2)) > SAME_UV_TOLERANCE
    is_seam = apart & (cosines > MIN_FACING_COSINE)
    return first_side[is_seam], second_side[is_seam]


def _orient_uvs(uvs: Floats, ends: NDArray[np.int64], index: Indices) -> Floats:
    """The edges' UVs with the end of the lower point first."""
    edge_uvs = uvs[index].copy()
    turn = ends[index, 0] > ends[index, 1]
    edge_uvs[turn, :2] = edge_uvs[turn, 1::-1]
    return edge_uvs
