# SPDX-License-Identifier: GPL-3.0-or-later
"""The details of the chosen generation, and what can be done with it; also for the image that an Image Editor shows."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.core.constants import State
from ..nano_banana_addon.features.history import gallery
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from .base.sidebar import ImageSidebar, draw_text
from .results import draw_resend


def draw_details(layout: bpy.types.UILayout, context: bpy.types.Context, history: bpy.types.PropertyGroup) -> None:
    """Draw the chosen generation in a box, with the button that closes it."""
    box = layout.box()
    draw_picture(box, context, history.details)
    draw_actions(box, history.details, history.compared)
    draw_request(box, context, history.details)


def draw_picture(layout: bpy.types.UILayout, context: bpy.types.Context, details: bpy.types.PropertyGroup) -> None:
    """Draw the image, its title and its provenance."""
    if icon := thumbnails.find_icon(details.thumbnail):
        layout.template_icon(icon_value=icon, scale=9.0)
    row = layout.row(align=True)
    row.label(text=details.title)
    close = row.operator("nano_banana.history_choose", text="", icon="X", emboss=False)
    close.generation = ""
    star = "SOLO_ON" if details.favourite else "SOLO_OFF"
    operator = row.operator("nano_banana.favourite", text="", icon=star, emboss=False)
    operator.generation, operator.value = details.name, not details.favourite
    if details.provenance:
        draw_text(layout, context, details.provenance, icon="INFO")


def draw_apply(layout: bpy.types.UILayout, generation: str) -> None:
    """Draw the menu of delivery targets."""
    menu = layout.operator_menu_enum("nano_banana.apply", "kind", text="Apply as …", icon="IMPORT")
    menu.generation = generation


def draw_actions(layout: bpy.types.UILayout, details: bpy.types.PropertyGroup, compared: str) -> None:
    """Draw the actions on the chosen generation."""
    column = layout.column(align=True)
    if details.has_picture:
        draw_apply(column, details.name)
    use_settings = column.operator("nano_banana.use_settings", icon="LOOP_BACK")
    use_settings.generation = details.name
    if details.state in (State.UNKNOWN, State.FAILED, State.CANCELLED, State.REFUSED):
        draw_resend(column, details)
    if details.has_picture:
        draw_compare(column, details, compared)
    row = column.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    if details.has_picture:
        show_result = row.operator("nano_banana.show_result", text="Show Large", icon="FULLSCREEN_ENTER")
        show_result.generation = details.name
        conversation = row.operator("nano_banana.show_conversation", text="Conversation", icon="OUTLINER")
        conversation.generation = details.name
        reveal = row.operator("nano_banana.reveal_file", icon="FILE_FOLDER")
        reveal.generation = details.name
    request = row.operator("nano_banana.sent_request", text="What Was Sent", icon="TEXT")
    request.generation = details.name
    row.operator("nano_banana.delete_generation", icon="TRASH").generation = details.name


def draw_compare(column: bpy.types.UILayout, details: bpy.types.PropertyGroup, compared: str) -> None:
    """Draw the button that compares with the marked image, if another one is marked, and the one that marks."""
    marked = compared == details.name
    if compared and not marked:
        wipe = column.operator("nano_banana.compare", text="Compare with Marked", icon="ARROW_LEFTRIGHT")
        wipe.left, wipe.right = compared, details.name
    mark = column.operator(
        "nano_banana.compare_mark",
        text="Marked to Compare" if marked else "Mark to Compare",
        icon="PINNED" if marked else "UNPINNED",
        depress=marked,
    )
    mark.generation = "" if marked else details.name


def draw_request(layout: bpy.types.UILayout, context: bpy.types.Context, details: bpy.types.PropertyGroup) -> None:
    """Draw the exact request and its outcome."""
    if details.message:
        draw_text(layout.box(), context, details.message, icon="ERROR")
    draw_text(layout.box(), context, details.prompt)
    if details.system_instruction:
        layout.label(text="System Instruction")
        draw_text(layout.box(), context, details.system_instruction)
    for reference in details.references:
        row = layout.row(align=True)
        row.label(text=reference.name, icon_value=thumbnails.find_icon(reference.path))
        row.label(text=reference.role)
        draw_text(layout, context, reference.note, icon="BLANK1")
    column = layout.column(align=True)
    column.scale_y = 0.8
    for fact in details.facts:
        split = column.split(factor=0.33)
        split.label(text=fact.name)
        split.label(text=fact.value)


class NANO_BANANA_PT_shown_image(ImageSidebar, bpy.types.Panel):
    """The image shown in this editor, if it was generated by this add-on"""

    bl_label = "Shown Image"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the actions, or all details if they are open."""
        layout = self.layout
        generation = gallery.find_shown_generation(context.space_data)
        if not generation:
            layout.label(text="Not generated by Nano Banana", icon="INFO")
            return
        history = getattr(context.window_manager, SESSION_PROPERTY).history
        if history.details.name == generation:
            draw_details(layout, context, history)
            return
        image = context.space_data.image
        draw_text(layout, context, str(image.get("nano_banana_origin", "")), icon="INFO")
        column = layout.column(align=True)
        show_details = column.operator("nano_banana.history_choose", text="Show Details", icon="INFO")
        show_details.generation = generation
        use_settings = column.operator("nano_banana.use_settings", icon="LOOP_BACK")
        use_settings.generation = generation
        draw_apply(column, generation)
