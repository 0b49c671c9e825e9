# SPDX-License-Identifier: GPL-3.0-or-later
"""What each panel with a button that generates draws: the prompt, the budget's warning, the progress."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ...nano_banana_addon.blender.host import compat
from ...nano_banana_addon.core import cost
from ...nano_banana_addon.core.constants import Kind
from ...nano_banana_addon.core.styles import templates
from ...nano_banana_addon.features import costs, payment
from ...nano_banana_addon.features.presets import style_icons
from ...nano_banana_addon.translations import translate
from .sidebar import draw_progress, draw_text, is_narrow


def draw_prompt(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup) -> None:
    """Draw the prompt: a text field, or the text data-block used instead; its fields, style and facts."""
    if choices.prompt_text is None:
        compat.draw_text_box(layout, choices, "prompt", placeholder="Describe the image")
    row = layout.row(align=True)
    row.template_ID(choices, "prompt_text", new="text.new", text="" if is_narrow(bpy.context) else "From Text Editor")
    row.menu("NANO_BANANA_MT_prompts", text="", icon="RECOVER_LAST")
    draw_fields(layout, choices)
    row = layout.row(align=True)
    style = choices.bl_rna.properties["style"].enum_items[choices.style]
    row.popover("NANO_BANANA_PT_styles", text=style.name, icon_value=style_icons.find_shown_icon(choices.style))
    row.prop(choices, "scene_facts", text="", icon="SCENE_DATA")


def draw_fields(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup) -> None:
    """Draw a line for each field of the prompt that the artist fills; those of a style are beside the styles."""
    prompt = choices.prompt if choices.prompt_text is None else choices.prompt_text.as_string()
    names = [name for name in templates.list_fields(prompt) if name in templates.FIELDS]
    if names:
        draw_values(layout, choices, names)


def draw_values(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup, names: Iterable[str]) -> None:
    """Draw a line for each of these fields."""
    column = layout.column(align=True)
    column.use_property_split, column.use_property_decorate = True, False
    for name in names:
        column.prop(choices, templates.FIELD_PREFIX + name)


def draw_warning(layout: bpy.types.UILayout, context: bpy.types.Context, project: str, price: cost.Payment) -> None:
    """Draw a warning below the button when a budget is nearly used up or would be exceeded."""
    if message := costs.find_warning(project, price.dollars or 0.0):
        column = layout.column()
        column.alert = True
        draw_text(column, context, message, icon="ERROR")


def draw_batches(layout: bpy.types.UILayout, context: bpy.types.Context, session: bpy.types.PropertyGroup) -> None:
    """Draw each batch at a service: how long it has been there, and what to do about its rest."""
    for batch in session.batches:
        column = layout.column(align=True)
        draw_progress(column, batch.fraction, batch.text, "nano_banana.cancel_batch").batch = batch.name
        if batch.problem:
            draw_text(column, context, batch.problem, icon="ERROR")
        if batch.rest:
            price = cost.Payment(batch.rest, batch.price)
            payment.draw_paid_operator(column, "nano_banana.send_rest", "Send Rest Now", price).batch = batch.name


def draw_storyboard_progress(layout: bpy.types.UILayout, session: bpy.types.PropertyGroup) -> None:
    """Draw how far the storyboard is; cancelling its current shot cancels those that wait for it."""
    if not session.storyboard:
        return
    job = next((job for job in session.jobs if job.kind == Kind.STORYBOARD), None)
    phase = f": {job.phase.removeprefix('Generating, ')}" if job else ""
    fraction = session.storyboard_fraction
    text = f"{translate('Shot')} {session.storyboard}{phase}"
    draw_progress(layout, fraction, text, "nano_banana.cancel").generation = job.name if job else ""
