# SPDX-License-Identifier: GPL-3.0-or-later
"""Finer detail for the active object's texture: its views generated again in tiles."""

from functools import partial
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import IntProperty

from ...nano_banana_addon.core.texture import MAX_DETAIL_TILES
from ...nano_banana_addon.features.texture import add_detail, job
from ...nano_banana_addon.features.texture.maps import texture_info
from ...nano_banana_addon.features.texture.views import texture_settings
from ..base.paid import PaidOperator
from ..base.results import show_fraction
from .generate import report_texture_result

if TYPE_CHECKING:
    from ...nano_banana_addon.features.generation.offers import Offer
    from ...nano_banana_addon.features.texture.plan import TexturePlan


class NANO_BANANA_OT_texture_add_detail(PaidOperator, bpy.types.Operator):
    """Generate each view of the active object's texture again in tiles, and bake a new texture with their detail.
    Colours and shapes stay those of the views; the old image is kept"""

    bl_idname = "nano_banana.texture_add_detail"
    bl_label = "Add Detail"

    detail_tiles: IntProperty(
        name="Tiles per Side",
        description="Into how many parts each view is cut, across and down; 0: as in the panel",
        min=0,
        max=MAX_DETAIL_TILES,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also a texture from views."""
        has_texture = texture_info.group_of(context.active_object) is not None
        return super().find_blocker(context) or ("" if has_texture else "The active object has no texture from views.")

    def build(self, context: bpy.types.Context) -> "TexturePlan":
        """Draw the tiles, and build the requests."""
        texture = texture_settings.texture_settings_of(context.scene)
        texture = texture.replace_choices({"detail_tiles": self.detail_tiles} if self.detail_tiles else {})
        return add_detail.prepare(context, self.settings(context), texture)

    def offer(self, context: bpy.types.Context) -> "Offer":
        """Send the requests; the texture is baked again when the results have arrived."""
        return job.offer(self.build(context), again=self.again)

    def run(self, context: bpy.types.Context, order: "TexturePlan", show: Any) -> set[str]:
        """Send the requests, wait, bake and apply."""
        bake = partial(show_fraction, context)
        return report_texture_result(self, job.run(order, show, again=self.again, on_bake=bake))
