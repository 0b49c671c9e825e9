# SPDX-License-Identifier: GPL-3.0-or-later
"""The latest results: a grid of images with their actions, and failed generations."""

import bpy

from ..nano_banana_addon.blender.deliver.registry import OFFERED_TARGETS
from ..nano_banana_addon.core.constants import State
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from .base import Sidebar
from .remedies import draw_remedy
from .text import draw_text

_ICONS = {State.REFUSED: "CANCEL", State.UNKNOWN: "QUESTION", State.CANCELLED: "X"}


class NANO_BANANA_PT_results(Sidebar, bpy.types.Panel):
    """The latest results of this session"""

    bl_label = "Results"
    bl_parent_id = "NANO_BANANA_PT_main"
    bl_order = 1

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is something to show."""
        return bool(getattr(context.window_manager, SESSION_PROPERTY).results)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the grid of images, then those without one."""
        layout = self.layout
        session = getattr(context.window_manager, SESSION_PROPERTY)
        pictures = [item for item in session.results if item.state == State.DONE]
        others = [item for item in session.results if item.state != State.DONE]
        for item in others:
            draw_failed(layout, context, item)
        columns = 2 if len(pictures) > 1 else 1
        grid = layout.grid_flow(row_major=True, columns=columns, even_columns=True)
        for item in pictures:
            draw_result(grid.box(), context, item)


def draw_result(box: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup) -> None:
    """Draw an image with its price, its delivery targets and its actions."""
    if icon := thumbnails.find_icon(item.thumbnail):
        box.template_icon(icon_value=icon, scale=6.0)
    title = f"Offline preview: {item.title}" if item.offline else item.title
    box.label(text=title)
    box.label(text=f"{item.size}   {item.cost}")
    if item.notes:
        draw_text(box, context, item.notes, icon="INFO")
    row = box.row(align=True)
    for target in OFFERED_TARGETS:
        apply = row.operator("nano_banana.apply", text="", icon=target.item.icon)
        apply.generation, apply.kind = item.name, target.id
    if item.has_mask:
        row.operator("nano_banana.cut_out", text="", icon="IMAGE_RGB_ALPHA").generation = item.name
    if item.of_texture:
        row.operator("nano_banana.texture_bake", text="", icon="TEXTURE").generation = item.name
    row.operator("nano_banana.show_result", text="", icon="ZOOM_IN").generation = item.name
    row.operator("nano_banana.dismiss", text="", icon="X").generation = item.name
    draw_sources(box, item)
    draw_continue(box, item)


def draw_sources(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw links to the pages found by search, as the service's terms require."""
    column = layout.column(align=True)
    for source in item.sources:
        column.operator("wm.url_open", text=source.name, icon="URL").url = source.uri


def draw_continue(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the field and the button that change this image."""
    column = layout.column(align=True)
    row = column.row(align=True)
    row.prop(item, "instruction", text="", placeholder="Change …")
    button = column.row(align=True)
    button.enabled = bool(item.instruction.strip())
    price = payment.Payment(1, item.change_price)
    operator = payment.draw_paid_operator(button, "nano_banana.continue_generation", "Continue", price, icon="NONE")
    operator.generation, operator.prompt = item.name, item.instruction
    conversation = row.operator("nano_banana.show_conversation", text="", icon="OUTLINER")
    conversation.generation = item.name


def draw_failed(layout: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup) -> None:
    """Draw a failed generation, with the next step and its button."""
    box = layout.box()
    row = box.row()
    row.label(text=item.title, icon=_ICONS.get(State(item.state), "ERROR"))
    row.operator("nano_banana.dismiss", text="", icon="X", emboss=False).generation = item.name
    draw_text(box, context, item.message or item.phase)
    draw_text(box, context, item.next_step)
    draw_remedy(box, item.error_kind)
    if item.state == State.REFUSED:
        edit = box.operator("nano_banana.use_settings", text="Edit Prompt", icon="LOOP_BACK")
        edit.generation = item.name
    draw_resend(box, item)


def draw_resend(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the button that sends a request without an image again, with its price."""
    verb = "Resend" if item.state == State.UNKNOWN else "Try Again"
    price = payment.Payment(1, item.price)
    payment.draw_paid_operator(layout, "nano_banana.ask_again", verb, price, again=True).generation = item.name
