# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras that show, before anything is billed, from where an object will be viewed.

They can be moved, and are removed again; only cameras made here are ever changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Matrix

from ....blender.bake.views import camera_parameters
from ....blender.capture import lens
from ....blender.deliver.datablocks import ownership_tags
from ....blender.deliver.datablocks.ownership_tags import Role
from ....core.scene.capture import View
from ....identity import SCENE_PROPERTY

COLLECTION = "Nano Banana Views"


def show(scene: bpy.types.Scene, views: Sequence[View], canvas: tuple[int, int]) -> None:
    """Put a camera at each view, in a separate collection, and list them in order."""
    hide(scene)
    collection = bpy.data.collections.new(COLLECTION)
    ownership_tags.set_role(collection, Role.VIEW_CAMERA)
    scene.collection.children.link(collection)
    entries = getattr(scene, SCENE_PROPERTY).texturing.view_list
    for view in views:
        camera = create_camera(view, canvas)
        collection.objects.link(camera)
        entry = entries.add()
        entry.name, entry.camera = view.camera, camera


def create_camera(view: View, canvas: tuple[int, int]) -> bpy.types.Object:
    """A marked camera, not linked to a collection yet, that shows a view; its frame is the canvas."""
    parameters = camera_parameters(view, canvas)
    data = bpy.data.cameras.new(view.camera)
    data.sensor_fit = "VERTICAL"
    data.type = "ORTHO" if parameters.orthographic else "PERSP"
    if parameters.orthographic:
        data.ortho_scale = parameters.ortho_scale
    else:
        data.angle = parameters.angle_y
    data.shift_x, data.shift_y = parameters.shift_x, parameters.shift_y
    data.clip_start, data.clip_end = parameters.clip_start, parameters.clip_end
    camera = bpy.data.objects.new(view.camera, data)
    camera.matrix_world = Matrix(view.world)
    for block in (data, camera):
        ownership_tags.set_role(block, Role.VIEW_CAMERA)
    return camera


def list_entries(scene: bpy.types.Scene) -> list[Any]:
    """The list's entries whose cameras are still in the scene."""
    entries = getattr(scene, SCENE_PROPERTY).texturing.view_list
    return [e for e in entries if e.enabled and e.camera is not None and e.camera.name in scene.objects]


def has_entries(scene: bpy.types.Scene) -> bool:
    """Whether cameras represent the views, enabled or not, existing or deleted."""
    return bool(len(getattr(scene, SCENE_PROPERTY).texturing.view_list))


def list_cameras(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The cameras that represent views, in the order of the list."""
    return [entry.camera for entry in list_entries(scene)]


def view_of(camera: bpy.types.Object, depsgraph: bpy.types.Depsgraph, canvas: tuple[int, int]) -> View:
    """A camera as a view whose frame is the canvas."""
    projection = camera.calc_matrix_camera(depsgraph, x=canvas[0], y=canvas[1])
    world = lens.camera_world(camera, depsgraph)
    return View(_to_rows(world), _to_rows(projection), camera.data.type == "ORTHO", camera.name)


def _to_rows(matrix: Matrix) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((row[0], row[1], row[2], row[3]) for row in matrix)


def hide(scene: bpy.types.Scene) -> int:
    """Remove the cameras that were made here; returns their number."""
    getattr(scene, SCENE_PROPERTY).texturing.view_list.clear()
    return remove_all()


def remove_all() -> int:
    """Remove every camera of this kind from the file, and their collection."""
    data = list(ownership_tags.find_by_role(bpy.data.cameras, Role.VIEW_CAMERA))
    for camera in ownership_tags.find_by_role(bpy.data.objects, Role.VIEW_CAMERA):
        bpy.data.objects.remove(camera)
    for camera_data in data:
        if camera_data.users == 0:
            bpy.data.cameras.remove(camera_data)
    for collection in ownership_tags.find_by_role(bpy.data.collections, Role.VIEW_CAMERA):
        if not collection.objects and not collection.children:
            bpy.data.collections.remove(collection)
    return len(data)
