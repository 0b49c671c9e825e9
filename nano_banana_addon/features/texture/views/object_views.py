# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects with the views of them, whether of now or of frames of the animation."""

from __future__ import annotations

import bpy

from ....blender.bake.mesh import Geometry
from ....core.errors import InputError
from ....core.settings import Settings
from ....core.texture import TextureSettings, ViewSet
from ..objects import atlas
from ..objects.choice import ChosenObjects
from . import keyframes, targets
from .planned_view import PlannedView
from .views import add_prompts, plan_views


def read_views(
    context: bpy.types.Context, chosen: ChosenObjects, texture: TextureSettings, settings: Settings
) -> tuple[Geometry, tuple[PlannedView, ...], tuple[str, ...]]:
    """The geometry of the objects, its views in the order in which they are generated, and notes.

    Raises `InputError`.
    """
    texture.check()
    objects = chosen.objects
    if texture.atlas:
        atlas.require_maps(objects)
    if texture.views == ViewSet.KEYFRAMES:
        if chosen.places:
            raise InputError(
                f"{', '.join(each.name for each in chosen.places)}: keyframes follow objects, not their instances.",
                next_step="Choose Make Instances Real, or select the objects themselves.",
                remedy="MAKE_REAL",
            )
        geometry, planned, notes = keyframes.plan_keyframes(context, objects, texture, settings)
        return geometry, add_prompts(planned, texture.view_prompts), (*chosen.notes, *notes)
    geometry, notes = targets.read(objects, texture.used_uv_map)
    if texture.atlas:
        atlas.refuse_overlap(geometry)
    geometry = targets.restore_poses(geometry, objects, targets.record_poses(objects, places=chosen.places))
    return geometry, plan_views(context, geometry, texture, settings), (*chosen.notes, *notes)
