# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of shots with thumbnails, the active shot, and what a check has found."""

from __future__ import annotations

from typing import Any

import bpy

from ...nano_banana_addon.blender.host import compat
from ...nano_banana_addon.core import cost
from ...nano_banana_addon.core.settings import OPTIONS
from ...nano_banana_addon.core.storyboard.continuity import CONTINUITY_OPTIONS, Strength
from ...nano_banana_addon.features import payment
from ...nano_banana_addon.features.storyboard import shots, stale
from ...nano_banana_addon.identity import SESSION_PROPERTY
from ...nano_banana_addon.session import thumbnails
from ...nano_banana_addon.translations import translate
from ..base.sidebar import draw_text

#: Icon and word of each state of a shot.
_STATES = {
    "MISSING": ("DOT", "No image"),
    "STALE": ("ERROR", "Stale"),
    "CURRENT": ("CHECKMARK", "Up to date"),
    "UNCHECKED": ("QUESTION", "Not checked"),
}
_MAX_PROBLEMS = 8


class NANO_BANANA_UL_shots(bpy.types.UIList):
    """The shots in the order in which they are generated"""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: bpy.types.PropertyGroup,
        item: bpy.types.PropertyGroup,
        _icon: int,
        _active_data: object,
        _active_property: str,
        index: int = 0,
    ) -> None:
        """Draw a row: image, name, frame, state, and the button that jumps to it."""
        status = stale.find_status(context.scene, item.shot_id)
        jobs = getattr(context.window_manager, SESSION_PROPERTY).jobs
        is_running = any(job.shot_id == item.shot_id for job in jobs)
        row = layout.row(align=True)
        row.label(text="", icon_value=thumbnails.find_icon(status.thumbnail))
        row.prop(
            item, "name", text="", emboss=False, icon="ANCHOR_CENTER" if data.anchor_shot == item.shot_id else "NONE"
        )
        frame = row.row()
        frame.alignment = "RIGHT"
        frame.label(text=str(item.frame), icon="RENDER_STILL" if is_running else _STATES[status.state][0])
        row.operator("nano_banana.shot_jump", text="", icon="CAMERA_DATA", emboss=False).index = index


def draw_list(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the list with its buttons."""
    group = shots.get_group(context.scene)
    row = layout.row()
    row.template_list("NANO_BANANA_UL_shots", "", group, "shots", group, "active_shot", rows=5)
    _draw_buttons(row.column(align=True))


def draw_active(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the active shot, and what goes from shot to shot."""
    group = shots.get_group(context.scene)
    if group.active_shot < len(group.shots):
        _draw_single(layout, context, group)
        _draw_details(layout, context, group)
    _draw_continuity(layout, context, group)


def draw_origin(layout: bpy.types.UILayout, *, has_list: bool) -> None:
    """Draw the menu of what shots are made from."""
    text = translate("Update Shots From" if has_list else "Make Shots From")
    layout.operator_menu_enum("nano_banana.shots_update", "origin", text=text)


def _draw_buttons(column: bpy.types.UILayout) -> None:
    column.operator("nano_banana.shot_add", text="", icon="ADD")
    column.operator("nano_banana.shot_remove", text="", icon="REMOVE")
    column.operator("nano_banana.shot_duplicate", text="", icon="DUPLICATE")
    column.separator()
    column.operator("nano_banana.shot_move", text="", icon="TRIA_UP").step = -1
    column.operator("nano_banana.shot_move", text="", icon="TRIA_DOWN").step = 1


def _draw_single(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the button that generates the active shot alone."""
    entry = group.shots[group.active_shot]
    again = bool(stale.find_status(context.scene, entry.shot_id).generation)
    price = payment.estimate_shot(context, entry)
    button = payment.draw_paid_operator(layout, "nano_banana.storyboard_shot", "This Shot", price, again=again)
    button.index = group.active_shot


def _draw_details(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw the active shot: its image and state, where it is, what is sent and printed."""
    entry = group.shots[group.active_shot]
    header, body = layout.panel("nano_banana_shot")
    header.label(text=entry.name or "Shot")
    if not body:
        return
    status = stale.find_status(context.scene, entry.shot_id)
    if icon := thumbnails.find_icon(status.thumbnail):
        body.template_icon(icon_value=icon, scale=6.0)
    icon, word = _STATES[status.state]
    price = f", {cost.format_dollars(status.dollars)}" if status.dollars is not None else ""
    body.label(text=f"{translate(word)}{price}", icon=icon)
    column = body.column()
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(entry, "camera")
    if entry.camera is None:
        draw_text(column, context, "Its camera was deleted, or it has none.", "ERROR")
    else:
        lens = shots.find_lens(entry.camera)
        column.label(text=f"{lens:g} mm" if lens else "Orthographic", icon="CAMERA_DATA")
    row = column.row(align=True)
    row.prop(entry, "frame")
    row.prop(entry, "length", text="")
    compat.draw_text_box(body, entry, "prompt", placeholder="Only in this shot")
    for name in ("action", "dialogue", "notes"):
        column.prop(entry, name)
    _draw_overrides(body, entry)


def _draw_overrides(layout: bpy.types.UILayout, entry: Any) -> None:
    """Draw the settings that the shot has of its own."""
    for name in shots.list_overrides(entry):
        row = layout.row(align=True)
        row.prop(entry.settings, name, text=OPTIONS[name].label)
        row.operator("nano_banana.shot_override_remove", text="", icon="X").setting = name
    layout.operator("nano_banana.shot_override_add", icon="ADD")


def _draw_continuity(layout: bpy.types.UILayout, context: bpy.types.Context, group: bpy.types.PropertyGroup) -> None:
    """Draw which earlier frames all shots, and the active one, are sent with, and what waits for what."""
    header, body = layout.panel("nano_banana_continuity", default_closed=True)
    header.label(text="Continuity")
    if not body:
        return
    entry = group.shots[group.active_shot] if group.active_shot < len(group.shots) else None
    shared = shots.read_continuity(group)
    for name, row in CONTINUITY_OPTIONS.items():
        line = body.row(align=True)
        line.label(text=row.label)
        line.prop(group, name, text="")
        if entry:
            line.prop(entry.continuity, name, text="")
    if entry and shared.anchor != Strength.OFF:
        is_anchor = group.anchor_shot == entry.shot_id
        text = translate("First Shot as Anchor" if is_anchor else "Use as Anchor")
        body.operator("nano_banana.shot_anchor", text=text, icon="ANCHOR_CENTER")
    read_strength = shots.read_strength  # looked up once for all shots
    is_serial = any(read_strength(each, "previous", shared) != Strength.OFF for each in group.shots)
    draw_text(body, context, _SERIAL if is_serial else _PARALLEL, "INFO")


_SERIAL = "Shots that are sent with the previous one are generated one after another."
_PARALLEL = "All shots are generated at once, those that are sent with the anchor after it."


def draw_check(layout: bpy.types.UILayout, context: bpy.types.Context, price: cost.Payment) -> None:
    """Draw the buttons that check the shots and generate those that are due for this price, and what was found."""
    column = layout.column(align=True)
    column.operator("nano_banana.storyboard_check", icon="VIEWZOOM")
    if price.count:
        payment.draw_paid_operator(column, "nano_banana.storyboard_stale", "Generate Stale", price)
        payment.draw_shots_batch_operator(column, context, "nano_banana.storyboard_stale", price)
    elif stale.is_checked(context.scene):
        column.label(text="All shots are up to date", icon="CHECKMARK")
    problems = stale.get_problems(context.scene)
    if problems:
        box = layout.box()
        for problem in problems[:_MAX_PROBLEMS]:
            draw_text(box, context, problem, "INFO")
        if len(problems) > _MAX_PROBLEMS:
            box.label(text=translate("… and {count} more", count=len(problems) - _MAX_PROBLEMS))
