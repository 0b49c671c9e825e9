# SPDX-License-Identifier: GPL-3.0-or-later
"""The main panel: the prompt, the button with its price, and the jobs in progress."""

import bpy

from ..nano_banana_addon.blender.capture.sources import find_source
from ..nano_banana_addon.blender.host import compat, credentials
from ..nano_banana_addon.blender.host.preferences import get_preferences
from ..nano_banana_addon.core import cost, models
from ..nano_banana_addon.core.constants import OFFLINE
from ..nano_banana_addon.core.settings import Source
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.generation import destination, request_builder, scene_settings
from ..nano_banana_addon.identity import DISPLAY_NAME, SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.wire.providers import PROVIDERS, Provider
from .base import Sidebar
from .costs import draw_warning
from .remedies import draw_remedy
from .text import draw_text


def get_provider() -> Provider:
    """The provider in the preferences."""
    preferences = get_preferences()
    return PROVIDERS[preferences.provider if preferences else "google"]


class NANO_BANANA_PT_main(Sidebar, bpy.types.Panel):
    """Generate images from the scene"""

    bl_label = DISPLAY_NAME
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        choices = getattr(context.scene, SCENE_PROPERTY)
        session = getattr(context.window_manager, SESSION_PROPERTY)
        draw_notice(layout, context, session)
        is_blocked = draw_blocker(layout, context)
        draw_prompt(layout, choices)
        draw_source(layout, choices)
        draw_button(layout, context, is_blocked=is_blocked)
        for job in session.jobs:
            draw_job(layout, job)
        draw_blocked(layout, session)
        draw_baking(layout, session)


def draw_notice(layout: bpy.types.UILayout, context: bpy.types.Context, session: bpy.types.PropertyGroup) -> None:
    """Draw the notice at the top, with the next step and a button to dismiss it."""
    if not session.notice:
        return
    box = layout.box()
    row = box.row()
    draw_text(row.column(), context, session.notice, icon="ERROR")
    row.operator("nano_banana.dismiss", text="", icon="X", emboss=False)
    draw_text(box, context, session.notice_next_step)
    draw_remedy(box, session.notice_kind)


def draw_blocker(layout: bpy.types.UILayout, context: bpy.types.Context) -> bool:
    """Draw what blocks the button, with its remedy; returns whether anything does."""
    provider = get_provider()
    if provider.id == OFFLINE:
        draw_text(layout, context, "Offline: previews by the bundled server, free of charge.", "INFO")
        return False
    if not bpy.app.online_access and not destination.is_local(provider.id):
        box = layout.box()
        draw_text(box, context, "Online access is switched off in Blender.", "INTERNET_OFFLINE")
        if bpy.app.online_access_override:
            draw_text(box, context, "Start Blender without --offline-mode, or choose Offline.")
        else:
            box.prop(context.preferences.system, "use_online_access", text="Allow Online Access")
        box.operator("nano_banana.open_preferences", icon="PREFERENCES")
        return True
    if provider.needs_key and not credentials.find_credential(provider.id).key:
        box = layout.box()
        draw_text(box, context, f"There is no API key for {provider.label}.", "KEYINGSET")
        box.operator("nano_banana.open_preferences", icon="PREFERENCES")
        return True
    return False


def draw_prompt(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup) -> None:
    """Draw the prompt: a text field, or the text data-block used instead."""
    if choices.prompt_text is None:
        compat.draw_text_box(layout, choices, "prompt", placeholder="Describe the image")
    layout.template_ID(choices, "prompt_text", new="text.new", text="Text Data-Block")


def draw_source(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup) -> None:
    """Draw the source of the structure image."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(choices, "source")
    if choices.source == Source.IMAGE:
        layout.prop_search(choices, "source_image", bpy.data, "images", text="Image")
    if find_source(choices.source).uses_shading:
        layout.prop(choices, "shading")


def draw_button(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    *,
    is_blocked: bool,
) -> None:
    """Draw the button with its price."""
    settings = scene_settings.settings_of(context.scene)
    restyle = payment.estimate_restyle(context)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.5
    row.enabled = not is_blocked and bool(settings.prompt.strip())
    verb = "Generate Texture" if settings.source == Source.NONE else "Restyle"
    payment.draw_paid_operator(row, "nano_banana.restyle", verb, restyle)
    row.operator("nano_banana.show_request", text="", icon="VIEWZOOM")
    draw_warning(column, context, request_builder.project_of(settings), restyle)
    larger_size = cost.find_larger_size_at_same_price(models.find_successor(settings.model_id), settings.image_size)
    if larger_size and restyle.dollars:
        column.label(text=f"{larger_size} costs the same", icon="INFO")


def draw_job(layout: bpy.types.UILayout, job: bpy.types.PropertyGroup) -> None:
    """Draw a generation in progress, with Cancel."""
    box = layout.box()
    box.label(text=job.title, icon="RENDER_STILL")
    row = box.row(align=True)
    row.progress(factor=job.fraction, text=job.phase)
    row.operator("nano_banana.cancel", text="", icon="X").generation = job.name


def draw_blocked(layout: bpy.types.UILayout, session: bpy.types.PropertyGroup) -> None:
    """How many more wait for earlier images; Cancel where none is in progress that would cancel them."""
    if session.blocked:
        row = layout.row(align=True)
        verb = "waits" if session.blocked == 1 else "wait"
        row.label(text=f"{session.blocked} more {verb} for earlier images", icon="TIME")
        if not session.jobs:
            row.operator("nano_banana.cancel", text="", icon="X")


def draw_baking(layout: bpy.types.UILayout, session: bpy.types.PropertyGroup) -> None:
    """Draw the progress of a bake, with Cancel."""
    if session.baking:
        row = layout.row(align=True)
        row.progress(factor=session.baking_fraction, text=session.baking)
        row.operator("nano_banana.texture_cancel_bake", text="", icon="X")
