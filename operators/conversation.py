# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue a picture by an instruction, and look at the conversation."""

from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ..nano_banana_addon.features.conversation import continuation, panel
from ..nano_banana_addon.features.generation import request_builder
from .base.paid import PaidOperator
from .base.results import FINISHED, report_ended, report_errors


class NANO_BANANA_OT_continue_generation(PaidOperator, bpy.types.Operator):
    """Let the model change this picture as you say. Everything else stays as it was"""

    bl_idname = "nano_banana.continue_generation"
    bl_label = "Continue"
    bl_options = {"INTERNAL"}

    generation: StringProperty(name="Generation", description="The id of the picture, or: last", options={"SKIP_SAVE"})
    as_before: BoolProperty(
        name="As Before",
        description="With the model, size and provider that painted it; off: as the panels say",
        default=True,
        options={"SKIP_SAVE"},
    )

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """The request that changes the image."""
        previous_id = continuation.resolve_id(self.generation)
        return continuation.prepare(context, previous_id, self.given_choices(), keep_settings=self.as_before)

    def start(self, _context: bpy.types.Context, order: "request_builder.Order") -> None:
        """Send it, and show the conversation."""
        request_builder.submit(order)
        panel.show_sent_instruction(order.requests[0].continues)

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Send it, wait, deliver."""
        for note in order.notes:
            self.report({"WARNING"}, note)
        return report_ended(self, request_builder.wait_and_deliver(request_builder.submit(order), show))


class NANO_BANANA_OT_show_conversation(bpy.types.Operator):
    """Show the pictures from which this one came, and those that came from it"""

    bl_idname = "nano_banana.show_conversation"
    bl_label = "Conversation"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="The id of a picture, or: last; empty: close", options={"SKIP_SAVE"})

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Read it from the history."""
        if self.generation:
            panel.show(self.generation)
        else:
            panel.close()


class NANO_BANANA_OT_choose_turn(bpy.types.Operator):
    """Change this picture next. From an earlier one the conversation branches"""

    bl_idname = "nano_banana.choose_turn"
    bl_label = "Choose"
    bl_options = {"INTERNAL"}

    generation: StringProperty(options={"SKIP_SAVE"})

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Choose it."""
        panel.choose(self.generation)
        return FINISHED


CLASSES = (
    NANO_BANANA_OT_continue_generation,
    NANO_BANANA_OT_show_conversation,
    NANO_BANANA_OT_choose_turn,
)
