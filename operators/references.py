# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of reference images."""

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..nano_banana_addon.features.references import reference_list
from ..nano_banana_addon.properties.references import ROLE_ITEMS
from .base.image_files import ImageFilesOperator
from .base.results import FINISHED, report_errors


class NANO_BANANA_OT_reference_add_file(ImageFilesOperator, bpy.types.Operator):
    """Add image files as references"""

    bl_idname = "nano_banana.reference_add_file"
    bl_label = "Add Files"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    role: EnumProperty(name="Role", items=ROLE_ITEMS)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add the files."""
        for path in self.list_paths():
            reference_list.add_file(context.scene, path, self.role)


class NANO_BANANA_OT_reference_add_image(bpy.types.Operator):
    """Add an image data-block of this file as a reference"""

    bl_idname = "nano_banana.reference_add_image"
    bl_label = "Add Image"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    image: StringProperty(name="Image", description="Name of the image; empty: add an empty entry")
    role: EnumProperty(name="Role", items=ROLE_ITEMS)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it."""
        reference_list.add_image(context.scene, self.image, self.role)


class NANO_BANANA_OT_reference_paste(bpy.types.Operator):
    """Add the image in the clipboard, or the file whose path is in the clipboard"""

    bl_idname = "nano_banana.reference_paste"
    bl_label = "Paste"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    role: EnumProperty(name="Role", items=ROLE_ITEMS)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add it."""
        reference_list.paste(context, self.role)


class NANO_BANANA_OT_reference_remove(bpy.types.Operator):
    """Remove the active reference"""

    bl_idname = "nano_banana.reference_remove"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        reference_list.remove_active(context.scene)
        return FINISHED


class NANO_BANANA_OT_reference_move(bpy.types.Operator):
    """Move the active reference. The prompt refers to images by their order"""

    bl_idname = "nano_banana.reference_move"
    bl_label = "Move"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    step: IntProperty(default=1, min=-1, max=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it."""
        reference_list.move_active(context.scene, self.step)
        return FINISHED
