# SPDX-License-Identifier: GPL-3.0-or-later
"""Storyboard: one frame for each shot."""

from typing import Any

import bpy
from bpy.props import IntProperty

from ...nano_banana_addon.features.generation import offers, request_builder, scene_settings
from ...nano_banana_addon.features.storyboard import board, orders, shots, stale
from ...nano_banana_addon.session import panel_state
from ...nano_banana_addon.translations import translate
from ..base.paid import PaidOperator
from ..base.results import report_ended, report_errors, report_reused, show_wait_cursor


class StoryboardOperator(PaidOperator):
    """An operator that generates several shots; `must_ask`: whatever they cost, the user is asked first."""

    must_ask = False

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also the shots."""
        return super().find_blocker(context) or shots.find_blocker(context.scene)

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """Capture the shots now; those that need others follow them."""
        offer = orders.offer(self.build(context), again=self.again, asks=self.must_ask)
        report_reused(self, [] if offer.is_alike else [shot.id for shot in offer.existing])
        return offer

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Generate the shots, wait, deliver."""
        existing = {} if self.again else orders.find_existing(order)
        report_reused(self, [shot.id for shot in existing.values()])
        return report_ended(self, orders.run(order, show, existing))


class NANO_BANANA_OT_storyboard(StoryboardOperator, bpy.types.Operator):
    """Generate one frame for each shot, as strips in a storyboard scene. Without a list the shots are the timeline
    markers that are bound to cameras"""

    bl_idname = "nano_banana.storyboard"
    bl_label = "Storyboard"

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Capture all shots now."""
        return orders.prepare(context, self.settings(context))


class NANO_BANANA_OT_storyboard_stale(StoryboardOperator, bpy.types.Operator):
    """Check all shots, then generate those that have no image, or one that no longer shows what the camera sees"""

    bl_idname = "nano_banana.storyboard_stale"
    bl_label = "Generate Stale"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also stale shots."""
        if reason := super().find_blocker(context):
            return reason
        if panel_state.get_properties().storyboard:
            return "Shots are being generated: wait for them, so that none is paid twice."
        return "" if stale.list_due(context.scene) else "No shot is stale or missing by the last check."

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Check all shots and capture those that are due. A number other than the button's is asked about."""
        shown, settings = len(stale.list_due(context.scene)), self.settings(context)
        stale.check(context, settings)
        due = stale.require_due(context.scene)
        self.must_ask = len(due) != shown
        return orders.prepare(context, settings, shots=due)


class NANO_BANANA_OT_storyboard_check(bpy.types.Operator):
    """Look through the camera of each shot: which images no longer show what it sees, and how shots fit together.
    Nothing is sent. Shadows and reflections of objects outside of the frame do not count"""

    bl_idname = "nano_banana.storyboard_check"
    bl_label = "Check Shots"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Check, and report how many are due."""
        with show_wait_cursor(context):
            stale.check(context, scene_settings.settings_of(context.scene))
        count = len(stale.list_due(context.scene))
        self.report({"INFO"}, translate("Shots that are stale or missing: {count}.", count=count))


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
        return report_ended(self, orders.run(order, show))


class NANO_BANANA_OT_open_storyboard(bpy.types.Operator):
    """Show the storyboard of this scene in a sequencer: one that is open, else one in a new window"""

    bl_idname = "nano_banana.open_storyboard"
    bl_label = "Open Storyboard"

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Open it."""
        board.open_board(context)
