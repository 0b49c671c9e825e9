# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel, resend, dismiss and list generations; tell how they ended."""

import bpy
from bpy.props import BoolProperty, StringProperty

from ..nano_banana_addon.features import recovery
from ..nano_banana_addon.features.generation import offers
from ..nano_banana_addon.features.history import gallery, lookup
from ..nano_banana_addon.session import panel_state, session
from .base.generation import GenerationOperator
from .base.paid import PayingOperator
from .base.results import FINISHED, report_errors


class NANO_BANANA_OT_cancel(bpy.types.Operator):
    """Cancel"""

    bl_idname = "nano_banana.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="ID of the generation; empty: all in progress")

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """What becomes of a request that was already sent."""
        return lookup.describe_cancel(properties.generation)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Close the connection; the pump shows the outcome."""
        open_session = session.find_open()
        for generation_id in (
            [self.generation] if self.generation else list(open_session.under_way) if open_session else []
        ):
            if open_session:
                open_session.link.cancel(generation_id)
        return FINISHED


class NANO_BANANA_OT_ask_again(PayingOperator, GenerationOperator, bpy.types.Operator):
    """Send this request again and pay for it. If the first one was generated, both are billed"""

    bl_idname = "nano_banana.ask_again"
    bl_label = "Resend"
    bl_options = {"INTERNAL"}

    def offer(self, _context: bpy.types.Context) -> "offers.Offer":
        """Send it; asked about if the first one may be billed, too."""
        return recovery.offer_resend(self.generation)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Queue it again and send it."""
        recovery.resend(self.generation)


class NANO_BANANA_OT_dismiss(bpy.types.Operator):
    """Remove this from the list. It stays in the history"""

    bl_idname = "nano_banana.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="ID of the generation; empty: the notice at the top")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Remove the row, or the notice."""
        if self.generation:
            panel_state.remove_generation(self.generation)
        else:
            panel_state.clear_notice()
        panel_state.redraw()
        return FINISHED


class NANO_BANANA_OT_clear_results(bpy.types.Operator):
    """Take these out of the list. They stay in the history"""

    bl_idname = "nano_banana.clear_results"
    bl_label = "Clear Results"
    bl_options = {"INTERNAL"}

    failed_only: BoolProperty(
        name="Failed Only", description="Take only those without an image out of the list; they stay in the history"
    )

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Remove the rows."""
        panel_state.clear_results(failed_only=self.failed_only)
        panel_state.redraw()
        return FINISHED


class NANO_BANANA_OT_load_results(bpy.types.Operator):
    """Show the latest results of this file from the history again. Nothing is sent"""

    bl_idname = "nano_banana.load_results"
    bl_label = "Show Earlier Results"

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Fill the list."""
        panel_state.show_results(gallery.read_earlier_results())


class NANO_BANANA_OT_report(bpy.types.Operator):
    """Report a message in the status bar and the Info editor"""

    bl_idname = "nano_banana.report"
    bl_label = "Report"
    bl_options = {"INTERNAL"}

    message: StringProperty(options={"SKIP_SAVE"})
    level: StringProperty(default="INFO", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Wait for an event: Blender shows only the reports of operators that its event loop runs."""
        self._timer = context.window_manager.event_timer_add(0.01, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Report, and let the event pass."""
        context.window_manager.event_timer_remove(self._timer)
        self.report({self.level}, self.message)
        return {"FINISHED", "PASS_THROUGH"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """From a script."""
        self.report({self.level}, self.message)
        return FINISHED
