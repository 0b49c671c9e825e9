# SPDX-License-Identifier: GPL-3.0-or-later
"""Several objects on one map: their surfaces joined, and what stands against that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import bpy
import numpy as np

from ....blender.bake.mesh import Geometry, Surface
from ....blender.bake.uv_checks import OVERLAP_THRESHOLD, check_uvs, select_triangles
from ....core.errors import InputError
from ....core.texture import ATLAS_MAP

_PACK = "Choose Pack Atlas (on the command line it is done by --atlas)."


def list_unpacked(objects: Iterable[bpy.types.Object]) -> list[str]:
    """The names of the meshes that have no UV map for the atlas."""
    return [obj.name for obj in objects if obj.type == "MESH" and ATLAS_MAP not in obj.data.uv_layers]


def require_maps(objects: Sequence[bpy.types.Object]) -> None:
    """Raise `InputError` for objects that have no place in an atlas."""
    if others := [obj.name for obj in objects if obj.type != "MESH"]:
        raise InputError(
            f"{', '.join(others)}: only meshes can share a texture.",
            next_step="Convert it to a mesh (Object > Convert), or switch One Texture for All off.",
        )
    if names := list_unpacked(objects):
        raise InputError(f"Not in the atlas yet: {', '.join(names)}.", next_step=_PACK, remedy="ATLAS")


def refuse_overlap(geometry: Geometry) -> None:
    """Raise `InputError` when objects lie over one another in the atlas. The GPU must be awake."""
    own = max(check_uvs(surface).overlap for surface in geometry.targets)
    joined = max(check_uvs(surface).overlap for surface in join_targets(geometry).targets)
    if joined > own + OVERLAP_THRESHOLD:
        raise InputError(
            f"In the UV map {ATLAS_MAP}, {geometry.name_targets()} lie over one another: they were not packed"
            " together.",
            next_step=_PACK,
            remedy="ATLAS",
        )


def join_targets(geometry: Geometry) -> Geometry:
    """The geometry with one target for all objects (for each UDIM tile, one), by the name of the atlas."""
    points: dict[int, int] = {}
    slots: dict[int, int] = {}
    for surface in geometry.targets:
        for highest, numbers in ((points, surface.vertices), (slots, surface.materials)):
            highest[surface.identity] = max(highest.get(surface.identity, 0), int(numbers.max(initial=-1)) + 1)
    parts: dict[int, list[Surface]] = {}
    for surface in geometry.targets:
        own = select_triangles(surface, np.arange(surface.triangle_count - surface.copies))
        first = [sum(n for other, n in each.items() if other < surface.identity) for each in (points, slots)]
        moved = replace(own, vertices=own.vertices + np.int32(first[0]), materials=own.materials + np.int32(first[1]))
        parts.setdefault(surface.tile, []).append(moved)
    return replace(geometry, targets=tuple(_join(parts[tile]) for tile in sorted(parts)))


def _join(parts: Sequence[Surface]) -> Surface:
    names = ("corners", "normals", "flat_normals", "uvs", "vertices", "materials")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return replace(parts[0], name=ATLAS_MAP, identity=0, copies=0, **columns)
