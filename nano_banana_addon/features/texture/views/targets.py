# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects to texture: checked before anything is billed, and with their transforms at the capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import bpy
import numpy as np
from mathutils import Matrix

from ....blender.bake.mesh import Geometry, Surface, normalise, read_geometry
from ....blender.bake.uv_checks import check_uvs, split_tiles, wrap_uvs
from ....blender.deliver.datablocks import lookup
from ....blender.host.file_session import reference_to
from ....blender.host.gpu import initialise_gpu
from ....core.errors import InputError
from ....core.scene.capture import ObjectPose
from ....imaging.arrays import Doubles

_UNWRAP = "Use Unwrap in the panel Texture from Views (on the command line --unwrap), or unwrap it yourself."


def record_poses(
    objects: Sequence[bpy.types.Object],
    depsgraph: bpy.types.Depsgraph | None = None,
    places: Mapping[bpy.types.Object, Matrix] | None = None,
) -> tuple[ObjectPose, ...]:
    """The objects' names and their transforms: those in `places`, else now or as `depsgraph` has evaluated them."""
    shapes = [obj.evaluated_get(depsgraph) for obj in objects] if depsgraph else objects
    worlds = [(places or {}).get(obj, shape.matrix_world) for obj, shape in zip(objects, shapes, strict=True)]
    return tuple(
        ObjectPose(reference_to(obj, "OBJECT"), _to_rows(world)) for obj, world in zip(objects, worlds, strict=True)
    )


def _to_rows(world: Matrix) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((row[0], row[1], row[2], row[3]) for row in world)


def read(
    objects: Sequence[bpy.types.Object], uv_map: str = "", depsgraph: bpy.types.Depsgraph | None = None
) -> tuple[Geometry, tuple[str, ...]]:
    """The geometry of the objects alone, now or as `depsgraph` has evaluated it, and warnings about their UV maps.

    Other objects neither show in the guides nor hide anything. Raises `InputError` for what cannot be textured.
    """
    depsgraph = depsgraph or bpy.context.evaluated_depsgraph_get()
    _require_uvs(objects)
    geometry = read_geometry(depsgraph, objects, uv_map=uv_map, include_occluders=False)
    parts = tuple(part for surface in geometry.targets for part in split_tiles(wrap_uvs(surface)))
    geometry = replace(geometry, targets=parts)
    initialise_gpu()
    notes = [f"{s.title}: {note}" for s in geometry.targets for note in check_uvs(s).notes()]
    return geometry, tuple(notes)


def _require_uvs(objects: Sequence[bpy.types.Object]) -> None:
    meshes = [o for o in objects if o.type == "MESH" and o.data.polygons and not o.modifiers]
    missing = [o.name for o in meshes if not o.data.uv_layers]
    if missing:
        names = ", ".join(missing)
        raise InputError(
            f"{names} has no UV map." if len(missing) == 1 else f"{names} have no UV map.",
            next_step=_UNWRAP,
            remedy="UNWRAP",
        )


def find_objects(
    targets: Sequence[ObjectPose], blend_path: str
) -> tuple[list[bpy.types.Object], list[ObjectPose], list[str]]:
    """The existing objects, their poses, and a sentence for each missing one."""
    objects: list[bpy.types.Object] = []
    poses: list[ObjectPose] = []
    notes: list[str] = []
    for target in targets:
        result = lookup.find_datablock(target.object, blend_path)
        if isinstance(result.block, bpy.types.Object):
            objects.append(result.block)
            poses.append(target)
        else:
            notes.append(result.note)
    return objects, poses, notes


def restore_poses(geometry: Geometry, objects: Sequence[bpy.types.Object], poses: Sequence[ObjectPose]) -> Geometry:
    """The geometry with each object's transform at the capture: it may have been moved since."""
    moves = [_compute_move(obj, pose) for obj, pose in zip(objects, poses, strict=True)]
    if all(np.allclose(move, np.eye(4), atol=1e-6) for move in moves):
        return geometry
    new_origin = np.array([[row[3] for row in pose.world[:3]] for pose in poses]).mean(axis=0)
    old_origin = np.array(geometry.origin)
    surfaces = [_move_surface(s, moves[s.identity], old_origin, new_origin) for s in geometry.targets]
    return Geometry(tuple(surfaces), (), (float(new_origin[0]), float(new_origin[1]), float(new_origin[2])))


def _compute_move(obj: bpy.types.Object, pose: ObjectPose) -> Doubles:
    current = np.array(obj.matrix_world, dtype=np.float64)
    return np.array(pose.world, dtype=np.float64) @ np.linalg.pinv(current)


def _move_surface(surface: Surface, move: Doubles, old_origin: Doubles, new_origin: Doubles) -> Surface:
    linear = move[:3, :3]
    corners = (surface.corners + old_origin) @ linear.T + move[:3, 3] - new_origin
    inverse = np.linalg.pinv(linear)
    return replace(
        surface,
        corners=np.ascontiguousarray(corners, np.float32),
        normals=normalise(surface.normals @ inverse),
        flat_normals=normalise(surface.flat_normals @ inverse),
    )
