# SPDX-License-Identifier: GPL-3.0-or-later
"""Change an image by an instruction, and show the conversation."""

from functools import partial
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ..nano_banana_addon.features.conversation import continuation, panel
from ..nano_banana_addon.features.generation import offers, request_builder
from .base.generation import GenerationOperator
from .base.paid import PaidOperator
from .base.results import FINISHED, report_ended, report_errors


class NANO_BANANA_OT_continue_generation(PaidOperator, bpy.types.Operator):
    """Change this image by the instruction and keep everything else. Sends a paid request"""

    bl_idname = "nano_banana.continue_generation"
    bl_label = "Continue"
    bl_options = {"INTERNAL"}

    generation: StringProperty(name="Generation", description='ID of the image, or "last"', options={"SKIP_SAVE"})
    as_before: BoolProperty(
        name="Same Model and Size",
        description="Use the model, size and provider that generated the image. Off: use those set in the panels",
        default=True,
        options={"SKIP_SAVE"},
    )

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """The request that changes the image."""
        previous_id = continuation.resolve_id(self.generation)
        return continuation.prepare(context, previous_id, self.given_choices(), keep_settings=self.as_before)

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """Send the request and show the conversation."""
        order = self.build(context)
        return offers.offer_all(order.requests, order.estimate, partial(panel.send_instruction, order))

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Send the request, wait, deliver."""
        for note in order.notes:
            self.report({"WARNING"}, note)
        return report_ended(self, request_builder.wait_and_deliver(request_builder.submit(order), show))


class NANO_BANANA_OT_show_conversation(bpy.types.Operator):
    """Show the images that this one was changed from, and those changed from it"""

    bl_idname = "nano_banana.show_conversation"
    bl_label = "Conversation"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description='ID of the image, or "last"; empty: close', options={"SKIP_SAVE"})

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Read the conversation from the history."""
        if self.generation:
            panel.show(self.generation)
        else:
            panel.close()


class NANO_BANANA_OT_choose_turn(GenerationOperator, bpy.types.Operator):
    """Change this image next. Continuing from an earlier image starts a new branch"""

    bl_idname = "nano_banana.choose_turn"
    bl_label = "Choose"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Make it the active image."""
        panel.choose(self.generation)
        return FINISHED
