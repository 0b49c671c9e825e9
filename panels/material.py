# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials: their choices, the button that makes one of an image, the button that generates one, what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..nano_banana_addon.core.constants import Kind
from ..nano_banana_addon.core.material_settings import MATERIAL_OPTIONS
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.edit import marks
from ..nano_banana_addon.features.material import library_list, made_material, prices
from ..nano_banana_addon.identity import NO_IMAGE_POINTER, SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.translations import translate
from .applied import draw_shading_hint
from .base.sidebar import ImageSidebar, Sidebar, draw_text, draw_titled_progress, mark_buttons
from .main import draw_notice

if TYPE_CHECKING:
    from ..nano_banana_addon.core.cost import Payment

#: The choices below those that stand in the panel itself.
_SHOWN = ("size_m", "relief", "roughness", "metallic")
_FROM_IMAGE, _LISTING = "nano_banana.material_from_image", "nano_banana.material_listing"


class MaterialPanel:
    """What the panel is in each editor."""

    bl_label = "Material"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices and the buttons."""
        layout, choices = self.layout, getattr(context.scene, SCENE_PROPERTY)
        layout.use_property_split = True
        layout.use_property_decorate = False
        mark_buttons(layout, context)
        in_image_editor = context.space_data.type == "IMAGE_EDITOR"
        session = getattr(context.window_manager, SESSION_PROPERTY)
        if in_image_editor and session.notice_button not in (_FROM_IMAGE, _LISTING):
            draw_notice(layout, context, session)
        draw_choices(layout, choices.material)
        draw_from_image(layout, context, choices, in_image_editor=in_image_editor)
        draw_generate(layout, context, choices, in_image_editor=in_image_editor)
        draw_shown(layout, context)
        if library_list.find_library():  # so that it was saved to be offered to others
            layout.operator(_LISTING, icon="ASSET_MANAGER")
            draw_notice_of(layout, context, _LISTING)


class NANO_BANANA_PT_material(MaterialPanel, Sidebar, bpy.types.Panel):
    """PBR materials, made of an image or generated"""


class NANO_BANANA_PT_image_material(MaterialPanel, ImageSidebar, bpy.types.Panel):
    """PBR materials, made of this image or generated"""


def draw_choices(layout: bpy.types.UILayout, group: bpy.types.PropertyGroup) -> None:
    """Draw how a material is made."""
    column = layout.column()
    for name in _SHOWN:
        column.prop(group, name)
    column = layout.column(align=True)
    for name in MATERIAL_OPTIONS:
        if name not in (*_SHOWN, "generate_maps"):
            column.prop(group, name)


def draw_from_image(
    layout: bpy.types.UILayout, context: bpy.types.Context, choices: bpy.types.PropertyGroup, *, in_image_editor: bool
) -> None:
    """Draw the button that makes a material of an image: of that in the editor, or a box of it, else of the chosen."""
    column = layout.column()
    if not in_image_editor:
        if choices.material.image is None:
            column.template_ID(choices.material, "image", open="image.open", text="Image")
        else:  # its name needs the room
            column.prop(choices.material, "image")
    image = marks.find_image(context) if in_image_editor else choices.material.image
    box = choices.material.box if in_image_editor else (0.0,) * 4
    row = column.row(align=True)
    row.scale_y = 1.5
    if image is None:
        row.context_pointer_set(NO_IMAGE_POINTER, context.scene)
    button = row.operator(
        _FROM_IMAGE,
        text="Material from Box" if marks.turn_box(box) else "Material from Image",
        icon="NODE_MATERIAL",
    )
    button.image, button.box = image.name if image else "", box
    if in_image_editor:
        row.operator("nano_banana.drag_box", text="", icon="SELECT_SET").for_material = True
    draw_notice_of(column, context, _FROM_IMAGE)


def draw_notice_of(layout: bpy.types.UILayout, context: bpy.types.Context, button: str) -> None:
    """Draw the notice below the button that it belongs to: the main panel may be out of sight, or in another editor."""
    session = getattr(context.window_manager, SESSION_PROPERTY)
    if session.notice_button == button:
        draw_notice(layout, context, session)


def draw_generate(
    layout: bpy.types.UILayout, context: bpy.types.Context, choices: bpy.types.PropertyGroup, *, in_image_editor: bool
) -> None:
    """Draw the words, the reference, and the button with its price."""
    column = layout.column()
    column.prop(choices.material, "description", text="", placeholder="Old red bricks, mossy joints")
    if in_image_editor:
        column.prop(choices.material, "use_image")
    row = column.row()
    row.use_property_split = False  # its name needs the whole width
    row.prop(choices.material, "generate_maps")
    column = column.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.5
    price = prices.estimate_material(context)
    payment.draw_paid_operator(row, "nano_banana.material_generate", "Generate Material", price)
    payment.draw_batch_operator(column, context, "nano_banana.material_generate", price)
    for job in getattr(context.window_manager, SESSION_PROPERTY).jobs:
        if job.kind == Kind.TEXTURE:  # near its button; the main panel may be far above, or in another editor
            draw_titled_progress(column, job)


def draw_shown(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the active object's material, if it was made here: size, density, and what was measured of its maps."""
    found = made_material.find(context)
    if found is None:
        return
    box = layout.box()
    box.label(text=found.name, icon="MATERIAL")
    draw_shading_hint(box, context)
    cross = ("nano_banana.material_cross", "Repair Seam", prices.estimate_cross(context, found))
    if found.excess > 1:  # above what is long, so that it is seen
        draw_text(box, context, "The seam may be seen", "ERROR")
        draw_paid(box, context, *cross)
    for socket in found.sockets:
        box.prop(socket, "default_value", text=socket.name)
    box.label(text=translate("Texel density: {density}", density=found.density))
    draw_text(box, context, found.report)
    if found.excess <= 1:
        draw_paid(box, context, *cross)
    draw_paid(box, context, "nano_banana.material_maps", "Roughness and Metallic", prices.estimate_maps(context))


def draw_paid(layout: bpy.types.UILayout, context: bpy.types.Context, operator: str, verb: str, price: Payment) -> None:
    """Draw a button that pays, and below it the one for half the price."""
    column = layout.column(align=True)
    payment.draw_paid_operator(column, operator, verb, price)
    payment.draw_batch_operator(column, context, operator, price)
