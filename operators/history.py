# SPDX-License-Identifier: GPL-3.0-or-later
"""The history's gallery: pages, details, and actions on one generation."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, IntProperty

from ..nano_banana_addon.blender.host import editors
from ..nano_banana_addon.features.generation import preview, restore_settings
from ..nano_banana_addon.features.history import gallery, lookup
from .base.generation import GenerationOperator
from .base.results import report_errors


class NANO_BANANA_OT_history_refresh(bpy.types.Operator):
    """Reload the history, which other Blender instances write to as well"""

    bl_idname = "nano_banana.history_refresh"
    bl_label = "Refresh"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Reload the page."""
        gallery.refresh()


class NANO_BANANA_OT_history_page(bpy.types.Operator):
    """Show another page of the history"""

    bl_idname = "nano_banana.history_page"
    bl_label = "Turn Page"
    bl_options = {"INTERNAL"}

    step: IntProperty(default=1, description="Number of pages to move forward; negative: backward")

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Show the page."""
        gallery.turn_page(self.step)


class NANO_BANANA_OT_history_choose(GenerationOperator, bpy.types.Operator):
    """Show the exact request, its result, and the available actions"""

    bl_idname = "nano_banana.history_choose"
    bl_label = "Details"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Show the details."""
        gallery.show_details(self.generation)


class NANO_BANANA_OT_use_settings(GenerationOperator, bpy.types.Operator):
    """Restore the settings of this image: prompt, references, model, size and all others. Nothing is sent"""

    bl_idname = "nano_banana.use_settings"
    bl_label = "Use Its Prompt and Settings"
    bl_options = {"REGISTER", "UNDO"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Set the scene's properties."""
        for note in restore_settings.restore(context.scene, self.generation):
            self.report({"WARNING"}, note)


class NANO_BANANA_OT_sent_request(GenerationOperator, bpy.types.Operator):
    """Copy the exact text, images in order and settings of the request to the clipboard and a text data-block"""

    bl_idname = "nano_banana.sent_request"
    bl_label = "Show What Was Sent"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """From a script: write it."""
        self._write(context)

    def _write(self, context: bpy.types.Context) -> bpy.types.Text:
        words = preview.format_sent_request(lookup.find(self.generation))
        context.window_manager.clipboard = words
        text = preview.write_text_block(words)
        self.report({"INFO"}, f"Copied the request to the clipboard and to the text {text.name!r}.")
        return text

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: show it in a window, with its images."""
        generation = lookup.find(self.generation)
        editors.show_text(context, self._write(context), preview.draw_references(generation.request))


class NANO_BANANA_OT_favourite(GenerationOperator, bpy.types.Operator):
    """Mark as a favourite. Favourites can be filtered and are never cleaned up"""

    bl_idname = "nano_banana.favourite"
    bl_label = "Favourite"
    bl_options = {"INTERNAL"}

    value: BoolProperty(name="Favourite", default=True)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Set or clear the mark."""
        gallery.set_favourite(self.generation, self.value)


class NANO_BANANA_OT_reveal_file(GenerationOperator, bpy.types.Operator):
    """Open the folder of the received file and copy its path to the clipboard"""

    bl_idname = "nano_banana.reveal_file"
    bl_label = "Open Its Folder"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Open the folder and copy the path."""
        path = Path(lookup.find_file(self.generation))
        context.window_manager.clipboard = str(path)
        self.report({"INFO"}, f"{path} (copied to the clipboard)")
        if not bpy.app.background:
            bpy.ops.wm.path_open(filepath=str(path.parent))


class NANO_BANANA_OT_delete_generation(GenerationOperator, bpy.types.Operator):
    """Delete this generation and its images from the history. Packed images and copies next to a .blend are kept"""

    bl_idname = "nano_banana.delete_generation"
    bl_label = "Delete"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Delete this generation from the history?",
            confirm_text="Delete",
            icon="WARNING",
            message="Its images in the history are deleted as well. Its cost stays in the ledger.",
        )

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Delete it."""
        gallery.delete(self.generation)
