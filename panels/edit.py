# SPDX-License-Identifier: GPL-3.0-or-later
"""Edit: a part of the image in the Image Editor, or of a result of the scene's camera, is changed."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.core.constants import DeliveryKind, EditArea, EditMode, State
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.edit import areas, marks, view_result
from ..nano_banana_addon.identity import SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.translations import translate
from .base.sidebar import ImageSidebar, Sidebar, draw_text, mark_buttons

#: What an empty field for the words shows, by the mode, and the button's verb.
_WORDS = {
    EditMode.CHANGE: ("A red door", "Edit"),
    EditMode.FILL: ("Optional: what fills the area", "Fill"),
    EditMode.REMOVE: ("Optional: what is removed", "Remove"),
    EditMode.EXTEND: ("Optional: what lies beyond", "Extend"),
}


class NANO_BANANA_PT_edit(ImageSidebar, bpy.types.Panel):
    """Change a part of this image; everything else of it stays as it is"""

    bl_label = "Edit"
    bl_order = 0

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With an image."""
        return marks.find_image(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the mode, the area, and the button with its price."""
        layout, choices = self.layout, getattr(context.scene, SCENE_PROPERTY)
        mark_buttons(layout, context)
        session = getattr(context.window_manager, SESSION_PROPERTY)
        if session.notice and not session.notice_button:  # that is told at its button
            draw_text(layout, context, session.notice, "INFO" if session.notice_kind == "TASK" else "ERROR")
            draw_text(layout, context, session.notice_next_step)
        draw_latest(layout, context)
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(choices, "edit_mode")
        if choices.edit_mode == EditMode.EXTEND:
            column.prop(choices, "aspect_ratio")
        else:
            column.prop(choices, "edit_area")
            draw_area(layout, context, choices)
        draw_button(layout, context, "nano_banana.edit")


class NANO_BANANA_PT_edit_view(Sidebar, bpy.types.Panel):
    """Generate a part of the camera's active or latest result again; everything else of it stays as it is"""

    bl_label = "Edit Part of View"
    bl_parent_id = "NANO_BANANA_PT_results"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the result, the part, and the button with its price."""
        layout, choices = self.layout, getattr(context.scene, SCENE_PROPERTY)
        mark_buttons(layout, context)
        if result := view_result.find_result(context):
            layout.label(text=f"{result.title}, {result.size}", icon="IMAGE_DATA")
        row = layout.row(align=True)
        for mode in (EditMode.CHANGE, EditMode.FILL, EditMode.REMOVE):
            row.prop_enum(choices, "edit_mode", mode, text=mode.title())  # the menu's "Remove Object" would be cut
        layout.prop(choices, "edit_part")
        if choices.edit_part == EditArea.BOX and not context.scene.render.use_border:
            draw_text(layout, context, "Draw the region with Ctrl B in the camera's view", "INFO")
        elif choices.edit_part == EditArea.OBJECTS:
            draw_selection(layout, context)
        draw_button(layout, context, "nano_banana.edit_view")
        draw_text(layout, context, view_result.find_blocker(context), "INFO")


def draw_area(layout: bpy.types.UILayout, context: bpy.types.Context, choices: bpy.types.PropertyGroup) -> None:
    """Draw what gives the chosen kind of area."""
    if choices.edit_area == EditArea.MASK:
        layout.prop(choices, "edit_mask", text="")
        if not areas.find_mask(context):
            draw_text(layout, context, "Choose a mask, or draw one in this editor's mode Mask", "INFO")
    elif choices.edit_area == EditArea.BOX:
        layout.operator("nano_banana.drag_box", icon="SELECT_SET")
    elif choices.edit_area == EditArea.OBJECTS:
        draw_selection(layout, context)
    elif marks.find_marks(context) is None:
        layout.operator("nano_banana.mark_area", icon="BRUSH_DATA")
    else:
        layout.label(text="Paint over what should change", icon="BRUSH_DATA")
        layout.operator("nano_banana.discard_marks", icon="X")


def draw_selection(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw how many objects are selected."""
    count = len(context.selected_objects)
    text = translate("Selected objects: {count}", count=count) if count else "Select the objects in the 3D view"
    layout.label(text=text, icon="OBJECT_DATA" if count else "INFO")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context, operator: str) -> None:
    """Draw the field for the words, and the button with its price."""
    choices = getattr(context.scene, SCENE_PROPERTY)
    placeholder, verb = _WORDS[EditMode(choices.edit_mode)]
    layout.prop(choices, "edit_prompt", text="", placeholder=placeholder)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.5
    price = payment.estimate_edit(context)
    payment.draw_paid_operator(row, operator, verb, price)
    payment.draw_batch_operator(column, context, operator, price)


def draw_latest(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what can be done with the latest edit."""
    results = getattr(context.window_manager, SESSION_PROPERTY).results
    edit = next((item for item in results if item.is_edit and item.state == State.DONE), None)
    if edit is None:
        return
    layout.label(text=edit.title, icon="CHECKMARK")
    row = layout.row(align=True)
    row.operator("nano_banana.show_result", text="Show Result", icon="IMAGE_DATA").generation = edit.name
    apply = row.operator("nano_banana.apply", text="Replace Original", icon="FILE_REFRESH")
    apply.generation, apply.kind = edit.name, DeliveryKind.REPLACEMENT
