# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes in the 3D view: the surface under the mouse, and the way back to a note."""

from __future__ import annotations

import bpy
from bpy_extras import view3d_utils
from mathutils import Matrix, Vector

from ..capture import view3d
from . import scene_notes

_PANELS = {"HEADER", "TOOL_HEADER", "TOOLS", "UI"}  # hidden regions of other types keep their place
_EQUAL = 1e-4  # how far two matrices of the same instance may differ


def find_region(context: bpy.types.Context, x: int, y: int) -> bpy.types.Region | None:
    """The region of a 3D view that shows the scene at a place of the window in pixels; None for its panels."""
    areas = [area for area in context.screen.areas if area.type == "VIEW_3D"]
    regions = [region for area in areas for region in area.regions if _contains(region, x, y)]
    is_covered = any(region.type in _PANELS for region in regions)
    return None if is_covered else next((region for region in regions if region.type == "WINDOW"), None)


def _contains(region: bpy.types.Region, x: int, y: int) -> bool:
    return 0 <= x - region.x < region.width and 0 <= y - region.y < region.height and region.width > 1


def find_surface(
    context: bpy.types.Context, region: bpy.types.Region, x: int, y: int
) -> tuple[Vector, bpy.types.Object | None] | None:
    """The point of a surface at a place of the window, and its object; of an instance the one that makes it."""
    place = (x - region.x, y - region.y)
    origin = view3d_utils.region_2d_to_origin_3d(region, region.data, place)
    direction = view3d_utils.region_2d_to_vector_3d(region, region.data, place)
    depsgraph = context.evaluated_depsgraph_get()
    is_hit, point, _, _, item, matrix = context.scene.ray_cast(depsgraph, origin, direction)
    return (point, _find_owner(context, depsgraph, item.original, matrix)) if is_hit else None


def _find_owner(
    context: bpy.types.Context, depsgraph: bpy.types.Depsgraph, item: bpy.types.Object, matrix: Matrix
) -> bpy.types.Object | None:
    own = item.evaluated_get(depsgraph).matrix_world
    if context.view_layer.objects.get(item.name) == item and _is_same(own, matrix):
        return item
    instances = (i for i in depsgraph.object_instances if i.is_instance and i.object.original == item)
    parent = next((i.parent for i in instances if _is_same(i.matrix_world, matrix)), None)
    return parent.original if parent else None


def _is_same(one: Matrix, other: Matrix) -> bool:
    return all(row.length <= _EQUAL for row in one - other)


def show(context: bpy.types.Context, note: bpy.types.Object) -> None:
    """Select a note, and centre the 3D view on it unless it looks through a camera. Raises `InputError` without one."""
    data = view3d.require_view(context).data
    if context.view_layer.objects.get(note.name) == note:
        for item in context.view_layer.objects:
            item.select_set(item == note)
        context.view_layer.objects.active = note
    if data.view_perspective != "CAMERA":
        data.view_location = scene_notes.find_place(note, context.evaluated_depsgraph_get())
