# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation: its images with the instructions that changed them, and the next instruction."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.host import compat
from ..nano_banana_addon.blender.notes import scene_notes
from ..nano_banana_addon.core.constants import END_STATES, State
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.identity import SESSION_PROPERTY
from ..nano_banana_addon.session import thumbnails
from ..nano_banana_addon.translations import translate
from .base.sidebar import Sidebar, draw_text

#: Of the turns that have ended; the others are in progress.
_STATE_ICONS = {State.DONE: "NONE", **{state: "ERROR" for state in END_STATES - {State.DONE}}}


class NANO_BANANA_PT_conversation(Sidebar, bpy.types.Panel):
    """Change an image step by step, and branch from any earlier one"""

    bl_label = "Conversation"
    bl_order = 2  # below the results

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether a conversation is chosen, at a result or in the history.

        The panel is open then: Blender lets no operator open a panel.
        """
        return bool(getattr(context.window_manager, SESSION_PROPERTY).conversation.turns)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the conversation, then the field for the active image."""
        layout = self.layout
        conversation = getattr(context.window_manager, SESSION_PROPERTY).conversation
        column = layout.column(align=True)
        for turn in conversation.turns:
            draw_turn(column, context, turn, is_active=turn.name == conversation.name)
        active_turn = conversation.turns.get(conversation.name)
        if active_turn:
            draw_next(layout, context, conversation, active_turn)
        layout.operator("nano_banana.show_conversation", text="Close", icon="X").generation = ""


def draw_turn(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    turn: bpy.types.PropertyGroup,
    *,
    is_active: bool,
) -> None:
    """Draw one image, indented by its depth."""
    row = layout.row(align=True)
    for _ in range(min(turn.depth, 6)):
        row.label(text="", icon="BLANK1")
    box = row.box()
    if icon := thumbnails.find_icon(turn.thumbnail):
        box.template_icon(icon_value=icon, scale=5.0 if is_active else 3.0)
    line = box.row(align=True)
    is_done = turn.state == State.DONE
    line.label(text=turn.title, icon=_STATE_ICONS.get(turn.state, "TIME"))
    if is_done:
        icon = "RADIOBUT_ON" if is_active else "RADIOBUT_OFF"
        line.operator("nano_banana.choose_turn", text="", icon=icon).generation = turn.name
        line.operator("nano_banana.show_result", text="", icon="FULLSCREEN_ENTER").generation = turn.name
    if turn.notes:
        draw_text(box, context, turn.notes, icon="INFO")


def draw_next(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    conversation: bpy.types.PropertyGroup,
    active_turn: bpy.types.PropertyGroup,
) -> None:
    """Draw the field and the button for the next change."""
    box = layout.box()
    if active_turn.obstacle:
        draw_text(box, context, f"{active_turn.obstacle} {translate('The image will be sent instead.')}", "INFO")
    compat.draw_text_box(
        box, conversation, "instruction", placeholder=translate("Change “{title}”", title=active_turn.title)
    )
    box.prop(conversation, "as_before")
    if count := len(scene_notes.list_notes(context.scene)):
        box.prop(conversation, "notes", text=translate("Send Notes of the Scene: {count}", count=count))
    row = box.row()
    row.enabled = bool(conversation.instruction.strip())
    price = payment.estimate_continuation(context, active_turn.change_price)
    operator = payment.draw_paid_operator(row, "nano_banana.continue_generation", "Continue", price)
    operator.generation, operator.prompt = active_turn.name, conversation.instruction
    operator.as_before, operator.notes = conversation.as_before, conversation.notes
