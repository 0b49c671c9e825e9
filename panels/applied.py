# SPDX-License-Identifier: GPL-3.0-or-later
"""What results are applied in the scene: how strongly each shows, and the button that takes it out again."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.deliver.compositor import exact_view
from ..nano_banana_addon.core.constants import DeliveryKind
from ..nano_banana_addon.features import applied, layers
from ..nano_banana_addon.features.storyboard import board
from ..nano_banana_addon.identity import SCENE_PROPERTY
from ..nano_banana_addon.translations import translate
from .base.sidebar import Sidebar


class NANO_BANANA_PT_applied(Sidebar, bpy.types.Panel):
    """Results that are used in this scene"""

    bl_label = "Applied to This Scene"
    bl_order = 3

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is something to show."""
        return bool(
            applied.find_background(context.scene)
            or layers.has_layers(context.scene)
            or applied.list_material_nodes(context.active_object)
            or board.find_board(context.scene)
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
        if board.find_board(context.scene):
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
    column.label(text=translate("Behind {camera}", camera=context.scene.camera.name), icon="CAMERA_DATA")
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
    """Draw the layers of the compositor, and the switch of exact colours."""
    draw_layers(layout, context)
    draw_exact_colours(layout, context)


def draw_layers(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the layers of the compositor, the topmost first."""
    present = layers.list_layers(context.scene)
    if not present:
        return
    row = layout.row(align=True)
    row.label(text="Compositor", icon="NODE_COMPOSITING")
    row.operator("nano_banana.layers_refresh", text="", icon="FILE_REFRESH")
    row.operator("nano_banana.remove_applied", text="", icon="X").kind = DeliveryKind.COMPOSITOR
    for layer in present:
        box = layout.box().column(align=True)
        draw_layer_header(box.row(align=True), layer, len(present) > 1)
        if not layer.node.hide:
            draw_layer(box, layer)


def draw_layer_header(row: bpy.types.UILayout, layer: layers.Layer, is_movable: bool) -> None:
    """Draw a layer's switches, its title, and what moves and removes it."""
    node = layer.node
    row.prop(node, "hide", text="", icon="RIGHTARROW" if node.hide else "DOWNARROW_HLT", emboss=False)
    row.prop(node, "mute", text="", icon="HIDE_ON" if node.mute else "HIDE_OFF", invert_checkbox=True)
    row.label(text=layer.title)
    if is_movable:
        for icon, step in (("TRIA_UP", 1), ("TRIA_DOWN", -1)):
            move = row.operator("nano_banana.layer_move", text="", icon=icon)
            move.layer, move.step = node.name, step
    row.operator("nano_banana.layer_remove", text="", icon="X").layer = node.name


def draw_layer(layout: bpy.types.UILayout, layer: layers.Layer) -> None:
    """Draw how a layer is mixed, which of its images it shows, and its masks."""
    node = layer.node
    row = layout.row(align=True)
    row.operator_menu_enum("nano_banana.layer_blend", "mode", text=layer.blend).layer = node.name
    row.prop(node.inputs["Factor"], "default_value", text="Opacity", slider=True)
    if layer.versions > 1:
        row = layout.row(align=True)
        row.label(text=translate("Image {number} of {count}", number=layer.version + 1, count=layer.versions))
        for icon, index in (("TRIA_LEFT", layer.version - 1), ("TRIA_RIGHT", layer.version + 1)):
            button = row.row(align=True)
            button.enabled = 0 <= index < layer.versions
            version = button.operator("nano_banana.layer_version", text="", icon=icon)
            version.layer, version.version = node.name, max(index, 0)
    if layer.is_sequence and (sequence := layers.find_sequence_node(node)) is not None:
        row = layout.row(align=True)
        row.prop(sequence, "frame_start", text="Start")
        row.prop(sequence, "frame_duration", text="Frames")
        row.prop(sequence, "use_cyclic", text="", icon="FILE_REFRESH")
    for index, mask in enumerate(layer.masks):
        draw_mask(layout, node, mask, is_first=index == 0)
    row = layout.row(align=True)
    row.operator_menu_enum("nano_banana.mask_add", "kind", icon="MOD_MASK").layer = node.name
    if layer.masks:
        row.prop(node.inputs["Invert"], "default_value", text="Invert All", toggle=True)


def draw_mask(layout: bpy.types.UILayout, layer: bpy.types.Node, mask: bpy.types.Node, *, is_first: bool) -> None:
    """Draw a mask: what it chooses, how it is joined with those before, its range or its image."""
    row = layout.row(align=True)
    if not is_first:
        add = mask.inputs["Add"]
        row.prop(add, "default_value", text="", icon="ADD" if add.default_value else "SELECT_INTERSECT", toggle=True)
    row.label(text=mask.label, icon=layers.find_icon(mask))
    row.prop(mask.inputs["Invert"], "default_value", text="", icon="ARROW_LEFTRIGHT", toggle=True)
    remove = row.operator("nano_banana.mask_remove", text="", icon="X")
    remove.layer, remove.mask = layer.name, mask.name
    if "Softness" in mask.inputs:
        column = layout.column(align=True)
        for name in ("From", "To", "Softness"):
            column.prop(mask.inputs[name], "default_value", text=name)
    elif (source := layers.find_image_node(mask)) is not None:
        layout.template_ID(source, "image", open="image.open")


def draw_exact_colours(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the switch of exact colours below the compositor's results."""
    is_on = exact_view.find_node(context.scene) is not None
    if is_on or layers.has_layers(context.scene):
        layout.operator("nano_banana.exact_colours", icon="COLOR", depress=is_on).enable = not is_on


def draw_shading_hint(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button that makes materials visible, where the 3D view does not show them."""
    shading = getattr(context.space_data, "shading", None)
    if shading is not None and shading.type in {"SOLID", "WIREFRAME"} and shading.color_type != "TEXTURE":
        row = layout.row()
        row.use_property_split = False  # it would put the choices below each other
        row.label(text="Not visible in Solid", icon="INFO")
        row.prop(shading, "type", text="", expand=True)
