# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a camera's frame the objects of a cast member cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ....blender.capture import lens
from ....blender.capture.scene_copy import is_renderable
from ....core.settings import Source
from ....imaging.arrays import Doubles

_NEAREST = 1e-6


def measure(context: bpy.types.Context, cast: Sequence[Any], source: str) -> list[float]:
    """For each member the part of the frame, up to 1, that its largest object covers; 0 where none is in view.

    Boxes around the objects are looked at, as they are at the scene's frame; what hides them from the camera is not.
    """
    scene, depsgraph = context.scene, context.evaluated_depsgraph_get()
    camera = lens.require_camera(scene.camera)
    world = lens.camera_world(camera, depsgraph)
    projection = np.array(lens.camera_projection(camera, depsgraph, scene.render) @ world.inverted_safe()).T
    layer = context.view_layer
    instances = [o for o in layer.objects if o.instance_type == "COLLECTION" and o.instance_collection]
    sizes: list[float] = []
    for member in cast:
        objects = list_objects(member)
        boxes = [find_corners(item, depsgraph) for item in objects if _is_shown(item, layer, source)]
        for instance in instances:
            is_own = instance.instance_collection == member.collection or instance in objects
            if is_own and _is_shown(instance, layer, source):
                boxes += _list_instanced(instance, depsgraph)
        sizes.append(max((_measure_box(box @ projection) for box in boxes if box is not None), default=0.0))
    return sizes


def list_objects(member: Any) -> list[bpy.types.Object]:
    """The objects by which a member is seen: its object with its children, and those of its collection."""
    objects = list(member.collection.all_objects) if member.collection else []
    return objects + ([member.object, *member.object.children_recursive] if member.object else [])


def _list_instanced(instance: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> list[Doubles | None]:
    inner = instance.instance_collection
    place = instance.evaluated_get(depsgraph).matrix_world @ Matrix.Translation(-inner.instance_offset)
    return [find_corners(item, depsgraph, place) for item in inner.all_objects]


def _is_shown(item: bpy.types.Object, layer: bpy.types.ViewLayer, source: str) -> bool:
    if item.name not in layer.objects:
        return False
    return is_renderable(item) if source == Source.RENDER else item.visible_get(view_layer=layer)


def find_corners(item: bpy.types.Object, depsgraph: bpy.types.Depsgraph, place: Matrix | None = None) -> Doubles | None:
    """The corners (8, 4), homogeneous, in the world, of the box around an object; None for one without a surface."""
    evaluated = item.evaluated_get(depsgraph)
    corners = np.ones((8, 4))
    corners[:, :3] = np.array(evaluated.bound_box)
    if item.type in ("CAMERA", "LIGHT", "EMPTY", "ARMATURE") or not np.ptp(corners[:, :3]):
        return None
    return corners @ np.array((place or Matrix()) @ evaluated.matrix_world).T


def _measure_box(clip: Doubles) -> float:
    """The part of the frame that a box covers, of its corners (8, 4) in clip space."""
    w = clip[:, 3]
    if not np.isfinite(clip).all() or any((sign * clip[:, axis] > w).all() for axis in range(3) for sign in (-1, 1)):
        return 0.0
    if (w < _NEAREST).any():  # partly behind the camera: it reaches to a border of the frame
        return 1.0
    flat = np.clip(clip[:, :2] / w[:, None], -1, 1)
    across, down = np.ptp(flat, axis=0)
    return float(max(across * down / 4, 1e-6))
