# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's commands in Blender's menus, where the search (F3) finds them, and its panel in node editors."""

import bpy

from ..nano_banana_addon.core.constants import State
from ..nano_banana_addon.core.settings import Source
from ..nano_banana_addon.features import applied, payment
from ..nano_banana_addon.identity import DISPLAY_NAME, SCENE_PROPERTY, SESSION_PROPERTY
from .applied import draw_compositor, draw_material
from .base.sidebar import NodeSidebar, mark_buttons

#: Blender's menus that get an entry.
MENUS = ("TOPBAR_MT_render", "IMAGE_MT_image", "VIEW3D_MT_object", "VIEW3D_MT_add")


class NANO_BANANA_MT_commands(bpy.types.Menu):
    """Commands of the add-on"""

    bl_label = DISPLAY_NAME

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the commands; those that pay with their prices."""
        layout = self.layout
        mark_buttons(layout, context)
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("nano_banana.show_tab", icon="MENU_PANEL")
        layout.separator()
        paid = payment.draw_paid_operator
        paid(layout, "nano_banana.restyle", "Restyle", payment.estimate_restyle(context))
        last_render = payment.estimate_restyle(context, Source.LAST_RENDER)
        paid(layout, "nano_banana.restyle_render", "Restyle Last Render", last_render, icon="RENDER_RESULT")
        paid(layout, "nano_banana.texture", "Texture from Views", payment.estimate_texture(context), icon="TEXTURE")
        paid(layout, "nano_banana.storyboard", "Storyboard", payment.estimate_storyboard(context), icon="SEQUENCE")
        edit_view = payment.estimate_edit(context)
        paid(layout, "nano_banana.edit_view", "Edit Part of View", edit_view, icon="IMAGE_DATA")
        material = payment.estimate_material(context)
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
        layout.operator("nano_banana.try_offline", icon="PLAY")
        layout.operator("nano_banana.open_preferences", icon="PREFERENCES")


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
    column.prop(getattr(context.scene, SCENE_PROPERTY), "restyle_renders", text=price.to_label("Restyle After F12"))
    results = getattr(context.window_manager, SESSION_PROPERTY).results
    if latest := next((item for item in results if item.has_source and item.state == State.DONE), None):
        column.operator("nano_banana.compare", text="Before / After", icon="ARROW_LEFTRIGHT").right = latest.name
