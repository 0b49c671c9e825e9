# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of reference images, with thumbnails, and the guides and notes, which are sent like references."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.capture.sources import find_source
from ..nano_banana_addon.blender.host import compat
from ..nano_banana_addon.blender.notes import scene_notes
from ..nano_banana_addon.core import models
from ..nano_banana_addon.core.guides import Guide
from ..nano_banana_addon.features import notes
from ..nano_banana_addon.features.generation import scene_settings
from ..nano_banana_addon.identity import SCENE_PROPERTY
from ..nano_banana_addon.session import thumbnails
from ..nano_banana_addon.translations import translate
from .base.sidebar import draw_image_entry, draw_text, is_narrow
from .first_run import MainPart


class NANO_BANANA_UL_references(bpy.types.UIList):
    """The references: thumbnail, label, role, and whether each is sent"""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: object,
        item: bpy.types.PropertyGroup,
        _icon: int,
        _active_data: object,
        _active_property: str,
        _index: int = 0,
    ) -> None:
        """Draw a row."""
        draw_image_entry(layout, item, "role")


class NANO_BANANA_PT_references(MainPart, bpy.types.Panel):
    """Images sent with the prompt"""

    bl_label = "References"
    bl_options = set[str]()
    bl_order = 2

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw the number of references and the model's limit, where there is room beside the panel's name."""
        if is_narrow(context):
            return
        choices = getattr(context.scene, SCENE_PROPERTY)
        count = sum(entry.enabled for entry in choices.references)
        limit = models.find(scene_settings.settings_of(context.scene).model_id).max_references
        self.layout.label(text=translate("{count} of {limit}", count=count, limit=limit))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, its buttons and the active entry."""
        layout = self.layout
        choices = getattr(context.scene, SCENE_PROPERTY)
        if not choices.references:
            row = layout.row(align=True)
            row.operator("nano_banana.reference_add_file", text="Files …", icon="FILE_FOLDER")
            row.operator("nano_banana.reference_add_image", text="Image", icon="IMAGE_DATA")
            row.operator("nano_banana.reference_paste", text="Paste", icon="PASTEDOWN")
            return
        row = layout.row()
        row.template_list("NANO_BANANA_UL_references", "", choices, "references", choices, "active_reference", rows=4)
        draw_list_buttons(row.column(align=True))
        if choices.active_reference < len(choices.references):
            draw_active(layout, choices.references[choices.active_reference])


class NANO_BANANA_UL_notes(bpy.types.UIList):
    """The notes: number, text, whether the object is still there, and whether each is sent"""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: object,
        item: bpy.types.Object,
        _icon: int,
        _active_data: object,
        _active_property: str,
        index: int = 0,
    ) -> None:
        """Draw a row."""
        group = scene_notes.get_group(item)
        row = layout.row(align=True)
        row.active = group.enabled
        number = row.row()
        number.alignment = "LEFT"
        number.label(text=str(index + 1), icon="ERROR" if scene_notes.has_lost_object(item) else "NONE")
        row.prop(group, "text", text="", emboss=False)
        row.prop(group, "enabled", text="")


class NANO_BANANA_PT_notes(MainPart, bpy.types.Panel):
    """Instructions for points of objects, sent with a marked copy of the image"""

    bl_label = "Notes"
    bl_order = 2

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, its buttons and the active note."""
        layout, choices = self.layout, getattr(context.scene, SCENE_PROPERTY)
        source = find_source(choices.source)
        if not source.has_view:
            label = translate(source.item.label)
            text = translate("The source {source} has no camera: no notes are sent.", source=label)
            draw_text(layout, context, text, "INFO")
        collection = scene_notes.find_collection(context.scene)
        row = layout.row()
        if collection:
            row.template_list("NANO_BANANA_UL_notes", "", collection, "objects", choices, "active_note", rows=4)
        else:
            draw_text(row.column(), context, "Put notes on what should change.", "INFO")
        draw_note_buttons(row.column(align=True), has_notes=collection is not None)
        if note := notes.find_active(context):
            compat.draw_text_box(layout, scene_notes.get_group(note), "text", placeholder="Make this door red")
            if scene_notes.has_lost_object(note):
                draw_text(layout, context, "Its object is gone: it is not sent.", "ERROR")
        row = layout.row()
        row.prop(choices, "notes", text="Send Notes")
        row.prop(choices, "annotations")
        if collection:
            layout.operator("nano_banana.notes_clear", text="Remove All", icon="TRASH")


def draw_note_buttons(column: bpy.types.UILayout, *, has_notes: bool) -> None:
    """Draw the buttons to add, remove and find."""
    column.operator("nano_banana.note_add", text="", icon="ADD")
    at_cursor = column.column(align=True)
    at_cursor.operator_context = "EXEC_DEFAULT"
    at_cursor.operator("nano_banana.note_add", text="", icon="PIVOT_CURSOR")
    if has_notes:
        column.operator("nano_banana.note_remove", text="", icon="REMOVE")
        column.operator("nano_banana.note_show", text="", icon="VIEWZOOM")


def draw_list_buttons(column: bpy.types.UILayout) -> None:
    """Draw the buttons to add, remove and move."""
    column.operator("nano_banana.reference_add_file", text="", icon="FILE_FOLDER")
    column.operator("nano_banana.reference_add_image", text="", icon="IMAGE_DATA")
    column.operator("nano_banana.reference_paste", text="", icon="PASTEDOWN")
    column.operator("nano_banana.reference_remove", text="", icon="REMOVE")
    column.separator()
    column.operator("nano_banana.reference_move", text="", icon="TRIA_UP").step = -1
    column.operator("nano_banana.reference_move", text="", icon="TRIA_DOWN").step = 1


def draw_active(layout: bpy.types.UILayout, entry: bpy.types.PropertyGroup) -> None:
    """Draw the active entry: a larger image and its source."""
    layout.use_property_split = True
    if icon := thumbnails.find_entry_icon(entry):
        layout.template_icon(icon_value=icon, scale=5.0)
    if entry.image is not None or not entry.path:
        layout.prop(entry, "image")
    if entry.image is None:
        layout.prop(entry, "path")


def draw_guides(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    group: bpy.types.PropertyGroup,
    name: str,
) -> None:
    """Draw the guides of the property `name` of a group, the mask's image, and the preview button."""
    layout.label(text="Guides")
    row = layout.row(align=True)
    row.use_property_split = False
    flow = row.grid_flow(columns=3, even_columns=True, align=True)
    for guide in Guide:
        flow.prop_enum(group, name, guide.value)
    show = row.row(align=True)
    show.enabled = bool(getattr(group, name))
    preview = show.operator("nano_banana.show_guides", text="", icon="HIDE_OFF")
    preview.of = "CAPTURE" if name == "capture_guides" else "VIEWS"
    if Guide.MASK in getattr(group, name):
        choices = getattr(context.scene, SCENE_PROPERTY)
        layout.prop_search(choices, "mask_image", bpy.data, "images", text="Mask")
