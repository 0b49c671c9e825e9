# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: the views with their prompts, the button with its price, and the drift of each view."""

import bpy

from ..nano_banana_addon.core.texture import LOWEST_CONFIDENCE, PaintMode, ViewSet, format_coverage
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.generation import request_builder, scene_settings
from ..nano_banana_addon.features.texture.maps import texture_info
from ..nano_banana_addon.features.texture.views import texture_settings
from ..nano_banana_addon.identity import SCENE_PROPERTY, SESSION_PROPERTY
from .base import Sidebar
from .costs import draw_warning
from .guides import draw_guides
from .main import draw_baking
from .text import draw_text

_SETS = (ViewSet.RING, ViewSet.RING_TOP_BOTTOM, ViewSet.HEMISPHERE, ViewSet.BEST)
_RINGS = (ViewSet.RING, ViewSet.RING_TOP_BOTTOM)


class NANO_BANANA_UL_views(bpy.types.UIList):
    """The views in the order in which they are generated"""

    bl_idname = "NANO_BANANA_UL_views"

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
        row = layout.split(factor=0.35)
        row.active = item.enabled and item.camera is not None
        row.label(text=item.name, icon="OUTLINER_OB_CAMERA")
        right = row.row(align=True)
        right.prop(item, "prompt", text="")
        right.prop(item, "enabled", text="")


class NANO_BANANA_PT_texturing(Sidebar, bpy.types.Panel):
    """Generate a texture for the selected objects from several views"""

    bl_label = "Texture from Views"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the settings, the button, and the state of the active object's texture."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        group = getattr(context.scene, SCENE_PROPERTY).texturing
        draw_choices(layout, context, group)
        draw_views(layout, context, group)
        draw_blocker(layout, context)
        draw_button(layout, context)
        draw_baking(layout, getattr(context.window_manager, SESSION_PROPERTY))
        texture = texture_info.group_of(context.active_object)
        if texture is not None:
            draw_texture_info(layout, texture)


def draw_choices(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the settings."""
    layout.prop(group, "views")
    if group.views in _SETS:
        layout.prop(group, "count")
        if group.views in _RINGS:
            layout.prop(group, "elevation")
        layout.prop(group, "orthographic")
    layout.prop(group, "mode")
    if group.mode == PaintMode.SHEET:
        layout.prop(group, "refine")
    else:
        layout.prop(group, "anchor")
        layout.prop(group, "references_once")
    draw_guides(layout, context, group, "guides")
    layout.prop(group, "texture_size")
    active = context.active_object
    if active is not None and active.type == "MESH":
        layout.prop_search(group, "uv_map", active.data, "uv_layers", icon="GROUP_UVS")
    layout.prop(group, "drift_limit")


def draw_views(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the views that have cameras, each with its prompt, and their coverage."""
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
    if not len(group.view_list):
        return
    row = layout.row()
    row.template_list("NANO_BANANA_UL_views", "", group, "view_list", group, "active_view", rows=4)
    column = row.column(align=True)
    column.operator("nano_banana.texture_move_view", text="", icon="TRIA_UP").step = -1
    column.operator("nano_banana.texture_move_view", text="", icon="TRIA_DOWN").step = 1


def draw_uv_notes(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the warnings about the UV maps, with a new UV map as the remedy."""
    if group.uv_notes:
        box = layout.box()
        for note in group.uv_notes.split("\n"):
            draw_text(box, context, note, icon="ERROR")
        box.operator("nano_banana.unwrap", text="New UV Map for Texturing", icon="UV").beside = True


def draw_blocker(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw which UV maps are missing, with the remedy."""
    names = texture_info.find_missing_uvs(context)
    if names:
        box = layout.box()
        draw_text(box, context, f"No UV map: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}", "UV")
        box.operator("nano_banana.unwrap", icon="UV")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button with its price."""
    settings, texture = scene_settings.settings_of(context.scene), payment.estimate_texture(context)
    column = layout.column(align=True)
    row = column.row()
    row.scale_y = 1.5
    row.enabled = bool(settings.prompt.strip()) and texture.count > 0
    payment.draw_paid_operator(row, "nano_banana.texture", "Generate Texture", texture)
    draw_warning(column, context, request_builder.project_of(settings), texture)


def draw_texture_info(layout: bpy.types.UILayout, texture: bpy.types.NodeTree) -> None:
    """Draw coverage, drifts and check images of the active object's texture."""
    box = layout.box()
    row = box.row()
    row.label(text=f"{texture_info.coverage_of(texture):.0%} covered", icon="TEXTURE")
    row.operator("nano_banana.texture_reproject", icon="MOD_UVPROJECT")
    for view in texture_info.views_of(texture):
        draw_drift(box, view, payment.estimate_view(texture, view["index"]))
    active_check = texture_info.get_check_image(texture)
    row = box.row(align=True)
    names = ["", *(texture_info.get_check_name(check) for check in texture_info.checks_of(texture))]
    for name in names[:4]:
        row.operator("nano_banana.texture_check", text=name or "Texture", depress=name == active_check).check = name
    flow = box.grid_flow(columns=4, align=True)
    for name in names[4:]:
        flow.operator("nano_banana.texture_check", text=name, depress=name == active_check).check = name


def draw_drift(layout: bpy.types.UILayout, view: dict[str, float | int | str], again: payment.Payment) -> None:
    """Draw one view with its drift before and after alignment, and the button that regenerates it."""
    is_aligned = view["confidence"] >= LOWEST_CONFIDENCE
    is_too_far = not is_aligned or view["after"] > view["limit"]
    row = layout.row()
    row.alert = is_too_far
    text = f"{view['before']:.1f} → {view['after']:.1f} px" if is_aligned else "could not align"
    row.label(text=f"{view['name']}: {text}", icon="ERROR" if is_too_far else "CHECKMARK")
    button = payment.draw_paid_operator(row, "nano_banana.texture_regenerate_view", "", again, again=True)
    button.index = view["index"]
