# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a UV map can be painted, and what to warn of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...core.errors import InputError
from ...imaging.arrays import Floats, Indices
from .batches import surface_batch
from .mesh import FIRST_TILE, Geometry, Surface
from .project_shader import count_shader
from .textures import create_texture, draw_into, read_texture

#: UVs may leave the square by rounding.
OUTSIDE_TOLERANCE = 1e-3
#: So far beyond the square they come in again on the other side, as Blender repeats images; further is a layout.
WRAPPED = 0.125
OVERLAP_EDGE = 1024
#: Columns and rows of UDIM tiles: 1001 to 2000.
TILE_GRID = (10, 100)
_NO_AREA = 1e-12
#: Below this the overlap is rounding at the borders of islands, not a layout.
OVERLAP_THRESHOLD = 0.005


@dataclass(frozen=True, slots=True)
class UvReport:
    """What was found.

    `overlap`: the part of the painted texels that several places of the surface share; `zero_area`: triangles without
    area in the UV map (they cannot hold a colour).
    """

    triangles: int
    zero_area: int
    overlap: float

    def notes(self) -> tuple[str, ...]:
        """Sentences for the user; empty when all is well."""
        messages: list[str] = []
        if self.overlap > OVERLAP_THRESHOLD:
            messages.append(
                f"{self.overlap:.0%} of the UV map is used by several parts (mirrored or stacked islands), which"
                " will show the same colours. For separate colours, apply a Mirror or Array modifier if there is"
                " one, and unwrap again."
            )
        if self.zero_area > self.triangles // 1000:
            messages.append(f"{self.zero_area:,} triangles have no area in the UV map. Unwrap again to texture them.")
        return tuple(messages)


def check_uvs(surface: Surface) -> UvReport:
    """Raise `InputError` for UVs that cannot be painted; else say what is odd. The GPU must be awake."""
    uvs = surface.uvs
    if uvs is None or not len(uvs):
        raise InputError(f"{surface.name} has no UV map.", next_step="Choose Unwrap.", remedy="UNWRAP")
    if not np.isfinite(uvs).all():
        raise InputError(
            f"{surface.name} has broken UVs (not numbers).",
            next_step="Choose New UV Map for Texturing.",
            remedy="NEW_UV_MAP",
        )
    _refuse_outside(surface.name, uvs[: len(uvs) - surface.copies])
    zero = int((_measure_areas(uvs) < _NO_AREA).sum())
    if zero == len(uvs):
        raise InputError(
            f"All UVs of {surface.name} lie in one place.",
            next_step="Choose New UV Map for Texturing.",
            remedy="NEW_UV_MAP",
        )
    return UvReport(len(uvs), zero, _measure_overlap(surface))


def wrap_uvs(surface: Surface) -> Surface:
    """The surface with the triangles that reach a little beyond the square once more, on its other side.

    Blender repeats images, so that their colours are looked up there. Others are left alone.
    """
    uvs = surface.uvs
    if uvs is None or not len(uvs) or surface.copies or not np.isfinite(uvs).all() or not _is_square(uvs):
        return surface
    low, high = uvs.min(axis=1), uvs.max(axis=1)
    number, shift = [np.arange(len(uvs))], [np.zeros((len(uvs), 2), np.float32)]
    for x, y in ((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y):
        beyond = np.ones(len(uvs), bool)
        for axis, step in enumerate((x, y)):
            if step:
                beyond &= high[:, axis] > 1 + OUTSIDE_TOLERANCE if step < 0 else low[:, axis] < -OUTSIDE_TOLERANCE
        number.append(np.flatnonzero(beyond))
        shift.append(np.full((len(number[-1]), 2), (x, y), np.float32))
    index, moves = np.concatenate(number), np.concatenate(shift)
    if len(index) == len(uvs):
        return surface
    vertices = surface.vertices[index]
    # Points of their own: a copy is no neighbour of what it was copied from.
    vertices[len(uvs) :] += int(surface.vertices.max()) + 1
    return replace(
        select_triangles(surface, index),
        uvs=uvs[index] + moves[:, None],
        vertices=vertices,
        copies=len(index) - len(uvs),
    )


def refuse_wrapped(geometry: Geometry) -> None:
    """Raise `InputError` where triangles were copied by `wrap_uvs`: Blender does not repeat tiled images."""
    if names := [surface.name for surface in geometry.targets if surface.copies]:
        raise InputError(
            f"The UVs of {', '.join(names)} reach a little beyond the first tile, where a tiled image shows nothing.",
            next_step="Choose New UV Map for Texturing, or switch UDIM Tiles off.",
            remedy="NEW_UV_MAP",
        )


def split_tiles(surface: Surface) -> tuple[Surface, ...]:
    """The surface's parts by UDIM tile, in the order of the tiles, with UVs that lie within each tile's own square.

    UVs that are no UDIM layout are left alone, for `check_uvs`: those of one square, or with a triangle that lies in
    several tiles or in none.
    """
    uvs = surface.uvs
    if uvs is None or not len(uvs) or surface.copies or not np.isfinite(uvs).all() or _is_square(uvs):
        return (surface,)
    tiles = np.floor(uvs.mean(axis=1)).astype(np.int64)
    has_area = _measure_areas(uvs) >= _NO_AREA
    if has_area.any():
        tiles[~has_area] = tiles[np.argmax(has_area)]
    inside = np.where(has_area[:, None, None], uvs - tiles[:, None].astype(np.float32), np.float32(0))
    if (np.abs(inside - 0.5) > 0.5 + OUTSIDE_TOLERANCE).any() or (tiles < 0).any() or (tiles >= TILE_GRID).any():
        return (surface,)
    numbers = FIRST_TILE + tiles[:, 0] + TILE_GRID[0] * tiles[:, 1]
    parts = ((int(tile), np.flatnonzero(numbers == tile)) for tile in np.unique(numbers))
    return tuple(replace(select_triangles(surface, index), uvs=inside[index], tile=tile) for tile, index in parts)


def select_triangles(surface: Surface, index: Indices) -> Surface:
    """A surface of some of the triangles, by their numbers (n,)."""
    return replace(
        surface,
        corners=surface.corners[index],
        normals=surface.normals[index],
        flat_normals=surface.flat_normals[index],
        uvs=None if surface.uvs is None else surface.uvs[index],
        vertices=surface.vertices[index],
        materials=surface.materials[index],
    )


def _is_square(uvs: Floats) -> bool:
    return bool((uvs >= -WRAPPED).all() and (uvs <= 1 + WRAPPED).all())


def _measure_areas(uvs: Floats) -> Floats:
    first, second = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    return np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


def _refuse_outside(name: str, uvs: Floats) -> None:
    if not _is_square(uvs):
        raise InputError(
            f"The UVs of {name} leave the square from 0 to 1, and are no UDIM layout: a face lies in several tiles, or"
            " beside them (a repeating texture).",
            next_step="Choose New UV Map for Texturing, or make a second UV map and choose it under UV Map.",
            remedy="NEW_UV_MAP",
        )


def _measure_overlap(surface: Surface) -> float:
    """The part of the covered texels whose centre lies in more than one triangle."""
    counts = create_texture((OVERLAP_EDGE, OVERLAP_EDGE), "R16F")
    batch, shader = surface_batch(surface), count_shader()
    with draw_into([counts], blend="ADDITIVE_PREMULT") as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        shader.bind()
        shader.uniform_float("strip", (2.0, 2.0, -1.0, -1.0))
        batch.draw(shader)
    texel_counts = read_texture(counts)
    return float((texel_counts > 1.5).sum() / max(1, (texel_counts > 0.5).sum()))
