# SPDX-License-Identifier: GPL-3.0-or-later
"""What results are applied in the scene: how strongly each shows, and the button that takes it out again."""

import bpy

from ..nano_banana_addon.core.constants import DeliveryKind
from ..nano_banana_addon.features import applied, storyboard
from ..nano_banana_addon.identity import SCENE_PROPERTY
from .base import Sidebar


class NANO_BANANA_PT_applied(Sidebar, bpy.types.Panel):
    """Results that are used in this scene"""

    bl_label = "Applied to This Scene"
    bl_order = 3

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is something to show."""
        return bool(
            applied.find_background(context.scene)
            or applied.find_compositor_node(context.scene)
            or applied.list_material_nodes(context.active_object)
            or storyboard.find_board(context.scene)
            or applied.list_edited_images()
        )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is applied."""
        layout = self.layout
        draw_background(layout, context)
        if applied.list_material_nodes(context.active_object):
            column = layout.column(align=True)
            column.label(text=context.active_object.name, icon="MATERIAL")
            draw_material(column, context)
            draw_shading_hint(column, context)
        draw_compositor(layout, context)
        if edited := applied.list_edited_images():
            row = layout.row(align=True)
            row.label(text=", ".join(image.name for image in edited), icon="IMAGE_DATA")
            row.operator("nano_banana.remove_applied", text="", icon="X").kind = DeliveryKind.REPLACEMENT
        if storyboard.find_board(context.scene):
            row = layout.row(align=True)
            row.operator("nano_banana.open_storyboard", icon="SEQUENCE")
            row.operator("nano_banana.remove_applied", text="", icon="X").kind = DeliveryKind.STRIP
        layout.operator("nano_banana.remove_applied", text="Clean Up File …", icon="TRASH").kind = "EVERYTHING"


def draw_background(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the controls of the result behind the scene's camera."""
    background = applied.find_background(context.scene)
    if background is None:
        return
    column = layout.column(align=True)
    column.label(text=f"Behind {context.scene.camera.name}", icon="CAMERA_DATA")
    row = column.row(align=True)
    row.prop_enum(background, "display_depth", "BACK", text="Behind")
    row.prop_enum(background, "display_depth", "FRONT", text="In Front")
    row = column.row(align=True)
    icon = "HIDE_OFF" if background.show_background_image else "HIDE_ON"
    row.prop(background, "show_background_image", text="", icon=icon)
    row.prop(background, "alpha", text="Opacity", slider=True)
    row.operator("nano_banana.remove_applied", text="", icon="X").kind = DeliveryKind.CAMERA_BACKGROUND


def draw_material(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the switch and the opacity of the image on the active object, and the button that removes it."""
    choices = getattr(context.scene, SCENE_PROPERTY)
    row = layout.row(align=True)
    row.prop(choices, "material_visible", text="", icon="HIDE_OFF" if choices.material_visible else "HIDE_ON")
    opacity = row.row(align=True)
    opacity.active = choices.material_visible
    opacity.prop(choices, "material_opacity", slider=True)
    row.operator("nano_banana.remove_applied", text="", icon="X").kind = DeliveryKind.MATERIAL


def draw_compositor(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the switch and the opacity of the result in the compositor."""
    found = applied.find_compositor_node(context.scene)
    if found is None:
        return
    node, factor = found
    column = layout.column(align=True)
    column.label(text="Compositor", icon="NODE_COMPOSITING")
    row = column.row(align=True)
    row.prop(node, "mute", text="", icon="HIDE_ON" if node.mute else "HIDE_OFF", invert_checkbox=True)
    row.prop(factor, "default_value", text="Opacity", slider=True)
    row.operator("nano_banana.remove_applied", text="", icon="X").kind = DeliveryKind.COMPOSITOR


def draw_shading_hint(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button that makes materials visible, where the 3D view does not show them."""
    shading = getattr(context.space_data, "shading", None)
    if shading is not None and shading.type in {"SOLID", "WIREFRAME"} and shading.color_type != "TEXTURE":
        row = layout.row()
        row.label(text="Not visible in Solid", icon="INFO")
        row.prop(shading, "type", text="", expand=True)
