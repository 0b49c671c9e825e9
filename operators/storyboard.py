# SPDX-License-Identifier: GPL-3.0-or-later
"""Storyboard: one restyled frame for each marker that is bound to a camera."""

from typing import Any

import bpy

from ..nano_banana_addon.features import storyboard
from ..nano_banana_addon.features.generation import offers, request_builder
from .base.paid import PaidOperator
from .base.results import report_ended, report_reused


class NANO_BANANA_OT_storyboard(PaidOperator, bpy.types.Operator):
    """Generate one frame for each timeline marker that is bound to a camera, as strips in a storyboard scene"""

    bl_idname = "nano_banana.storyboard"
    bl_label = "Storyboard"
    bl_options = {"INTERNAL"}

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Capture all shots now."""
        return storyboard.prepare(context, self.settings(context))

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """Capture all shots now; the first one is sent, the others follow."""
        offer = storyboard.offer(self.build(context), again=self.again)
        report_reused(self, [] if offer.is_alike else [shot.id for shot in offer.existing])
        return offer

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Generate all shots one after another."""
        existing = [] if self.again else storyboard.find_existing_shots(order)
        report_reused(self, [shot.id for shot in existing])
        return report_ended(self, storyboard.run(order, show, existing))
