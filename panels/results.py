# SPDX-License-Identifier: GPL-3.0-or-later
"""The latest results: a list, and below it the active one with its actions, or why it has no image."""

import bpy

from ..nano_banana_addon.blender.deliver.registry import OFFERED_TARGETS
from ..nano_banana_addon.core.constants import DeliveryKind, State
from ..nano_banana_addon.features import layers, payment
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from .base.sidebar import Sidebar, draw_text
from .remedies import draw_remedy

STATE_ICONS = {
    State.REFUSED: "CANCEL",
    State.FAILED: "ERROR",
    State.UNKNOWN: "QUESTION",
    State.CANCELLED: "X",
    State.BLOCKED: "TIME",
}


class NANO_BANANA_UL_results(bpy.types.UIList):
    """The results, the newest first"""

    bl_idname = "NANO_BANANA_UL_results"

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
        """Draw a row: an image with its title, or a failure with its time and the button that mends it."""
        row = layout.row(align=True)
        if item.state == State.DONE:
            row.label(text=item.title, icon_value=thumbnails.find_icon(item.thumbnail))
            if item.delivered:
                row.label(text="", icon="CHECKMARK")
            return
        row.label(text=f"{item.title}  {item.ended[-8:]}", icon=STATE_ICONS.get(State(item.state), "ERROR"))
        draw_short_remedy(row, item)
        row.operator("nano_banana.dismiss", text="", icon="X", emboss=False).generation = item.name


class NANO_BANANA_PT_results(Sidebar, bpy.types.Panel):
    """The latest results of this session"""

    bl_label = "Results"
    bl_order = 1

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether there is something to show."""
        session = getattr(context.window_manager, SESSION_PROPERTY)
        return bool(session.results or session.earlier)

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """Draw the buttons that empty the list."""
        results = getattr(context.window_manager, SESSION_PROPERTY).results
        row = self.layout.row(align=True)
        if any(item.state != State.DONE for item in results):
            row.operator("nano_banana.clear_results", text="Clear Failed", emboss=False).failed_only = True
        elif results:
            row.operator("nano_banana.clear_results", text="Clear All", emboss=False).failed_only = False

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list and the active result."""
        layout = self.layout
        session = getattr(context.window_manager, SESSION_PROPERTY)
        if not session.results:
            plural = "s" if session.earlier > 1 else ""
            text = f"{session.earlier} result{plural} of this file in History"
            layout.operator("nano_banana.load_results", text=text, icon="FILE_REFRESH")
            return
        rows = min(max(len(session.results), 2), 5)
        layout.template_list(
            "NANO_BANANA_UL_results", "", session, "results", session, "active_result", rows=rows, maxrows=rows
        )
        if session.active_result < len(session.results):
            item = session.results[session.active_result]
            if item.state == State.DONE:
                draw_result(layout, context, item)
            else:
                draw_failed(layout, context, item)


def draw_result(layout: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup) -> None:
    """Draw the active image with its price, its notes and its actions."""
    if icon := thumbnails.find_icon(item.thumbnail):
        layout.template_icon(icon_value=icon, scale=8.0)
    provenance = "Offline preview" if item.offline else item.cost
    row = layout.row()
    row.alignment = "CENTER"
    row.label(text=f"{item.size}    {provenance}")
    draw_title(layout, context, item)
    row = layout.row()
    row.scale_y = 1.3
    row.operator("nano_banana.show_result", text="Show Large", icon="FULLSCREEN_ENTER").generation = item.name
    if item.has_source:
        row.operator("nano_banana.compare", text="Before / After", icon="ARROW_LEFTRIGHT").right = item.name
    draw_apply(layout, item)
    draw_sources(layout, item)
    draw_continue(layout, item)
    row = layout.row(align=True)
    row.operator("nano_banana.use_settings", text="Use Settings", icon="LOOP_BACK").generation = item.name
    row.operator("nano_banana.show_conversation", text="Steps", icon="OUTLINER").generation = item.name
    if item.notes:
        draw_text(layout, context, item.notes, icon="INFO")


def draw_title(layout: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup) -> None:
    """Draw the title of the active result, and the button that takes it out of the list."""
    row = layout.row()
    draw_text(row.column(), context, item.title)
    row.operator("nano_banana.dismiss", text="", icon="X", emboss=False).generation = item.name


def draw_apply(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw a labelled button for each delivery target."""
    layout.label(text="Apply as")
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    for target in OFFERED_TARGETS:
        label = target.label.removeprefix("Camera ")  # so that it fits beside another one
        apply = grid.operator("nano_banana.apply", text=label, icon=target.item.icon)
        apply.generation, apply.kind = item.name, target.id
    if item.is_edit:
        apply = grid.operator("nano_banana.apply", text="Replace Original", icon="FILE_REFRESH")
        apply.generation, apply.kind = item.name, DeliveryKind.REPLACEMENT
    if layers.has_layers(bpy.context.scene):
        apply = grid.operator("nano_banana.apply", text="Add as Layer", icon="RENDERLAYERS")
        apply.generation, apply.kind = item.name, DeliveryKind.COMPOSITOR_LAYER
    grid.operator("nano_banana.material_from_image", text="PBR Material", icon="NODE_MATERIAL").generation = item.name
    if item.has_mask:
        grid.operator("nano_banana.cut_out", icon="IMAGE_RGB_ALPHA").generation = item.name
    if item.of_texture:
        grid.operator("nano_banana.texture_bake", icon="TEXTURE").generation = item.name


def draw_sources(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw links to the pages found by search, as the service's terms require."""
    column = layout.column(align=True)
    for source in item.sources:
        column.operator("wm.url_open", text=source.name, icon="URL").url = source.uri


def draw_continue(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the field and the buttons that change this image."""
    layout.label(text="Change this image")
    column = layout.column(align=True)
    column.prop(item, "instruction", text="", placeholder="Make it night")
    button = column.row(align=True)
    button.enabled = bool(item.instruction.strip())
    price = payment.Payment(1, item.change_price)
    operator = payment.draw_paid_operator(button, "nano_banana.continue_generation", "Continue", price)
    operator.generation, operator.prompt = item.name, item.instruction


def draw_failed(layout: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup) -> None:
    """Draw why the active result has no image, the next step and its button."""
    box = layout.box()
    draw_title(box, context, item)
    draw_text(box, context, item.message or item.phase, icon=STATE_ICONS.get(State(item.state), "ERROR"))
    draw_text(box, context, item.next_step)
    box.label(text=item.ended)
    if item.state == State.REFUSED:
        edit = box.operator("nano_banana.use_settings", text="Edit Prompt", icon="GREASEPENCIL")
        edit.generation = item.name
    draw_remedy(box, item.error_kind)
    draw_resend(box, item)


def draw_short_remedy(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the button that mends a failure in a row of the list: without a text, or with its price."""
    if draw_remedy(layout, item.error_kind, text=""):
        return
    if item.state == State.REFUSED:
        layout.operator("nano_banana.use_settings", text="", icon="GREASEPENCIL").generation = item.name
    else:
        draw_resend(layout, item, verb="")


def draw_resend(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup, verb: str | None = None) -> None:
    """Draw the button that sends a request without an image again, with its price."""
    if verb is None:
        verb = "Resend" if item.state == State.UNKNOWN else "Try Again"
    price = payment.Payment(1, item.price)
    payment.draw_paid_operator(layout, "nano_banana.ask_again", verb, price, again=True).generation = item.name
