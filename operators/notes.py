# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes in the scene."""

import bpy
from bpy.props import FloatVectorProperty, StringProperty

from ..nano_banana_addon.blender.notes import scene_notes, viewport
from ..nano_banana_addon.features import notes
from ..nano_banana_addon.translations import translate
from .base.results import CANCELLED, FINISHED, report_errors

_HELP = "Click the surface that the note is for. Esc or right-click to cancel"


class NANO_BANANA_OT_note_add(bpy.types.Operator):
    """Click a surface to put a note on it, or put one at the 3D cursor; it is sent with a marked copy of the image"""

    bl_idname = "nano_banana.note_add"
    bl_label = "Add Note"
    bl_options = {"REGISTER", "UNDO"}

    text: StringProperty(name="Instruction", description="What to do at this point of the image", options={"SKIP_SAVE"})
    place: FloatVectorProperty(
        name="Place", description="In the world; default: the 3D cursor", subtype="XYZ", options={"SKIP_SAVE"}
    )
    object: StringProperty(
        name="Object", description="That the note follows; empty: the selected one", options={"SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Wait for a click in a 3D view."""
        context.window_manager.modal_handler_add(self)
        context.window.cursor_modal_set("CROSSHAIR")
        context.workspace.status_text_set(_HELP)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Place the note; events for the view and for panels go through."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            self.cancel(context)
            return CANCELLED
        region = viewport.find_region(context, event.mouse_x, event.mouse_y)
        if region is None or event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"PASS_THROUGH"}
        found = viewport.find_surface(context, region, event.mouse_x, event.mouse_y)
        if found is None:
            self.report({"WARNING"}, translate("There is no surface."))
            return {"RUNNING_MODAL"}
        self.cancel(context)
        self.place, self.object = found[0], found[1].name if found[1] else ""
        return self.execute(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Give mouse and status bar back."""
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it."""
        place = self.place if self.properties.is_property_set("place") else None
        notes.add(context, place, self.object, self.text)


class NANO_BANANA_OT_note_remove(bpy.types.Operator):
    """Remove the active note"""

    bl_idname = "nano_banana.note_remove"
    bl_label = "Remove Note"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Remove it."""
        notes.remove_active(context)


class NANO_BANANA_OT_note_show(bpy.types.Operator):
    """Select the active note, and centre the 3D view on it unless it looks through the camera"""

    bl_idname = "nano_banana.note_show"
    bl_label = "Jump to Note"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Show it."""
        if note := notes.find_active(context):
            viewport.show(context, note)


class NANO_BANANA_OT_notes_clear(bpy.types.Operator):
    """Remove all notes of this scene"""

    bl_idname = "nano_banana.notes_clear"
    bl_label = "Remove All Notes"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        count = scene_notes.remove_all(context.scene)
        self.report({"INFO"}, translate("Removed notes: {count}.", count=count))
        return FINISHED
