# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture from Views: the prompt, the settings, the button with its price, progress, and the finished texture."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.core.constants import DeliveryKind
from ..nano_banana_addon.core.texture import LOWEST_CONFIDENCE, PaintMode, ViewSet
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.generation import request_builder, scene_settings
from ..nano_banana_addon.features.texture.maps import texture_info
from ..nano_banana_addon.identity import KEYFRAMES_POINTER, SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from ..nano_banana_addon.translations import translate
from .applied import draw_material, draw_shading_hint
from .base.generation import draw_prompt, draw_warning
from .base.sidebar import Sidebar, draw_text, mark_buttons
from .main import draw_texture_progress
from .references import draw_guides
from .texture_views import draw_object_notes, draw_views

_SETS = (ViewSet.RING, ViewSet.RING_TOP_BOTTOM, ViewSet.HEMISPHERE, ViewSet.BEST)
_KEYFRAMES = {"views": ViewSet.KEYFRAMES.value, "mode": PaintMode.SINGLE.value}
_SHORT_PRICE = 6  # letters, such as "$0.134"
_RINGS = (ViewSet.RING, ViewSet.RING_TOP_BOTTOM)


class NANO_BANANA_PT_texturing(Sidebar, bpy.types.Panel):
    """Generate a texture for the selected objects from several views"""

    bl_label = "Texture from Views"
    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 4

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the settings, the button, and the state of the active object's texture."""
        from ..nano_banana_addon.blender.deliver.material import base_image

        layout = self.layout
        mark_buttons(layout, context)
        choices = getattr(context.scene, SCENE_PROPERTY)
        group = choices.texturing
        draw_prompt(layout, choices)
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_choices(layout, context, group)
        draw_advanced(layout, context, group)
        draw_views(layout, context, group)
        draw_object_notes(layout, context)
        draw_button(layout, context)
        draw_texture_progress(layout, getattr(context.window_manager, SESSION_PROPERTY))
        texture = texture_info.group_of(context.active_object)
        if base_image.has_base_image(context.active_object):
            draw_add_view(layout, context, can_aim=texture is not None)
        if texture is not None:
            draw_texture_info(layout, context, texture)


class NANO_BANANA_PT_texture_animation(Sidebar, bpy.types.Panel):
    """Generate frames of the animation and project them onto the selected objects, so that nothing flickers"""

    bl_label = "Animation"
    bl_parent_id = "NANO_BANANA_PT_texturing"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the keyframes, what they see of all frames, and the button with its price."""
        layout = self.layout
        mark_buttons(layout, context)
        group = getattr(context.scene, SCENE_PROPERTY).texturing
        row = layout.row(align=True)
        row.prop(group, "keyframes", text="", placeholder="Keyframes, such as 1, 60, 120")
        row.operator("nano_banana.keyframe_add", text="", icon="ADD").frame = context.scene.frame_current
        layout.operator("nano_banana.keyframe_coverage", icon="OVERLAY")
        if group.frames_seen and group.frames_key == texture_info.compute_frames_key(context):
            draw_text(layout, context, group.frames_seen, icon="OVERLAY")
            if group.has_next_keyframe:
                text = translate("Add Frame {number}", number=group.next_keyframe)
                button = layout.operator("nano_banana.keyframe_add", text=text, icon="ADD")
                button.frame = group.next_keyframe
        row = layout.row()
        row.scale_y = 1.5
        row.context_pointer_set(KEYFRAMES_POINTER, context.scene)
        price = payment.estimate_texture(context, **_KEYFRAMES)
        button = payment.draw_paid_operator(row, "nano_banana.texture", "Generate Keyframes", price)
        button.views, button.mode = _KEYFRAMES.values()


def draw_choices(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the settings that every texture needs."""
    layout.prop(group, "views")
    if group.views in _SETS:
        layout.prop(group, "count")
        if group.views in _RINGS:
            layout.prop(group, "elevation")
    layout.prop(group, "mode")
    layout.prop(group, "refine" if group.mode == PaintMode.SHEET else "anchor")
    draw_guides(layout, context, group, "guides")
    layout.prop(group, "texture_size")
    draw_atlas(layout, context, group)
    layout.prop(group, "remove_light", slider=True)
    row = layout.row()
    row.use_property_split = False  # the name would be cut off
    row.prop(group, "pbr")


def draw_atlas(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the choice of one texture for several objects, and the button that packs their UV map."""
    if not group.atlas and len(texture_info.list_meshes(context)) < 2:
        return
    row = layout.row(align=True)
    row.prop(group, "atlas")
    if group.atlas:
        row.operator("nano_banana.unwrap", text="", icon="UV").atlas = True


def draw_advanced(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the settings that are seldom changed, folded away."""
    header, body = layout.panel("NANO_BANANA_texture_advanced", default_closed=True)
    header.label(text="Advanced")
    if body is None:
        return
    active = context.active_object
    if active is not None and active.type == "MESH":
        body.prop_search(group, "uv_map", active.data, "uv_layers", icon="GROUP_UVS")
    body.prop(group, "udim")
    body.prop(group, "both_sides")
    body.prop(group, "drift_limit")
    if group.views in _SETS:
        body.prop(group, "orthographic")
    if group.mode != PaintMode.SHEET:
        body.prop(group, "references_once")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button with its price."""
    settings, texture = scene_settings.settings_of(context.scene), payment.estimate_texture(context)
    column = layout.column(align=True)
    row = column.row()
    row.scale_y = 1.5
    payment.draw_paid_operator(row, "nano_banana.texture", "Generate Texture", texture)
    payment.draw_batch_operator(column, context, "nano_banana.texture", texture)
    draw_warning(column, context, request_builder.project_of(settings), texture)


def draw_add_view(layout: bpy.types.UILayout, context: bpy.types.Context, *, can_aim: bool) -> None:
    """Draw the buttons that change a part of the active object's texture."""
    column = layout.column(align=True)
    price = payment.estimate_added_view(context)
    payment.draw_paid_operator(column, "nano_banana.texture_add_view", "Add View", price)
    if can_aim:
        column.operator("nano_banana.texture_aim", icon="HIDE_OFF")


def draw_texture_info(layout: bpy.types.UILayout, context: bpy.types.Context, texture: bpy.types.NodeTree) -> None:
    """Draw the active object's texture: coverage, or what an added view changed; opacity, drifts, check images."""
    box = layout.box()
    box.use_property_split = False
    row = box.row()
    name, share = context.active_object.name, texture_info.coverage_of(texture)
    text = translate(
        "{object}: {share:.0%} changed" if texture_info.is_change(texture) else "{object}: {share:.0%} covered",
        object=name,
        share=share,
    )
    row.label(text=text, icon="TEXTURE")
    draw_material(box, context)
    draw_shading_hint(box, context)
    active_check = texture_info.get_check_image(texture)
    names = ["", *(texture_info.get_check_name(check) for check in texture_info.checks_of(texture))]
    column = box.column(align=True)
    row = column.row(align=True)
    for name in names[:4]:
        row.operator("nano_banana.texture_check", text=name or "Texture", depress=name == active_check).check = name
    flow = column.grid_flow(columns=4, align=True)
    for name in names[4:]:
        flow.operator("nano_banana.texture_check", text=name, depress=name == active_check).check = name
    column = box.column(align=True)
    column.label(text="Shift in px, before → after")
    for view in texture_info.views_of(texture):
        draw_drift(column, view, payment.estimate_view(texture, view["index"]))
        if view.get("reason") and not view.get("forced"):
            draw_left_out(column.box(), context, view)
    if missing := texture_info.list_missing_maps(texture):
        draw_missing_maps(box.column(align=True), context, texture, missing)
    draw_add_detail(box, context, texture)
    row = box.row(align=True)
    row.operator("nano_banana.texture_reproject", icon="MOD_UVPROJECT")
    row.operator("nano_banana.remove_applied", text="Remove", icon="X").kind = DeliveryKind.MATERIAL


def draw_missing_maps(
    layout: bpy.types.UILayout, context: bpy.types.Context, texture: bpy.types.NodeTree, missing: list[int]
) -> None:
    """Draw which views have no roughness and metallic, and the button that generates them."""
    names = ", ".join(view["name"] for view in texture_info.views_of(texture) if view["index"] in missing)
    draw_text(layout, context, translate("No roughness and metallic: {views}", views=names), icon="ERROR")
    price = payment.estimate_missing_maps(texture, missing)
    payment.draw_paid_operator(layout, "nano_banana.texture_missing_maps", "Generate Missing Maps", price)


def draw_add_detail(layout: bpy.types.UILayout, context: bpy.types.Context, texture: bpy.types.NodeTree) -> None:
    """Draw the button that generates the views again in tiles, with what decides about its price."""
    choices = getattr(context.scene, SCENE_PROPERTY)
    column = layout.column(align=True)
    column.prop(choices.texturing, "detail_tiles")
    price = payment.estimate_detail(context, texture)
    payment.draw_paid_operator(column, "nano_banana.texture_add_detail", "Add Detail", price)
    payment.draw_batch_operator(column, context, "nano_banana.texture_add_detail", price)
    for view in texture_info.list_shown_views(texture):
        if view.get("tiles_used", 0) < view.get("tiles", 0):
            text = translate("{view}: detail in {used} of {tiles} tiles", **_count_tiles(view))
            draw_text(layout, context, text, icon="ERROR")


def _count_tiles(view: dict[str, float | int | str]) -> dict[str, float | int | str]:
    return {"view": view["name"], "used": view["tiles_used"], "tiles": view["tiles"]}


def draw_drift(layout: bpy.types.UILayout, view: dict[str, float | int | str], again: payment.Payment) -> None:
    """Draw one view with its drift before and after alignment, and the button that regenerates it."""
    is_aligned = view["confidence"] >= LOWEST_CONFIDENCE
    is_too_far = bool(view.get("reason")) or not is_aligned or view["after"] > view["limit"]
    # So that neither the drift nor the price is cut off.
    is_short = len(again.to_label("", translate("free"))) <= _SHORT_PRICE
    row = layout.split(factor=0.7 if is_short else 0.56)
    row.alert = is_too_far
    text = f"{view['before']:.1f} → {view['after']:.1f}" if is_aligned else translate("could not align")
    if view.get("followed") is False:
        text += f", {translate('parts moved')}"
    row.label(text=f"{view['name']}: {text}", icon="ERROR" if is_too_far else "CHECKMARK")
    button = payment.draw_paid_operator(row, "nano_banana.texture_regenerate_view", "", again, again=True)
    button.index = view["index"]


def draw_left_out(layout: bpy.types.UILayout, context: bpy.types.Context, view: dict[str, float | int | str]) -> None:
    """Draw why a view is not in the texture, its image, and the button that uses it all the same."""
    results = getattr(context.window_manager, SESSION_PROPERTY).results
    item = results.get(str(view["generation"]))
    if item is not None and (icon := thumbnails.find_icon(item.thumbnail)):
        layout.template_icon(icon_value=icon, scale=4.0)
    draw_text(layout, context, translate("Left out: {reason}", reason=view["reason"]), icon="HIDE_ON")
    layout.operator("nano_banana.texture_use_view", icon="HIDE_OFF").index = view["index"]
