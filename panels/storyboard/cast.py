# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast: its members with their images, and who goes along with the shot at the current frame."""

from __future__ import annotations

import bpy

from ...nano_banana_addon.core.storyboard.cast import KIND_ITEMS
from ...nano_banana_addon.features import payment
from ...nano_banana_addon.features.generation import scene_settings
from ...nano_banana_addon.features.storyboard import assignment, shots
from ...nano_banana_addon.features.storyboard.cast import members, shot_cast
from ...nano_banana_addon.identity import SCENE_PROPERTY
from ...nano_banana_addon.session import thumbnails
from ...nano_banana_addon.translations import translate
from ..base.sidebar import Sidebar, draw_image_entry, draw_text, mark_buttons

_ICONS = {item.id: item.icon for item in KIND_ITEMS}


class NANO_BANANA_UL_cast(bpy.types.UIList):
    """The members: image, name and kind"""

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
        row = layout.row(align=True)
        images = members.list_images(item)
        if icon := thumbnails.find_entry_icon(images[0]) if images else 0:
            row.label(text="", icon_value=icon)
        row.prop(item, "name", text="", emboss=False, icon=_ICONS[item.kind])
        row.label(text=translate("{count} images", count=len(images)) if len(images) != 1 else "1 image")


class NANO_BANANA_UL_cast_images(bpy.types.UIList):
    """The images of a member, and whether each is sent"""

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
        draw_image_entry(layout, item)


class NANO_BANANA_PT_cast(Sidebar, bpy.types.Panel):
    """Characters, props, places and styles that look the same in all shots"""

    bl_label = "Cast"
    bl_parent_id = "NANO_BANANA_PT_storyboard"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, the active member, and the cast of the shot at the current frame."""
        layout = self.layout
        mark_buttons(layout, context)
        scene = context.scene
        choices = getattr(scene, SCENE_PROPERTY)
        row = layout.row()
        row.template_list("NANO_BANANA_UL_cast", "", choices, "cast", choices, "active_member", rows=3)
        draw_list_buttons(row.column(align=True))
        if member := members.find_active(scene):
            draw_member(layout, context, member)
        if len(choices.cast):
            draw_shot(layout, context)


def draw_list_buttons(column: bpy.types.UILayout) -> None:
    """Draw the buttons to add, remove and move members."""
    column.operator_menu_enum("nano_banana.cast_add", "kind", text="", icon="ADD")
    column.operator("nano_banana.cast_remove", text="", icon="REMOVE")
    column.operator("nano_banana.cast_take_in", text="", icon="ASSET_MANAGER")
    column.separator()
    column.operator("nano_banana.cast_move", text="", icon="TRIA_UP").step = -1
    column.operator("nano_banana.cast_move", text="", icon="TRIA_DOWN").step = 1


def draw_member(layout: bpy.types.UILayout, context: bpy.types.Context, member: bpy.types.PropertyGroup) -> None:
    """Draw a member: what it is, its images, its objects, its sheets."""
    column = layout.column()
    column.use_property_split = True
    for name in ("kind", "description") if member.kind == "STYLE" else ("kind", "description", "object", "collection"):
        column.prop(member, name)
    row = layout.row()
    row.template_list("NANO_BANANA_UL_cast_images", "", member, "images", member, "active_image", rows=2)
    buttons = row.column(align=True)
    buttons.operator("nano_banana.cast_add_file", text="", icon="FILE_FOLDER")
    buttons.operator("nano_banana.cast_add_image", text="", icon="IMAGE_DATA")
    buttons.operator("nano_banana.cast_remove_image", text="", icon="REMOVE")
    if member.active_image < len(member.images):
        entry = member.images[member.active_image]
        if icon := thumbnails.find_entry_icon(entry):
            layout.template_icon(icon_value=icon, scale=5.0)
        layout.prop(entry, "path" if entry.path and entry.image is None else "image", text="")
    if member.kind != "STYLE":
        row = layout.row(align=True)
        row.operator("nano_banana.cast_sheet", icon="RENDER_STILL")
        payment.draw_paid_operator(
            row, "nano_banana.cast_generate_sheet", "Generate Sheet", payment.estimate_sheet(context)
        )
    layout.operator("nano_banana.cast_mark", icon="ASSET_MANAGER")


def draw_shot(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw who is in the shot at the current frame, which images go along, and why others do not."""
    scene = context.scene
    shot = assignment.find_current_shot(scene)
    if shot is None:
        return
    box = layout.box()
    box.label(text=translate("In {name}", name=shot.name), icon="CAMERA_DATA")
    if member := members.find_active(scene):
        draw_attendance(box, member, members.find_entry(member, shot))
    settings = shots.apply_overrides(scene_settings.settings_of(scene), shot)
    cast, fitted = shot_cast.fit(context, settings, shot)
    for image in fitted:
        if not image.reason:
            text = translate("{name}, image {number}", name=cast[image.member].name, number=image.image + 1)
            box.label(text=text, icon="CHECKMARK")
    for problem in shot_cast.find_problems(shot, cast, fitted):
        draw_text(box, context, problem, "ERROR")


def draw_attendance(
    layout: bpy.types.UILayout, member: bpy.types.PropertyGroup, entry: bpy.types.PropertyGroup | None
) -> None:
    """Draw whether a member is in a shot, as buttons."""
    row = layout.row(align=True)
    row.label(text=member.name)
    chosen = entry.attendance if entry else "AUTO"
    for value, text in (("AUTO", "If in View"), ("ALWAYS", "Always"), ("NEVER", "Never")):
        row.operator("nano_banana.cast_attendance", text=text, depress=value == chosen).attendance = value
