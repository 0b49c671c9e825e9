# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's commands in Blender's menus, where the search (F3) finds them, and its panel in node editors."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.core.constants import DeliveryKind, State
from ..nano_banana_addon.core.settings import Source
from ..nano_banana_addon.features import applied, payment
from ..nano_banana_addon.features.material import prices
from ..nano_banana_addon.identity import DISPLAY_NAME, SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from ..nano_banana_addon.translations import translate, translate_sentence
from .applied import draw_compositor, draw_material
from .base.sidebar import NodeSidebar, draw_progress, mark_buttons

#: By the type of a node tree: how a result is added to it, in the Add menu.
_NODE_TARGETS = {"CompositorNodeTree": DeliveryKind.COMPOSITOR, "ShaderNodeTree": DeliveryKind.MATERIAL}


class NANO_BANANA_MT_commands(bpy.types.Menu):
    """Commands of the add-on"""

    bl_label = DISPLAY_NAME

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the commands; those that pay with their prices."""
        layout = self.layout
        mark_buttons(layout, context)
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nano_banana.show_tab", icon="MENU_PANEL")
        layout.operator("nano_banana.open_workspace", icon="WORKSPACE")
        layout.separator()
        paid = payment.draw_paid_operator
        paid(layout, "nano_banana.restyle", "Restyle", payment.estimate_restyle(context))
        last_render = payment.estimate_restyle(context, Source.LAST_RENDER)
        paid(layout, "nano_banana.restyle_render", "Restyle Last Render", last_render, icon="RENDER_RESULT")
        paid(layout, "nano_banana.texture", "Texture from Views", payment.estimate_texture(context), icon="TEXTURE")
        paid(layout, "nano_banana.storyboard", "Storyboard", payment.estimate_storyboard(context), icon="SEQUENCE")
        edit_view = payment.estimate_edit(context)
        paid(layout, "nano_banana.edit_view", "Edit Part of View", edit_view, icon="IMAGE_DATA")
        material = prices.estimate_material(context)
        paid(layout, "nano_banana.material_generate", "Generate Material", material, icon="NODE_MATERIAL")
        layout.operator("nano_banana.show_request", icon="VIEWZOOM")
        layout.separator()
        layout.operator("nano_banana.exact_colours", icon="COLOR")
        layout.operator("nano_banana.layers_refresh", icon="FILE_REFRESH")
        layout.operator("nano_banana.notes_clear", icon="TRASH")
        layout.operator("nano_banana.texture_show_views", icon="OUTLINER_OB_CAMERA")
        layout.operator("nano_banana.texture_reproject", icon="MOD_UVPROJECT")
        layout.operator("nano_banana.unwrap", icon="UV")
        layout.operator("nano_banana.open_storyboard", icon="SEQ_SEQUENCER")
        layout.separator()
        layout.operator("nano_banana.note_add", icon="PINNED")
        layout.operator("nano_banana.reference_add_file", text="Add Reference Files", icon="FILE_FOLDER")
        layout.operator("nano_banana.reference_paste", text="Paste Reference", icon="PASTEDOWN")
        layout.operator("nano_banana.load_results", icon="FILE_REFRESH")
        layout.operator("nano_banana.recovery", icon="RECOVER_LAST")
        layout.operator("nano_banana.remove_applied", icon="TRASH")
        layout.separator()
        layout.operator("nano_banana.add_camera", icon="OUTLINER_OB_CAMERA")
        layout.operator("nano_banana.load_example", icon="SCENE_DATA")
        layout.operator("nano_banana.try_offline", icon="PLAY")
        layout.operator("nano_banana.open_preferences", icon="PREFERENCES")


class NANO_BANANA_MT_pie(bpy.types.Menu):
    """What is done most often, around the mouse; the preferences give it a key"""

    bl_label = DISPLAY_NAME

    def draw(self, context: bpy.types.Context) -> None:
        """Draw left, right, bottom, top, then the corners."""
        pie = self.layout.menu_pie()
        mark_buttons(pie, context)
        latest = find_latest(context)
        payment.draw_paid_operator(pie, "nano_banana.restyle", "Restyle", payment.estimate_restyle(context))
        if latest is None:
            pie.operator("nano_banana.load_results", icon="FILE_REFRESH")
        else:
            shown = pie.operator("nano_banana.show_result", text="Show Latest Result", icon="FULLSCREEN_ENTER")
            shown.generation = latest.name
        pie.menu("NANO_BANANA_MT_commands", text="All Commands", icon="COLLAPSEMENU")
        pie.operator("nano_banana.show_tab", text="Open the Tab", icon="MENU_PANEL")
        pie.operator("nano_banana.reference_add_file", text="Add Reference Files", icon="FILE_FOLDER")
        pie.operator("nano_banana.open_workspace", text="Workspace", icon="WORKSPACE")


class NANO_BANANA_MT_results(bpy.types.Menu):
    """Put one of the latest results into this node tree"""

    bl_label = f"{DISPLAY_NAME} Result"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the latest results with their images."""
        kind = _NODE_TARGETS.get(getattr(context.space_data, "tree_type", ""), DeliveryKind.COMPOSITOR)
        results = getattr(context.window_manager, SESSION_PROPERTY).results
        for item in results:
            if item.state == State.DONE:
                icon = thumbnails.find_icon(item.thumbnail)
                apply = self.layout.operator("nano_banana.apply", text=item.title, icon_value=icon)
                apply.generation, apply.kind = item.name, kind
        if not any(item.state == State.DONE for item in results):
            self.layout.operator("nano_banana.load_results")


class NANO_BANANA_PT_nodes(NodeSidebar, bpy.types.Panel):
    """Results in this node tree"""

    bl_label = DISPLAY_NAME

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """In the compositor and the shader editor."""
        return context.space_data.tree_type in {"CompositorNodeTree", "ShaderNodeTree"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is applied, and the commands."""
        layout = self.layout
        is_compositor = getattr(context.space_data, "tree_type", "") == "CompositorNodeTree"
        if is_compositor:
            draw_compositor(layout, context)
            layout.operator("nano_banana.layer_add_files", icon="FILEBROWSER")
        elif applied.list_material_nodes(context.active_object):
            draw_material(layout, context)
        layout.menu("NANO_BANANA_MT_commands", text="Commands")


def draw_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Draw the sub-menu at the end of one of Blender's menus, below what is done with a render there."""
    menu.layout.separator()
    image = getattr(context.space_data, "image", None)
    if menu.bl_idname == "TOPBAR_MT_render" or (image and image.type == "RENDER_RESULT"):
        draw_render_entries(menu.layout, context)
    menu.layout.menu("NANO_BANANA_MT_commands", icon="BRUSH_DATA")


def draw_render_entries(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what restyles the Render Result, now or after each F12, with the price."""
    column = layout.column()
    mark_buttons(column, context)
    column.operator_context = "INVOKE_DEFAULT"
    price = payment.estimate_restyle(context, Source.LAST_RENDER)
    payment.draw_paid_operator(column, "nano_banana.restyle_render", "Restyle Last Render", price)
    column.prop(
        getattr(context.scene, SCENE_PROPERTY), "restyle_renders", text=price.to_label(translate("Restyle After F12"))
    )
    latest = find_latest(context)
    if latest is not None and latest.has_source:
        column.operator("nano_banana.compare", text="Before / After", icon="ARROW_LEFTRIGHT").right = latest.name


def find_latest(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """The latest result of this session with an image."""
    results = getattr(context.window_manager, SESSION_PROPERTY).results
    return next((item for item in results if item.state == State.DONE), None)


def draw_node_entry(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Draw the results in the Add menu of the compositor and the shader editor."""
    if getattr(context.space_data, "tree_type", "") in _NODE_TARGETS:
        menu.layout.separator()
        menu.layout.menu("NANO_BANANA_MT_results", icon="BRUSH_DATA")


def draw_status(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """Draw in the status bar how far the images in progress are, whatever editors are open."""
    session = getattr(context.window_manager, SESSION_PROPERTY)
    if not session.jobs:
        return
    job, count = session.jobs[0], len(session.jobs) + session.blocked
    images = translate("{count} images", count=count)
    name = f"{DISPLAY_NAME}, {images}" if count > 1 else DISPLAY_NAME
    row = header.layout.row(align=True)
    row.ui_units_x = 18
    text = f"{name}: {translate_sentence(job.phase)}"
    draw_progress(row, job.fraction, text, "nano_banana.cancel").generation = job.name


#: What Blender's menus, and its status bar, draw at their ends.
ENTRIES = {
    "TOPBAR_MT_render": draw_entry,
    "IMAGE_MT_image": draw_entry,
    "VIEW3D_MT_object": draw_entry,
    "VIEW3D_MT_object_context_menu": draw_entry,
    "VIEW3D_MT_add": draw_entry,
    "SEQUENCER_MT_add": draw_entry,
    "NODE_MT_add": draw_node_entry,
    "STATUSBAR_HT_header": draw_status,
}
