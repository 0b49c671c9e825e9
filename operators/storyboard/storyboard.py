# SPDX-License-Identifier: GPL-3.0-or-later
"""Storyboard: one restyled frame for each marker that is bound to a camera."""

from typing import Any

import bpy
from bpy.props import IntProperty

from ...nano_banana_addon.features.generation import offers, request_builder
from ...nano_banana_addon.features.storyboard import board, orders, shots
from ..base.paid import PaidOperator
from ..base.results import report_ended, report_errors, report_reused


class NANO_BANANA_OT_storyboard(PaidOperator, bpy.types.Operator):
    """Generate one frame for each timeline marker that is bound to a camera, as strips in a storyboard scene"""

    bl_idname = "nano_banana.storyboard"
    bl_label = "Storyboard"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also the shots."""
        return super().find_blocker(context) or shots.find_blocker(context.scene)

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Capture all shots now."""
        return orders.prepare(context, self.settings(context))

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """Capture all shots now; the first one is sent, the others follow."""
        offer = orders.offer(self.build(context), again=self.again)
        report_reused(self, [] if offer.is_alike else [shot.id for shot in offer.existing])
        return offer

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Generate all shots one after another."""
        existing = [] if self.again else orders.find_existing_shots(order)
        report_reused(self, [shot.id for shot in existing])
        return report_ended(self, orders.run(order, show, existing))


class NANO_BANANA_OT_storyboard_shot(PaidOperator, bpy.types.Operator):
    """Generate the frame of this shot alone and pay for it. It lies above an earlier one; the others are kept"""

    bl_idname = "nano_banana.storyboard_shot"
    bl_label = "Generate This Shot"
    bl_options = {"INTERNAL"}

    index: IntProperty(name="Shot", description="Index of the shot, from 0", min=0)

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Capture the shot now."""
        return orders.prepare_shot(context, self.settings(context), self.index)

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """Send the request."""
        return orders.offer_shot(self.build(context))

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Send the request, wait, deliver."""
        return report_ended(self, request_builder.wait_and_deliver(request_builder.submit(order), show))


class NANO_BANANA_OT_open_storyboard(bpy.types.Operator):
    """Show the storyboard of this scene in a sequencer: one that is open, else one in a new window"""

    bl_idname = "nano_banana.open_storyboard"
    bl_label = "Open Storyboard"

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Open it."""
        board.open_board(context)
