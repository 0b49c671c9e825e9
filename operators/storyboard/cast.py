# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast: its members, their images, who is in a shot, sheets, and assets."""

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ...nano_banana_addon.core import errors
from ...nano_banana_addon.core.storyboard.cast import ATTENDANCE_ITEMS, KIND_ITEMS
from ...nano_banana_addon.features.generation import request_builder, scene_settings
from ...nano_banana_addon.features.storyboard import assignment
from ...nano_banana_addon.features.storyboard.cast import assets, members, sheet
from ...nano_banana_addon.properties.options import enum_items
from ..base.image_files import ImageFilesOperator
from ..base.paid import PaidOperator
from ..base.results import FINISHED, report_errors, show_wait_cursor


class NANO_BANANA_OT_cast_add(bpy.types.Operator):
    """Add a member to the cast, with the selected objects: one with its children, several by their collection"""

    bl_idname = "nano_banana.cast_add"
    bl_label = "Add Member"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    kind: EnumProperty(name="Kind", items=enum_items(KIND_ITEMS))
    name: StringProperty(name="Name", description="Empty: that of the object or collection")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add it."""
        objects = [] if self.kind == "STYLE" else list(context.selected_objects)
        members.add(context.scene, self.kind, self.name, objects)
        return FINISHED


class NANO_BANANA_OT_cast_remove(bpy.types.Operator):
    """Remove the active member from the cast; its images stay in the file"""

    bl_idname = "nano_banana.cast_remove"
    bl_label = "Remove Member"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        members.remove_active(context.scene)
        return FINISHED


class NANO_BANANA_OT_cast_move(bpy.types.Operator):
    """Move the active member. Of equally important ones the upper goes along first"""

    bl_idname = "nano_banana.cast_move"
    bl_label = "Move Member"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    step: IntProperty(default=1, min=-1, max=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it."""
        members.move_active(context.scene, self.step)
        return FINISHED


class NANO_BANANA_OT_cast_add_file(ImageFilesOperator, bpy.types.Operator):
    """Add image files to the active member"""

    bl_idname = "nano_banana.cast_add_file"
    bl_label = "Add Files"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add the files."""
        for path in self.list_paths():
            members.add_image(members.require_active(context.scene), path=path)


class NANO_BANANA_OT_cast_add_image(bpy.types.Operator):
    """Add an image of this file to the active member"""

    bl_idname = "nano_banana.cast_add_image"
    bl_label = "Add Image"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    image: StringProperty(name="Image", description="Name of the image; empty: add an empty entry")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it."""
        image = bpy.data.images.get(self.image) if self.image else None
        if self.image and image is None:
            raise errors.InputError(f"There is no image {self.image!r} in this file.", next_step="Choose another.")
        members.add_image(members.require_active(context.scene), image=image)


class NANO_BANANA_OT_cast_remove_image(bpy.types.Operator):
    """Remove the active image from the member"""

    bl_idname = "nano_banana.cast_remove_image"
    bl_label = "Remove Image"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Remove it."""
        members.remove_image(members.require_active(context.scene))


class NANO_BANANA_OT_cast_attendance(bpy.types.Operator):
    """Say whether the active member is in the shot at the current frame"""

    bl_idname = "nano_banana.cast_attendance"
    bl_label = "In This Shot"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    attendance: EnumProperty(name="In This Shot", items=enum_items(ATTENDANCE_ITEMS))

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Assign it."""
        shot = assignment.find_current_shot(context.scene)
        if shot is None:
            raise errors.InputError("There are no shots.", next_step="Bind cameras to timeline markers first.")
        members.set_attendance(context.scene, shot, self.attendance)


class NANO_BANANA_OT_cast_sheet(bpy.types.Operator):
    """Draw the active member's objects, else the selected ones, from four sides into one image. Free"""

    bl_idname = "nano_banana.cast_sheet"
    bl_label = "Make Sheet"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Draw it; it becomes the member's first image."""
        with show_wait_cursor(context):
            sheet.make_sheet(context, scene_settings.settings_of(context.scene))


class NANO_BANANA_OT_cast_generate_sheet(PaidOperator, bpy.types.Operator):
    """Draw the active member from four sides, generate its sheet from that and pay for it"""

    bl_idname = "nano_banana.cast_generate_sheet"
    bl_label = "Generate Sheet"

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Draw the sheet now. The result becomes the member's first image."""
        return sheet.prepare(context, self.settings(context))


class NANO_BANANA_OT_cast_mark(bpy.types.Operator):
    """Make the active member an asset, or update it: other files get it from the Asset Browser. Packs its images"""

    bl_idname = "nano_banana.cast_mark"
    bl_label = "Mark as Asset"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Mark it."""
        carrier = assets.mark(context.scene)
        self.report({"INFO"}, f"{carrier.name} is an asset of this file. Save the file in an asset library.")


class NANO_BANANA_OT_cast_take_in(bpy.types.Operator):
    """Add the members of all cast assets in this file that the scene's cast lacks"""

    bl_idname = "nano_banana.cast_take_in"
    bl_label = "Add from Assets"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add them."""
        names = assets.take_in(context.scene, bpy.data.objects)
        if not names:
            raise errors.InputError(
                "This file has no cast asset that the cast lacks.",
                next_step="Drag one from the Asset Browser into the 3D view.",
            )
        self.report({"INFO"}, f"Added {', '.join(names)}.")
