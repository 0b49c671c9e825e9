# SPDX-License-Identifier: GPL-3.0-or-later
"""Finer detail for the active object's texture: its views generated again in tiles."""

from functools import partial
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import IntProperty

from ...nano_banana_addon.blender.host import progress_steps
from ...nano_banana_addon.core.texture import MAX_DETAIL_TILES
from ...nano_banana_addon.features.texture import add_detail, bake_queue, job
from ...nano_banana_addon.features.texture.maps import texture_info
from ...nano_banana_addon.features.texture.views import texture_settings
from ..base.paid import PaidOperator, present
from ..base.results import show_fraction
from .generate import report_texture_result

if TYPE_CHECKING:
    from collections.abc import Generator

    from ...nano_banana_addon.blender.host.progress_steps import ProgressStep
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
        reason = "" if has_texture else "The active object has no texture from views."
        return super().find_blocker(context) or reason or bake_queue.find_blocker()

    def build(self, context: bpy.types.Context) -> "TexturePlan":
        """Draw the tiles, and build the requests."""
        return progress_steps.run_all(self.build_steps(context))

    def build_steps(self, context: bpy.types.Context) -> "Generator[ProgressStep, None, TexturePlan]":
        """The same in steps."""
        texture = texture_settings.texture_settings_of(context.scene)
        texture = texture.replace_choices({"detail_tiles": self.detail_tiles} if self.detail_tiles else {})
        return add_detail.prepare_steps(context, self.settings(context), texture)

    def start(self, context: bpy.types.Context) -> None:
        """Draw the tiles in steps, then send the requests, or ask; the texture is baked again when results arrive."""
        again = self.again  # the operator itself is gone by then
        bake_queue.draw(self.build_steps(context), lambda plan: present(job.offer(plan, again=again)))

    def run(self, context: bpy.types.Context, order: "TexturePlan", show: Any) -> set[str]:
        """Send the requests, wait, bake and apply."""
        bake = partial(show_fraction, context)
        return report_texture_result(self, job.run(order, show, again=self.again, on_bake=bake))
