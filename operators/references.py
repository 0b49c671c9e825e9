# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of reference images."""

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..nano_banana_addon.features.history import lookup
from ..nano_banana_addon.features.references import reference_list
from ..nano_banana_addon.identity import DISPLAY_NAME
from ..nano_banana_addon.properties.references import ROLE_ITEMS
from .base.generation import GenerationOperator
from .base.image_files import ImageFilesOperator
from .base.results import FINISHED, IMAGE_FILTER, report_errors


class NANO_BANANA_OT_reference_add_file(GenerationOperator, ImageFilesOperator, bpy.types.Operator):
    """Add image files as references"""

    bl_idname = "nano_banana.reference_add_file"
    bl_label = "Add Files"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    role: EnumProperty(name="Role", items=ROLE_ITEMS)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for files, unless a result or dropped files are given."""
        return self.execute(context) if self.generation else super().invoke(context, event)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Add the files."""
        for path in [lookup.find_file(self.generation)] if self.generation else self.list_paths():
            reference_list.add_file(context.scene, path, self.role)


class NANO_BANANA_FH_references(bpy.types.FileHandler):
    """Image files that are dropped onto the add-on's tab become references"""

    bl_idname = "NANO_BANANA_FH_references"
    bl_label = f"{DISPLAY_NAME} Reference"
    bl_import_operator = "nano_banana.reference_add_file"
    bl_file_extensions = IMAGE_FILTER.replace("*", "")

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Over a sidebar that shows the add-on's tab: elsewhere Blender does what it does with image files."""
        region = context.region
        return bool(region and region.type == "UI" and region.active_panel_category == DISPLAY_NAME)


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
