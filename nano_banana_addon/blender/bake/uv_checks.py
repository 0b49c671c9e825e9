# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a UV map can be painted, and what to warn of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...core.errors import InputError
from ...imaging.arrays import Floats
from .batches import surface_batch
from .mesh import Surface
from .project_shader import count_shader
from .textures import create_texture, draw_into, read_texture

#: UVs may leave the square by rounding.
OUTSIDE_TOLERANCE = 1e-3
#: So far beyond the square they come in again on the other side, as Blender repeats images; further is a layout.
WRAPPED = 0.125
OVERLAP_EDGE = 1024
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
    _refuse_tiles(surface.name, uvs[: len(uvs) - surface.copies])
    first, second = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    area = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    zero = int((area < 1e-12).sum())
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
    if uvs is None or not len(uvs) or surface.copies or not np.isfinite(uvs).all():
        return surface
    low, high = uvs.min(axis=1), uvs.max(axis=1)
    if (low < -WRAPPED).any() or (high > 1 + WRAPPED).any():
        return surface
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
        surface,
        corners=surface.corners[index],
        normals=surface.normals[index],
        flat_normals=surface.flat_normals[index],
        uvs=uvs[index] + moves[:, None],
        vertices=vertices,
        materials=surface.materials[index],
        copies=len(index) - len(uvs),
    )


def _refuse_tiles(name: str, uvs: Floats) -> None:
    low, high = uvs.reshape(-1, 2).min(axis=0), uvs.reshape(-1, 2).max(axis=0)
    if (low >= -WRAPPED).all() and (high <= 1 + WRAPPED).all():
        return
    centres = uvs.mean(axis=1)
    tiles = {1001 + int(u) + 10 * int(v) for u, v in np.floor(centres).astype(int) if u >= 0 and v >= 0}
    split = (np.floor(uvs + 1e-4).min(axis=1) < np.floor(uvs - 1e-4).max(axis=1)).any()
    if len(tiles) > 1 and not split and (low >= -OUTSIDE_TOLERANCE).all():
        tile_names = ", ".join(str(tile) for tile in sorted(tiles)[:6])
        raise InputError(
            f"{name} uses UDIM tiles ({tile_names}), which cannot be textured yet.",
            next_step="Pack its islands into the first tile, or texture the parts as separate objects.",
        )
    raise InputError(
        f"The UVs of {name} leave the square from 0 to 1 (a repeating texture).",
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
