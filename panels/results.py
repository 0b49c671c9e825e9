# SPDX-License-Identifier: GPL-3.0-or-later
"""The latest results: a list with a pop-over of actions for each, and below it the active one, or why it failed."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.deliver.registry import OFFERED_TARGETS
from ..nano_banana_addon.core.constants import DeliveryKind, Kind, State
from ..nano_banana_addon.features import applied, layers, payment
from ..nano_banana_addon.features.material import made_material
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from ..nano_banana_addon.translations import translate
from .applied import draw_shading_hint
from .base.sidebar import Sidebar, draw_text, is_narrow
from .remedies import draw_remedy

#: The result of the row whose pop-over is open.
RESULT_POINTER = "nano_banana_result"
STATE_ICONS = {
    State.REFUSED: "CANCEL",
    State.FAILED: "ERROR",
    State.UNKNOWN: "QUESTION",
    State.CANCELLED: "X",
    State.BLOCKED: "TIME",
}

_POPOVER_WIDTH = 300  # pixels at interface scale 1, a little more than `bl_ui_units_x`
_FILE_ACTIONS = (
    ("reference_add_file", "Add to References", "IMAGE_REFERENCE"),
    ("show_conversation", "Show Steps of the Conversation", "OUTLINER"),
    ("favourite", "Mark as Favourite", "SOLO_OFF"),
    ("reveal_file", "Open Its Folder", "FILE_FOLDER"),
)
_ACTIONS = (
    ("use_settings", "Use Its Prompt and Settings", "LOOP_BACK"),
    ("sent_request", "Show What Was Sent", "TEXT"),
    ("dismiss", "Remove from This List", "X"),
    ("delete_generation", "Delete from History", "TRASH"),
)


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
        """Draw a row."""
        draw_entry(layout, item)


def draw_entry(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw a row: an image with its title, or a failure with its time and the button that mends it."""
    row = layout.row(align=True)
    row.context_pointer_set(RESULT_POINTER, item)
    if item.state == State.DONE:
        row.label(text=item.title, icon_value=thumbnails.find_icon(item.thumbnail))
        if item.delivered:
            row.label(text="", icon="CHECKMARK")
        row.popover("NANO_BANANA_PT_result_actions", text="", icon="DOWNARROW_HLT")
        return
    icon = STATE_ICONS.get(State(item.state), "ERROR")
    split = row.split(factor=0.5, align=True)
    split.label(text=f"{item.title}  {item.ended[-8:]}", icon=icon)
    buttons = split.row(align=True)
    draw_short_remedy(buttons, item)
    buttons.popover("NANO_BANANA_PT_result_actions", text="", icon="DOWNARROW_HLT")


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
            text = "" if is_narrow(context) else translate("Clear Failed")  # it would lie over the panel's name
            row.operator(
                "nano_banana.clear_results", text=text, icon="TRASH" if not text else "NONE"
            ).failed_only = True
        elif results:
            row.operator("nano_banana.clear_results", text="Clear").failed_only = False

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list and the active result."""
        layout = self.layout
        session = getattr(context.window_manager, SESSION_PROPERTY)
        if not session.results:
            text = translate("Results of this file in History: {count}", count=session.earlier)
            layout.operator("nano_banana.load_results", text=text, icon="FILE_REFRESH")
            return
        if len(session.results) == 1:  # no list: the first image is to be seen without scrolling
            draw_entry(layout, session.results[0])
        else:
            rows = min(len(session.results), 5)
            layout.template_list(
                "NANO_BANANA_UL_results", "", session, "results", session, "active_result", rows=rows, maxrows=rows
            )
        if session.active_result < len(session.results):
            item = session.results[session.active_result]
            if item.state == State.DONE:
                draw_result(layout, context, item)
            else:
                draw_failed(layout, context, item)


def is_in_material(context: bpy.types.Context, item: bpy.types.PropertyGroup) -> bool:
    """Whether a material shows the result, which Solid does not."""
    if item.of_texture or (item.delivered and applied.list_material_nodes(context.active_object)):
        return True
    return item.kind == Kind.TEXTURE and made_material.find_material(context) is not None


def draw_result(layout: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup) -> None:
    """Draw the active image with its price, its notes and what is done with it most often."""
    draw_image(layout, item, scale=9.0)
    if is_in_material(context, item):
        draw_shading_hint(layout, context)
    column = layout.column(align=True)
    column.scale_y = 1.2
    draw_show(column.row(align=True), item)
    actions = column.row(align=True)
    actions.context_pointer_set(RESULT_POINTER, item)
    actions.popover("NANO_BANANA_PT_result_actions", text="All Actions")
    draw_apply(layout, item)
    draw_sources(layout, item)
    draw_continue(layout, item)
    draw_text(layout, context, item.notes, icon="INFO")


def draw_image(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup, scale: float) -> None:
    """Draw the image of a result, and its size and price."""
    if icon := thumbnails.find_icon(item.thumbnail):
        layout.template_icon(icon_value=icon, scale=scale)
    row = layout.row()
    row.alignment = "CENTER"
    row.label(text=f"{item.size}    {translate('Offline preview') if item.offline else item.cost}")


def draw_show(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the buttons that show a result large, and beside what it was made from."""
    layout.operator("nano_banana.show_result", text="Show Large", icon="FULLSCREEN_ENTER").generation = item.name
    if item.has_source:
        layout.operator("nano_banana.compare", text="Before / After", icon="ARROW_LEFTRIGHT").right = item.name


class NANO_BANANA_PT_result_actions(bpy.types.Panel):
    """Everything that can be done with this result"""

    bl_label = "Actions"
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"
    bl_options = {"INSTANCED"}
    bl_ui_units_x = 15

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the result of the row, each action in words."""
        layout, session = self.layout, getattr(context.window_manager, SESSION_PROPERTY)
        item = getattr(context, RESULT_POINTER, None)
        if item is None and session.active_result < len(session.results):
            item = session.results[session.active_result]
        if item is None:
            return
        draw_text(layout, context, item.title, width=_POPOVER_WIDTH)
        if item.state == State.DONE:
            draw_image(layout, item, scale=7.0)
            draw_show(layout.column(align=True), item)
            draw_apply(layout, item)
            layout.separator()
        else:
            draw_reason(layout, context, item, width=_POPOVER_WIDTH)
            draw_ways_on(layout.column(align=True), item)
        draw_common_actions(layout.column(align=True), item)


def draw_common_actions(column: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw what can be done with a result whether it has an image or not; with an image, what is done with its file."""
    if item.state == State.DONE:
        for name, text, icon in _FILE_ACTIONS:
            column.operator(f"nano_banana.{name}", text=text, icon=icon).generation = item.name
    for name, text, icon in _ACTIONS:
        column.operator(f"nano_banana.{name}", text=text, icon=icon).generation = item.name


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
    """Draw in short why the active result has no image, and the buttons that go on; the pop-over says all."""
    box = layout.box()
    reason = (item.message or item.phase).partition(". ")[0]
    draw_text(box, context, reason, icon=STATE_ICONS.get(State(item.state), "ERROR"))
    column = box.column(align=True)
    draw_ways_on(column, item)
    column.context_pointer_set(RESULT_POINTER, item)
    column.popover("NANO_BANANA_PT_result_actions", text="Details and Advice")


def draw_reason(
    layout: bpy.types.UILayout, context: bpy.types.Context, item: bpy.types.PropertyGroup, width: int
) -> None:
    """Draw all that is known of a failure: what happened, what to do, and when it was."""
    icon = STATE_ICONS.get(State(item.state), "ERROR")
    draw_text(layout, context, item.message or item.phase, icon=icon, width=width)
    draw_text(layout, context, item.next_step, width=width)
    layout.label(text=item.ended)


def draw_ways_on(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the buttons that mend a failure, and the one that sends it again."""
    if item.state == State.REFUSED:
        edit = layout.operator("nano_banana.use_settings", text="Edit Prompt", icon="GREASEPENCIL")
        edit.generation = item.name
    draw_remedy(layout, item.error_kind)
    draw_resend(layout, item)


def draw_short_remedy(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup) -> None:
    """Draw the button that mends a failure in a row of the list: with one word, or with its price."""
    if draw_remedy(layout, item.error_kind, short=True):
        return
    if item.state == State.REFUSED:
        layout.operator("nano_banana.use_settings", text="Edit Prompt").generation = item.name
    else:
        draw_resend(layout, item, verb="")


def draw_resend(layout: bpy.types.UILayout, item: bpy.types.PropertyGroup, verb: str | None = None) -> None:
    """Draw the button that sends a request without an image again, with its price."""
    if verb is None:
        verb = translate("Resend" if item.state == State.UNKNOWN else "Try Again")
    price = payment.Payment(1, item.price)
    payment.draw_paid_operator(layout, "nano_banana.ask_again", verb, price, again=True).generation = item.name
