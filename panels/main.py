# SPDX-License-Identifier: GPL-3.0-or-later
"""The main panel: the prompt, the button with its price, and the jobs in progress."""

from __future__ import annotations

import bpy

from ..nano_banana_addon.blender.capture.sources import find_source
from ..nano_banana_addon.core import cost, errors, models
from ..nano_banana_addon.core.constants import OFFLINE, Kind
from ..nano_banana_addon.core.settings import Source
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.generation import readiness, request_builder, scene_settings
from ..nano_banana_addon.identity import DISPLAY_NAME, SCENE_PROPERTY, SESSION_PROPERTY
from ..nano_banana_addon.session import background_tasks, thumbnails
from ..nano_banana_addon.translations import translate
from .base.generation import draw_batches, draw_prompt, draw_storyboard_progress, draw_warning
from .base.sidebar import Sidebar, draw_progress, draw_text, draw_titled_progress, mark_buttons
from .first_run import draw_first_run, draw_online_switch, draw_start, is_first_run
from .presets.presets import NANO_BANANA_PT_presets
from .remedies import draw_remedy


class NANO_BANANA_PT_main(Sidebar, bpy.types.Panel):
    """Generate images from the scene"""

    bl_label = DISPLAY_NAME
    bl_order = 0

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        """The presets of the settings."""
        NANO_BANANA_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        mark_buttons(layout, context)
        choices = getattr(context.scene, SCENE_PROPERTY)
        session = getattr(context.window_manager, SESSION_PROPERTY)
        draw_notice(layout, context, session)
        draw_script_question(layout, context)
        if is_first_run(context):
            draw_first_run(layout, context)
            return
        draw_provider(layout, context)
        draw_start(layout, context)
        draw_prompt(layout, choices)
        draw_source(layout, choices)
        draw_button(layout, context)
        draw_jobs(layout, context, session)


def draw_notice(layout: bpy.types.UILayout, context: bpy.types.Context, session: bpy.types.PropertyGroup) -> None:
    """Draw the notice at the top, with the next step and a button to dismiss it."""
    if not session.notice:
        return
    box = layout.box()
    row = box.row()
    draw_text(row.column(), context, session.notice, icon="INFO" if session.notice_kind == "TASK" else "ERROR")
    row.operator("nano_banana.dismiss", text="", icon="X", emboss=False)
    draw_text(box, context, session.notice_next_step)
    if background_tasks.is_cancellable():
        box.operator("nano_banana.cancel_task", icon="CANCEL")
    draw_remedy(box, session.notice_kind)


def draw_script_question(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw which script asks to pay for what, with the price on the button that allows it."""
    from ..nano_banana_addon.features.agent import consent

    questions = consent.list_questions()
    if not questions:
        return
    question, box = questions[0], layout.box()
    draw_text(box.column(), context, translate("{caller} asks to pay for:", caller=question.caller), icon="QUESTION")
    draw_text(box.column(), context, "\n".join(question.lines))
    column = box.column(align=True)
    allowing = payment.draw_paid_operator(column, "nano_banana.answer_script", "Allow Once", question.payment)
    allowing.job, allowing.allow = question.job, True
    column.operator("nano_banana.answer_script", text="Refuse", icon="X").job = question.job
    if more := len(questions) - 1:
        box.label(text=translate("{count} more after this", count=more))


def draw_provider(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what keeps the provider from being reached, with its remedies; or that Offline is free."""
    if readiness.get_provider().id == OFFLINE:
        row = layout.row()
        row.label(text="Offline (free)", icon="INFO")
        change = row.row()
        change.alignment = "RIGHT"
        change.operator("nano_banana.open_preferences", text="Change …")
        return
    kind, message = readiness.find_provider_blocker()
    if kind is None:
        return
    box = layout.box()
    draw_text(box, context, message, "INTERNET_OFFLINE" if kind is errors.ErrorKind.OFFLINE else "KEYINGSET")
    if kind is errors.ErrorKind.OFFLINE:
        draw_online_switch(box, context)
    column = box.column(align=True)
    column.operator("nano_banana.open_preferences", icon="PREFERENCES")
    column.operator("nano_banana.try_offline", icon="PLAY")


def draw_source(layout: bpy.types.UILayout, choices: bpy.types.PropertyGroup) -> None:
    """Draw the source of the structure image."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(choices, "source")
    if choices.source == Source.IMAGE:
        layout.prop_search(choices, "source_image", bpy.data, "images", text="Image")
    if find_source(choices.source).uses_shading:
        layout.prop(choices, "shading")


def draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the button with its price."""
    settings, restyle = scene_settings.settings_of(context.scene), payment.estimate_restyle(context)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.5
    verb = "Generate Texture" if settings.source == Source.NONE else "Restyle"
    payment.draw_paid_operator(row, "nano_banana.restyle", verb, restyle)
    row.operator("nano_banana.show_request", text="", icon="VIEWZOOM")
    payment.draw_batch_operator(column, context, "nano_banana.restyle", restyle)
    if context.scene.camera is None and (blocker := readiness.find_source_blocker(context)):
        draw_text(column, context, blocker, icon="INFO")
        draw_remedy(column, "NO_CAMERA")
    draw_warning(column, context, request_builder.project_of(settings), restyle)
    larger_size = cost.find_larger_size_at_same_price(models.find_successor(settings.model_id), settings.image_size)
    if larger_size and restyle.dollars:
        column.label(text=translate("{size} costs the same", size=larger_size), icon="INFO")


def draw_jobs(layout: bpy.types.UILayout, context: bpy.types.Context, session: bpy.types.PropertyGroup) -> None:
    """Draw what is in progress: each image, and one line for what is made of several."""
    for job in session.jobs:
        if job.kind not in (Kind.VIEW, Kind.STORYBOARD):
            draw_job(layout, job)
    draw_batches(layout, context, session)
    draw_storyboard_progress(layout, session)
    draw_texture_progress(layout, session)


def draw_job(layout: bpy.types.UILayout, job: bpy.types.PropertyGroup) -> None:
    """Draw a generation in progress, with how it looks so far where the service shows that, and Cancel."""
    column = layout.column(align=True)
    column.label(text=job.title, icon="RENDER_STILL")
    if icon := thumbnails.find_icon(job.thumbnail):
        column.template_icon(icon_value=icon, scale=8.0)
    draw_progress(column, job.fraction, job.phase, "nano_banana.cancel").generation = job.name


def draw_texture_progress(layout: bpy.types.UILayout, session: bpy.types.PropertyGroup) -> None:
    """Draw the images of a texture that are in progress, how many wait for them, and the bake."""
    jobs = [job for job in session.jobs if job.kind == Kind.VIEW]
    column = layout.column(align=True)
    for job in jobs:
        draw_titled_progress(column, job)
    if session.blocked and not session.storyboard:
        row = column.row(align=True)
        text = translate("Waiting for earlier images: {count} more", count=session.blocked)
        row.label(text=text, icon="TIME")
        if not session.jobs:
            row.operator("nano_banana.cancel", text="", icon="X")
    if session.baking:
        draw_progress(column, session.baking_fraction, session.baking, "nano_banana.texture_cancel_bake")
