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
    count = _remove_from_materials() + _remove_from_compositors() + _remove_backgrounds() + _remove_strips()
    count += _remove_view_cameras() + _remove_all(bpy.data.images, Role.CHECK)
    count += _remove_all(bpy.data.brushes, Role.BRUSH) + _remove_all(bpy.data.textures, Role.TEXTURE)
    return count + (_remove_all(bpy.data.images, Role.IMAGE) if images else 0)


def _remove_all(blocks: bpy.types.bpy_prop_collection, role: Role) -> int:
    own_blocks = list(ownership_tags.find_by_role(blocks, role))
    for block in own_blocks:
        blocks.remove(block)
    return len(own_blocks)


def _remove_from_materials() -> int:
    count = 0
    # Copies first: their slots get back the sources, which may hold pictures of their own.
    for remove_own in (True, False):
        for candidate in list(bpy.data.materials):
            is_own = ownership_tags.has_role(candidate, Role.MATERIAL)
            if candidate.library is None and is_own == remove_own and material.group_node(candidate):
                material.remove(candidate)
                count += 1
    return count


def _remove_from_compositors() -> int:
    count = 0
    for scene in bpy.data.scenes:
        if scene.library is None and compositor.group_node(scene) is not None:
            compositor.remove(scene)
            count += 1
    return count


def _remove_backgrounds() -> int:
    count = 0
    for camera in bpy.data.cameras:
        if camera.library is None:
            previous_count = len(camera.background_images)
            background.remove(camera)
            count += previous_count - len(camera.background_images)
    return count


def _remove_view_cameras() -> int:
    _remove_all(bpy.data.objects, Role.VIEW_CAMERA)
    _remove_all(bpy.data.collections, Role.VIEW_CAMERA)
    return _remove_all(bpy.data.cameras, Role.VIEW_CAMERA)


def _remove_strips() -> int:
    boards = list(ownership_tags.find_by_role(bpy.data.scenes, Role.STORYBOARD))
    for board in boards:
        strip.remove(board)
    return len(boards)
