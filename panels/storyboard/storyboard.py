# SPDX-License-Identifier: GPL-3.0-or-later
"""The storyboard: its shots, the button that generates all, and the way to its sequencer."""

from __future__ import annotations

import bpy

from ...nano_banana_addon.core.constants import Kind
from ...nano_banana_addon.features import payment
from ...nano_banana_addon.features.generation import request_builder, scene_settings
from ...nano_banana_addon.features.storyboard import board, shots
from ...nano_banana_addon.identity import SCENE_PROPERTY, SESSION_PROPERTY
from ...nano_banana_addon.translations import translate
from ..base.generation import draw_prompt, draw_storyboard_progress, draw_warning
from ..base.sidebar import SequencerSidebar, Sidebar, draw_text, mark_buttons
from .shots import draw_active, draw_check, draw_list, draw_origin

_MAX_SHOTS = 24  # rows; a longer storyboard is generated whole


class StoryboardPanel:
    """The storyboard, shared by the panels of both editors."""

    bl_label = "Storyboard"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button, the progress, the shots and the way to the sequencer."""
        layout = self.layout
        mark_buttons(layout, context)
        scene = context.scene
        session = getattr(context.window_manager, SESSION_PROPERTY)
        if message := shots.find_blocker(scene):
            draw_text(layout, context, message, "INFO")
        draw_prompt(layout, getattr(scene, SCENE_PROPERTY))
        price, due = payment.price_shots(context)
        draw_button(layout, context, price)
        draw_storyboard_progress(layout, session)
        if shots.get_group(scene).shots:
            draw_list(layout, context)
        else:
            draw_shots(layout, context, price)
        if shots.has_shots(scene):
            draw_check(layout, context, due)
        if shots.get_group(scene).shots:
            draw_active(layout, context)
        source_scene = board.find_source_scene(scene)
        if source_scene is None:
            draw_origin(layout, has_list=bool(shots.get_group(scene).shots))
        row = layout.row()
        row.enabled = board.find_board(scene) is not None
        text = translate("Back to {scene}", scene=source_scene.name) if source_scene else "Open Storyboard"
        row.operator("nano_banana.open_storyboard", text=text, icon="SEQUENCE")


class NANO_BANANA_PT_storyboard(StoryboardPanel, Sidebar, bpy.types.Panel):
    """One frame for each shot"""

    bl_options = {"DEFAULT_CLOSED"}
    bl_order = 5


class NANO_BANANA_PT_sequencer_storyboard(StoryboardPanel, SequencerSidebar, bpy.types.Panel):
    """One frame for each shot"""


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context, price: payment.Payment) -> None:
    """Draw the button with its price."""
    settings = scene_settings.settings_of(context.scene)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.5
    payment.draw_paid_operator(row, "nano_banana.storyboard", "Storyboard", price)
    payment.draw_shots_batch_operator(column, context, "nano_banana.storyboard", price)
    column = layout.column(align=True)
    scene = context.scene
    column.enabled = bool(board.list_strips(scene))
    again = payment.draw_paid_operator(column, "nano_banana.storyboard", "All Again", price, again=True)
    again.again = True
    draw_warning(layout.column(), context, request_builder.project_of(settings), price)


def draw_shots(layout: bpy.types.UILayout, context: bpy.types.Context, price: payment.Payment) -> None:
    """Draw a row for each marker: its state, its name, its frame, and the button that generates it alone."""
    running = {
        job.title for job in getattr(context.window_manager, SESSION_PROPERTY).jobs if job.kind == Kind.STORYBOARD
    }
    column = layout.column(align=True)
    single = payment.Payment(1, (price.dollars or 0.0) / max(price.count, 1))
    for index, shot in enumerate(shots.list_shots(context.scene)[:_MAX_SHOTS]):
        row = column.row(align=True)
        is_done = board.find_shot_strip(context.scene, shot) is not None
        icon = "RENDER_STILL" if shot.name in running else "CHECKMARK" if is_done else "DOT"
        row.label(text=shot.name, icon=icon)
        frame = row.row()
        frame.alignment = "RIGHT"
        frame.label(text=translate("frame {number}", number=shot.start))
        button = payment.draw_paid_operator(row, "nano_banana.storyboard_shot", "", single, again=is_done)
        button.index = index
