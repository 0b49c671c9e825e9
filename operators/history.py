# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery: pages, details, and what is done with one generation."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..nano_banana_addon.core.errors import InputError
from ..nano_banana_addon.features.generation import preview, restore_settings
from ..nano_banana_addon.features.history import gallery, lookup
from .base.results import FINISHED, report_errors


class NANO_BANANA_OT_history_refresh(bpy.types.Operator):
    """Read the history again: other Blenders write into it, too"""

    bl_idname = "nano_banana.history_refresh"
    bl_label = "Refresh"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Read the page."""
        return report_errors(self, self._read)

    def _read(self) -> set[str]:
        gallery.refresh()
        return FINISHED


class NANO_BANANA_OT_history_page(bpy.types.Operator):
    """Show other pages of the history"""

    bl_idname = "nano_banana.history_page"
    bl_label = "Turn Page"
    bl_options = {"INTERNAL"}

    step: IntProperty(default=1, description="Pages to go on, or back if it is negative")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Turn."""
        return report_errors(self, self._turn)

    def _turn(self) -> set[str]:
        gallery.turn_page(self.step)
        return FINISHED


class OfGeneration:
    """An operator on one generation of the history."""

    generation: StringProperty(name="Generation", options={"HIDDEN", "SKIP_SAVE"})


class NANO_BANANA_OT_history_choose(OfGeneration, bpy.types.Operator):
    """Show the exact request, what came of it, and what can be done with it"""

    bl_idname = "nano_banana.history_choose"
    bl_label = "Details"
    bl_options = {"INTERNAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Show it."""
        return report_errors(self, self._show)

    def _show(self) -> set[str]:
        gallery.show_details(self.generation)
        return FINISHED


class NANO_BANANA_OT_use_settings(OfGeneration, bpy.types.Operator):
    """Choose everything as it was for this picture: prompt, references, model, size and the rest"""

    bl_idname = "nano_banana.use_settings"
    bl_label = "Use These Settings Again"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the scene's choices."""
        return report_errors(self, lambda: self._use(context))

    def _use(self, context: bpy.types.Context) -> set[str]:
        for note in restore_settings.restore(context.scene, self.generation):
            self.report({"WARNING"}, note)
        return FINISHED


class NANO_BANANA_OT_sent_request(OfGeneration, bpy.types.Operator):
    """The exact text that was sent, the pictures in order, and all settings: into the clipboard and a text
    data-block"""

    bl_idname = "nano_banana.sent_request"
    bl_label = "Exact Request"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it."""
        return report_errors(self, lambda: self._write(context))

    def _write(self, context: bpy.types.Context) -> set[str]:
        words = preview.format_sent_request(lookup.find(self.generation))
        context.window_manager.clipboard = words
        name = preview.write_text_block(words)
        self.report({"INFO"}, f"The request is in the clipboard and in the text {name!r}.")
        return FINISHED


class NANO_BANANA_OT_favourite(OfGeneration, bpy.types.Operator):
    """Favourites are found again quickly, and never cleaned up"""

    bl_idname = "nano_banana.favourite"
    bl_label = "Favourite"
    bl_options = {"INTERNAL"}

    value: BoolProperty(name="Favourite", default=True)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Mark it."""
        return report_errors(self, self._mark)

    def _mark(self) -> set[str]:
        gallery.set_favourite(self.generation, self.value)
        return FINISHED


class NANO_BANANA_OT_reveal_file(OfGeneration, bpy.types.Operator):
    """Open the folder in which the received file lies, unchanged"""

    bl_idname = "nano_banana.reveal_file"
    bl_label = "Reveal File"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open the folder; the path goes to the clipboard, too."""
        return report_errors(self, lambda: self._reveal(context))

    def _reveal(self, context: bpy.types.Context) -> set[str]:
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
        return FINISHED


class NANO_BANANA_OT_delete_generation(OfGeneration, bpy.types.Operator):
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

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Delete it."""
        return report_errors(self, self._delete)

    def _delete(self) -> set[str]:
        gallery.delete(self.generation)
        return FINISHED


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
