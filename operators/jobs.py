# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with generations that are under way, or whose result is unknown."""

import bpy
from bpy.props import StringProperty

from ..nano_banana_addon.features import recovery
from ..nano_banana_addon.session import panel_state, session
from .base.results import FINISHED, report_errors


class NANO_BANANA_OT_cancel(bpy.types.Operator):
    """Cancel this generation. What was already sent may still be billed"""

    bl_idname = "nano_banana.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="Its id; empty: all that are under way")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Close the connection; the pump shows that it has ended."""
        open_session = session.find_open()
        for generation_id in (
            [self.generation] if self.generation else list(open_session.under_way) if open_session else []
        ):
            if open_session:
                open_session.link.cancel(generation_id)
        return FINISHED


class NANO_BANANA_OT_ask_again(bpy.types.Operator):
    """Send this request a second time. If the first was painted, both are billed"""

    bl_idname = "nano_banana.ask_again"
    bl_label = "Ask Again"
    bl_options = {"INTERNAL"}

    generation: StringProperty()

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first: it costs money."""
        return context.window_manager.invoke_confirm(self, event)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Record it anew and send it."""
        recovery.resend(self.generation)


class NANO_BANANA_OT_dismiss(bpy.types.Operator):
    """Take this out of the list; it stays in the history"""

    bl_idname = "nano_banana.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="Its id; empty: the notice at the top")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Remove the row, or the notice."""
        if self.generation:
            panel_state.remove_generation(self.generation)
        else:
            panel_state.clear_notice()
        panel_state.redraw()
        return FINISHED


CLASSES = (NANO_BANANA_OT_cancel, NANO_BANANA_OT_ask_again, NANO_BANANA_OT_dismiss)
