# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery: pages, details, and what is done with one generation."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..nano_banana_addon.core.errors import InputError
from ..nano_banana_addon.features.generation import preview, restore_settings
from ..nano_banana_addon.features.history import gallery, lookup
from .base.results import report_errors


class NANO_BANANA_OT_history_refresh(bpy.types.Operator):
    """Read the history again: other Blenders write into it, too"""

    bl_idname = "nano_banana.history_refresh"
    bl_label = "Refresh"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Read the page."""
        gallery.refresh()


class NANO_BANANA_OT_history_page(bpy.types.Operator):
    """Show other pages of the history"""

    bl_idname = "nano_banana.history_page"
    bl_label = "Turn Page"
    bl_options = {"INTERNAL"}

    step: IntProperty(default=1, description="Pages to go on, or back if it is negative")

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Turn."""
        gallery.turn_page(self.step)


class GenerationOperator:
    """An operator on one generation of the history."""

    generation: StringProperty(name="Generation", options={"HIDDEN", "SKIP_SAVE"})


class NANO_BANANA_OT_history_choose(GenerationOperator, bpy.types.Operator):
    """Show the exact request, what came of it, and what can be done with it"""

    bl_idname = "nano_banana.history_choose"
    bl_label = "Details"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Show it."""
        gallery.show_details(self.generation)


class NANO_BANANA_OT_use_settings(GenerationOperator, bpy.types.Operator):
    """Choose everything as it was for this picture: prompt, references, model, size and the rest"""

    bl_idname = "nano_banana.use_settings"
    bl_label = "Use These Settings Again"
    bl_options = {"REGISTER", "UNDO"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Set the scene's choices."""
        for note in restore_settings.restore(context.scene, self.generation):
            self.report({"WARNING"}, note)


class NANO_BANANA_OT_sent_request(GenerationOperator, bpy.types.Operator):
    """The exact text that was sent, the pictures in order, and all settings: into the clipboard and a text
    data-block"""

    bl_idname = "nano_banana.sent_request"
    bl_label = "Exact Request"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Write it."""
        words = preview.format_sent_request(lookup.find(self.generation))
        context.window_manager.clipboard = words
        name = preview.write_text_block(words)
        self.report({"INFO"}, f"The request is in the clipboard and in the text {name!r}.")


class NANO_BANANA_OT_favourite(GenerationOperator, bpy.types.Operator):
    """Favourites are found again quickly, and never cleaned up"""

    bl_idname = "nano_banana.favourite"
    bl_label = "Favourite"
    bl_options = {"INTERNAL"}

    value: BoolProperty(name="Favourite", default=True)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Mark it."""
        gallery.set_favourite(self.generation, self.value)


class NANO_BANANA_OT_reveal_file(GenerationOperator, bpy.types.Operator):
    """Open the folder in which the received file lies, unchanged"""

    bl_idname = "nano_banana.reveal_file"
    bl_label = "Reveal File"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Open the folder; the path goes to the clipboard, too."""
        answer = lookup.find(self.generation).answer
        path = Path(answer.result.path) if answer and answer.result else None
        if path is None or not path.is_file():
            raise InputError(
                f"The file is not there: {path}." if path else "There is no picture.",
                next_step="Restore it from a backup, or generate it again.",
            )
        context.window_manager.clipboard = str(path)
        self.report({"INFO"}, f"{path} (copied to the clipboard)")
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(path.parent))


class NANO_BANANA_OT_delete_generation(GenerationOperator, bpy.types.Operator):
    """Remove this from the history, with its pictures there. Copies beside a .blend and packed ones stay"""

    bl_idname = "nano_banana.delete_generation"
    bl_label = "Delete"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Delete this from the history?",
            confirm_text="Delete",
            icon="WARNING",
            message="Its pictures there are deleted, too. Its cost stays in the ledger.",
        )

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Delete it."""
        gallery.delete(self.generation)


CLASSES = (
    NANO_BANANA_OT_history_refresh,
    NANO_BANANA_OT_history_page,
    NANO_BANANA_OT_history_choose,
    NANO_BANANA_OT_use_settings,
    NANO_BANANA_OT_sent_request,
    NANO_BANANA_OT_favourite,
    NANO_BANANA_OT_reveal_file,
    NANO_BANANA_OT_delete_generation,
)
