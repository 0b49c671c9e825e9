# SPDX-License-Identifier: GPL-3.0-or-later
"""Take everything that was delivered out of the open file again. Only what is marked as made here is touched."""

from __future__ import annotations

import bpy

from ...core.constants import DeliveryKind
from .datablocks import ownership_tags
from .datablocks.ownership_tags import Role
from .registry import TARGETS


def clean_up(*, images: bool = True) -> int:
    """Restore materials, compositors, cameras and storyboards, and remove the images (if `images`).

    Their files and the history stay. How many things were removed. One undo step, if the caller pushes it.
    """
    last = TARGETS["IMAGE"]
    # A material with maps may have been put over one that was made for an image.
    targets = sorted(TARGETS.values(), key=lambda target: target.id != DeliveryKind.PBR_MATERIAL)
    removed = sum(target.load().remove_all() for target in targets if target is not last)
    removed += _remove_view_cameras() + ownership_tags.remove_by_role(bpy.data.images, Role.CHECK)
    return removed + (last.load().remove_all() if images else 0)


def _remove_view_cameras() -> int:
    ownership_tags.remove_by_role(bpy.data.objects, Role.VIEW_CAMERA)
    ownership_tags.remove_by_role(bpy.data.collections, Role.VIEW_CAMERA)
    return ownership_tags.remove_by_role(bpy.data.cameras, Role.VIEW_CAMERA)
