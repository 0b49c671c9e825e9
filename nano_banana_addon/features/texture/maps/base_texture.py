# SPDX-License-Identifier: GPL-3.0-or-later
"""The existing texture to which a view is added: its stored texels, and the part of the object that it covers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ....blender.bake.mesh import Geometry, Surface
from ....blender.bake.uv_checks import select_triangles
from ....blender.deliver.datablocks import lookup
from ....blender.deliver.datablocks.texels import Texels, read_texels
from ....core.errors import InputError
from ....core.request import BaseTexture
from ....core.texture import LARGEST_TEXTURE, SMALLEST_TEXTURE
from ....imaging.arrays import Pixels


@dataclass(frozen=True, slots=True, eq=False)
class BaseMap:
    """The texels (h, w, 3 or 4) uint8 or uint16 of one tile, and the same as opaque 8-bit colours (h, w, 4)."""

    texels: Texels
    colours: Pixels


def read_base_maps(base: BaseTexture, geometry: Geometry, blend_path: str) -> list[BaseMap]:
    """The texture's texels now, one for each target of the geometry.

    Raises `InputError` for an image that is gone, has no tile for a part of the object, or cannot be changed.
    """
    found = lookup.find_datablock(base.image, blend_path)
    if not isinstance(found.block, bpy.types.Image):
        raise InputError(found.note, next_step="Bring the image back, and choose Bake Texture on the view in Results.")
    return read_maps(found.block, geometry)


def read_maps(image: bpy.types.Image, geometry: Geometry) -> list[BaseMap]:
    """An image's texels, one for each target. Raises as `read_base_maps` does."""
    tiles = read_texels(image)
    missing = [str(surface.tile) for surface in geometry.targets if surface.tile not in tiles]
    if missing:
        raise InputError(
            f'"{image.name}" has no tile {", ".join(missing)}, on which a part of {geometry.name_targets()} lies.',
            next_step="Add the tile in the Image Editor, or move the UVs.",
        )
    texels = [tiles[surface.tile] for surface in geometry.targets]
    _check_sizes(image, texels)
    return [BaseMap(each, _convert(each)) for each in texels]


def _check_sizes(image: bpy.types.Image, texels: Sequence[Texels]) -> None:
    sizes = sorted({each.shape[:2] for each in texels})
    if len(sizes) > 1:
        raise InputError(
            f'The tiles of "{image.name}" have different sizes.', next_step="Scale them to one size, and save them."
        )
    height, width = sizes[0]
    if min(width, height) < SMALLEST_TEXTURE or max(width, height) > LARGEST_TEXTURE:
        raise InputError(
            f'"{image.name}" has {width} x {height} px; {SMALLEST_TEXTURE} to {LARGEST_TEXTURE} px are possible.',
            next_step="Scale the image, and save it.",
        )


def _convert(texels: Texels) -> Pixels:
    colours = texels[..., :3] if texels.dtype == np.uint8 else np.round(texels[..., :3] / np.float32(257))
    return np.dstack([colours, np.full(texels.shape[:2], 255)]).astype(np.uint8)


def split_slots(geometry: Geometry, slots: Collection[int]) -> Geometry:
    """The geometry whose targets are the triangles of some material slots; the others only hide them.

    Raises `InputError` when no triangle is left.
    """
    targets: list[Surface] = []
    others: list[Surface] = []
    for surface in geometry.targets:
        own = np.isin(surface.materials, list(slots))
        if own.all():
            targets.append(surface)
            continue
        for part, chosen in ((targets, own), (others, ~own)):
            if chosen.any():
                part.append(replace(select_triangles(surface, np.flatnonzero(chosen)), copies=0))
    if not targets:
        raise InputError(
            f"No face of {geometry.name_targets()} has the material of this texture.",
            next_step="Choose another material slot.",
        )
    return replace(geometry, targets=tuple(targets), occluders=(*geometry.occluders, *others))
