# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects with the views of them, whether of now or of frames of the animation."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ....blender.bake.mesh import Geometry
from ....core.settings import Settings
from ....core.texture import TextureSettings, ViewSet
from . import keyframes, targets
from .planned_view import PlannedView
from .views import add_prompts, plan_views


def read_views(
    context: bpy.types.Context, objects: Sequence[bpy.types.Object], texture: TextureSettings, settings: Settings
) -> tuple[Geometry, tuple[PlannedView, ...], tuple[str, ...]]:
    """The geometry of the objects, its views in the order in which they are generated, and notes.

    Raises `InputError`.
    """
    texture.check()
    if texture.views == ViewSet.KEYFRAMES:
        geometry, planned, notes = keyframes.plan_keyframes(context, objects, texture, settings)
        return geometry, add_prompts(planned, texture.view_prompts), notes
    geometry, notes = targets.read(objects, texture.uv_map)
    return geometry, plan_views(context, geometry, texture, settings), notes
