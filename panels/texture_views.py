# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a texture: their cameras and prompts, what they see, and what is wrong with the UV maps."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.core.texture import format_coverage
from ..nano_banana_addon.features.texture.maps import texture_info
from ..nano_banana_addon.features.texture.views import texture_settings
from ..nano_banana_addon.translations import translate
from .base.sidebar import draw_text
from .remedies import draw_remedy


class NANO_BANANA_UL_views(bpy.types.UIList):
    """The views in the order in which they are generated"""

    bl_idname = "NANO_BANANA_UL_views"

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: object,
        item: bpy.types.PropertyGroup,
        _icon: int,
        _active_data: object,
        _active_property: str,
        index: int = 0,
    ) -> None:
        """Draw a row: whether it is used, its name, its prompt, and the button that looks through it."""
        row = layout.row(align=True)
        row.use_property_split = False
        row.prop(item, "enabled", text="")
        name = row.row()
        name.active = item.enabled and item.camera is not None
        prompt = f": {item.prompt}" if item.prompt else ""
        name.label(text=f"{item.name}{prompt}")
        space = context.space_data
        is_shown = getattr(space, "camera", None) == item.camera and space.region_3d.view_perspective == "CAMERA"
        icon = "VIEW_CAMERA" if is_shown else "CAMERA_DATA"
        row.operator("nano_banana.look_through_view", text="", icon=icon, emboss=is_shown).index = index


def draw_views(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the views that have cameras, the prompt of the active one, and how much they see."""
    row = layout.row(align=True)
    row.operator("nano_banana.texture_show_views", icon="OUTLINER_OB_CAMERA")
    row.operator("nano_banana.texture_coverage", text="", icon="OVERLAY")
    if len(group.view_list):
        row.operator("nano_banana.texture_hide_views", text="", icon="X")
    if group.seen_key and group.seen_key == texture_info.compute_views_key(
        context, texture_settings.texture_settings_of(context.scene)
    ):
        layout.label(text=format_coverage(group.seen_by, group.seen), icon="OVERLAY")
        draw_uv_notes(layout, context, group)
    if len(group.view_list):
        draw_list(layout, group)


def draw_list(layout: bpy.types.UILayout, group: bpy.types.PropertyGroup) -> None:
    """Draw the list with its buttons, and the prompt of the active view."""
    row = layout.row()
    row.template_list("NANO_BANANA_UL_views", "", group, "view_list", group, "active_view", rows=4)
    column = row.column(align=True)
    column.operator("nano_banana.texture_move_view", text="", icon="TRIA_UP").step = -1
    column.operator("nano_banana.texture_move_view", text="", icon="TRIA_DOWN").step = 1
    if group.active_view < len(group.view_list):
        view = group.view_list[group.active_view]
        prompt = layout.row()
        prompt.use_property_split = False
        prompt.prop(
            view, "prompt", text="", placeholder=translate("Only in {name}, such as: the emblem", name=view.name)
        )


def draw_uv_notes(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the warnings about the UV maps, with a new UV map as the remedy."""
    if group.uv_notes:
        box = layout.box()
        for note in group.uv_notes.split("\n"):
            draw_text(box, context, note, icon="ERROR")
        if "UV map" in group.uv_notes:
            draw_remedy(box, "NEW_UV_MAP")


def draw_object_notes(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw which UV maps are missing, with the remedy, and which duplicates will not get the texture."""
    if names := texture_info.find_missing_uvs(context):
        box = layout.box()
        draw_text(box, context, translate("No UV map: {names}", names=shorten(names)), "UV")
        box.operator("nano_banana.unwrap", icon="UV")
    if names := texture_info.find_unpacked(context):
        box = layout.box()
        draw_text(box, context, translate("Not in the atlas yet: {names}", names=shorten(names)), "UV")
        draw_remedy(box, "ATLAS")
    if names := texture_info.find_left_out_duplicates(context):
        text = translate(
            "{names} uses the same mesh and keeps its own material. Select it, too, to give it the texture.",
            names=shorten(names),
        )
        box = layout.box()
        draw_text(box, context, text, "LINKED")
        box.operator("object.select_linked").type = "OBDATA"


def shorten(names: list[str]) -> str:
    """The first few names."""
    return f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
