# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue a picture by an instruction, and look at the conversation."""

import bpy
from bpy.props import BoolProperty, StringProperty

from ..nano_banana_addon.core.settings import Settings
from ..nano_banana_addon.features.conversation import continuation, panel
from ..nano_banana_addon.features.generation import request_builder, scene_settings
from ..nano_banana_addon.session import panel_state
from .base.results import FINISHED, progress_cursor, report_ended, report_errors
from .restyle import SettingsOperator


class NANO_BANANA_OT_continue_generation(SettingsOperator, bpy.types.Operator):
    """Let the model change this picture as you say. Everything else stays as it was"""

    bl_idname = "nano_banana.continue_generation"
    bl_label = "Continue"
    # Neither REGISTER nor UNDO: Shift+R would pay twice.
    bl_options = {"INTERNAL"}

    generation: StringProperty(name="Generation", description="The id of the picture, or: last", options={"SKIP_SAVE"})
    as_before: BoolProperty(
        name="As Before",
        description="With the model, size and provider that painted it; off: as the panels say",
        default=True,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start, and return at once."""
        return report_errors(self, lambda: self._start(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: start, wait, deliver."""
        return report_errors(self, lambda: self._run(context))

    def _order(self, context: bpy.types.Context) -> "request_builder.Order":
        chosen = scene_settings.read_choices(self, self._list_choices(), Settings())
        return continuation.prepare(
            context,
            continuation.resolve_id(self.generation),
            {name: getattr(chosen, name) for name in self._list_choices()},
            keep_settings=self.as_before,
        )

    def _list_choices(self) -> list[str]:
        return [n for n in scene_settings.CHOICE_NAMES if hasattr(self, n) and self.properties.is_property_set(n)]

    def _start(self, context: bpy.types.Context) -> set[str]:
        panel_state.clear_notice()
        order = self._order(context)
        request_builder.submit(order)
        panel.show_sent_instruction(order.requests[0].continues)
        return FINISHED

    def _run(self, context: bpy.types.Context) -> set[str]:
        order = self._order(context)
        for note in order.notes:
            self.report({"WARNING"}, note)
        show = progress_cursor(context)
        try:
            ended = request_builder.wait_and_deliver(request_builder.submit(order), show)
        finally:
            context.window_manager.progress_end()
        return report_ended(self, ended)


class NANO_BANANA_OT_show_conversation(bpy.types.Operator):
    """Show the pictures from which this one came, and those that came from it"""

    bl_idname = "nano_banana.show_conversation"
    bl_label = "Conversation"
    bl_options = {"INTERNAL"}

    generation: StringProperty(description="The id of a picture, or: last; empty: close", options={"SKIP_SAVE"})

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Read it from the history."""
        return report_errors(self, self._show)

    def _show(self) -> set[str]:
        if self.generation:
            panel.show(self.generation)
        else:
            panel.close()
        return FINISHED


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
