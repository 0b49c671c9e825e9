# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of the chosen generation, and what can be done with it; also for the picture that an Image
Editor shows."""

import bpy

from ..nano_banana_addon.core.result import State
from ..nano_banana_addon.features.history import gallery
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from .base import ImageSidebar, Sidebar
from .text import draw_text


class DetailsPanel:
    """All that is known of one generation."""

    bl_label = "Details"
    bl_order = 9  # above the gallery, which is long

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only when a generation is chosen."""
        return bool(getattr(context.window_manager, SESSION_PROPERTY).history.details.name)

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        """Close it."""
        operator = self.layout.operator("nano_banana.history_choose", text="", icon="X", emboss=False)
        operator.generation = ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the chosen one."""
        session = getattr(context.window_manager, SESSION_PROPERTY)
        details = session.history.details
        draw_picture(self.layout, details)
        draw_actions(self.layout, details, session.history.compared)
        draw_request(self.layout, context, details)


class NANO_BANANA_PT_details(DetailsPanel, Sidebar, bpy.types.Panel):
    """The chosen generation: the exact request, and what came of it"""


class NANO_BANANA_PT_image_details(DetailsPanel, ImageSidebar, bpy.types.Panel):
    """The chosen generation: the exact request, and what came of it"""


class NANO_BANANA_PT_shown_image(ImageSidebar, bpy.types.Panel):
    """The picture that this editor shows, if it was painted here"""

    bl_label = "Shown Picture"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be done with it."""
        layout = self.layout
        generation = gallery.find_shown_generation(context.space_data)
        if not generation:
            layout.label(text="Not painted by Nano Banana", icon="INFO")
            return
        image = context.space_data.image
        draw_text(layout, context, str(image.get("nano_banana_origin", "")), icon="INFO")
        column = layout.column(align=True)
        show_details = column.operator("nano_banana.history_choose", text="Show Details", icon="INFO")
        show_details.generation = generation
        use_settings = column.operator("nano_banana.use_settings", icon="LOOP_BACK")
        use_settings.generation = generation
        draw_apply(column, generation)


def draw_picture(layout: bpy.types.UILayout, details: bpy.types.PropertyGroup) -> None:
    """The picture, where it comes from, and its prompt's beginning."""
    if icon := thumbnails.find_icon(details.thumbnail):
        layout.template_icon(icon_value=icon, scale=9.0)
    row = layout.row(align=True)
    row.label(text=details.title)
    star = "SOLO_ON" if details.favourite else "SOLO_OFF"
    operator = row.operator("nano_banana.favourite", text="", icon=star, emboss=False)
    operator.generation, operator.value = details.name, not details.favourite
    if details.provenance:
        layout.label(text=details.provenance, icon="INFO")


def draw_apply(layout: bpy.types.UILayout, generation: str) -> None:
    """Every place where a result can be put."""
    menu = layout.operator_menu_enum("nano_banana.apply", "kind", text="Apply as …", icon="IMPORT")
    menu.generation = generation


def draw_actions(layout: bpy.types.UILayout, details: bpy.types.PropertyGroup, compared: str) -> None:
    """What can be done with the chosen one."""
    column = layout.column(align=True)
    if details.has_picture:
        draw_apply(column, details.name)
    use_settings = column.operator("nano_banana.use_settings", icon="LOOP_BACK")
    use_settings.generation = details.name
    if details.state in (State.UNKNOWN, State.FAILED, State.CANCELLED):
        resend = column.operator("nano_banana.ask_again", icon="FILE_REFRESH")
        resend.generation = details.name
    if details.has_picture:
        draw_compare(column.row(align=True), details, compared)
    row = column.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    if details.has_picture:
        show_result = row.operator("nano_banana.show_result", text="Show", icon="ZOOM_IN")
        show_result.generation = details.name
        conversation = row.operator("nano_banana.show_conversation", text="Continue", icon="OUTLINER")
        conversation.generation = details.name
        reveal = row.operator("nano_banana.reveal_file", icon="FILE_FOLDER")
        reveal.generation = details.name
    request = row.operator("nano_banana.sent_request", icon="TEXT")
    request.generation = details.name
    row.operator("nano_banana.delete_generation", icon="TRASH").generation = details.name


def draw_compare(row: bpy.types.UILayout, details: bpy.types.PropertyGroup, compared: str) -> None:
    """First one picture is A, then any other can be B."""
    is_a = compared == details.name
    mark = row.operator("nano_banana.compare_mark", text="A" if is_a else "Compare: This Is A", depress=is_a)
    mark.generation = "" if is_a else details.name
    if compared and not is_a:
        wipe = row.operator("nano_banana.compare", text="Compare with A", icon="ARROW_LEFTRIGHT")
        wipe.left, wipe.right = compared, details.name


def draw_request(layout: bpy.types.UILayout, context: bpy.types.Context, details: bpy.types.PropertyGroup) -> None:
    """The exact request and its answer."""
    if details.message:
        draw_text(layout.box(), context, details.message, icon="ERROR")
    draw_text(layout.box(), context, details.prompt)
    if details.system_instruction:
        layout.label(text="System Instruction")
        draw_text(layout.box(), context, details.system_instruction)
    for reference in details.references:
        row = layout.row(align=True)
        row.label(text=reference.name, icon_value=thumbnails.find_icon(reference.path))
        row.label(text=f"{reference.role} {reference.note}".strip())
    column = layout.column(align=True)
    column.scale_y = 0.8
    for fact in details.facts:
        split = column.split(factor=0.33)
        split.label(text=fact.name)
        split.label(text=fact.value)


CLASSES = (NANO_BANANA_PT_shown_image, NANO_BANANA_PT_details, NANO_BANANA_PT_image_details)
