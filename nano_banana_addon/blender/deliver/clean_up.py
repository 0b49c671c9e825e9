# SPDX-License-Identifier: GPL-3.0-or-later
"""Take everything that was delivered out of the open file again. Only what is marked as made here
is touched.
"""

from __future__ import annotations

import bpy

from . import background, strip
from .compositor import compositor
from .datablocks import ownership_tags
from .datablocks.ownership_tags import Role
from .material import material


def clean_up(*, images: bool = True) -> int:
    """Restore materials, compositors, cameras and storyboards, and remove the images (if `images`);
    their files and the history stay. How many things were removed.

    One undo step, if the caller pushes it.
    """
    removed = _materials() + _compositors() + _cameras() + _storyboards()
    removed += _view_cameras() + _all_of(bpy.data.images, Role.CHECK)
    removed += _all_of(bpy.data.brushes, Role.BRUSH) + _all_of(bpy.data.textures, Role.TEXTURE)
    return removed + (_all_of(bpy.data.images, Role.IMAGE) if images else 0)


def _all_of(blocks: bpy.types.bpy_prop_collection, role: Role) -> int:
    made = list(ownership_tags.of_role(blocks, role))
    for block in made:
        blocks.remove(block)
    return len(made)


def _materials() -> int:
    removed = 0
    # Copies first: their slots get back the sources, which may hold pictures of their own.
    for made_here in (True, False):
        for each in list(bpy.data.materials):
            is_made = ownership_tags.has_role(each, Role.MATERIAL)
            if each.library is None and is_made == made_here and material.group_node(each):
                material.remove(each)
                removed += 1
    return removed


def _compositors() -> int:
    removed = 0
    for scene in bpy.data.scenes:
        if scene.library is None and compositor.group_node(scene) is not None:
            compositor.remove(scene)
            removed += 1
    return removed


def _cameras() -> int:
    removed = 0
    for camera in bpy.data.cameras:
        if camera.library is None:
            before = len(camera.background_images)
            background.remove(camera)
            removed += before - len(camera.background_images)
    return removed


def _view_cameras() -> int:
    _all_of(bpy.data.objects, Role.VIEW_CAMERA)
    _all_of(bpy.data.collections, Role.VIEW_CAMERA)
    return _all_of(bpy.data.cameras, Role.VIEW_CAMERA)


def _storyboards() -> int:
    boards = list(ownership_tags.of_role(bpy.data.scenes, Role.STORYBOARD))
    for board in boards:
        strip.remove(board)
    return len(boards)
