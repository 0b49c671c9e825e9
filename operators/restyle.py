# SPDX-License-Identifier: GPL-3.0-or-later
"""Restyle: capture the scene, send the request, and deliver the result."""

import bpy
from bpy.props import BoolProperty

from ..nano_banana_addon.core.settings import Settings, Source
from ..nano_banana_addon.features import render_restyle
from ..nano_banana_addon.features.generation import offers, readiness, request_builder
from .base.paid import PaidOperator


class RestyleOperator(PaidOperator):
    """Restyles what one source shows."""

    source_id = ""  # "": the scene's

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing, also for the capture."""
        return super().find_blocker(context) or readiness.find_source_blocker(context, cls.source_id)

    def settings(self, context: bpy.types.Context) -> Settings:
        """The settings of the scene and the call, with this source."""
        settings = super().settings(context)
        return settings.replace_choices({"source": self.source_id}) if self.source_id else settings

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Capture now and estimate the price."""
        return request_builder.prepare(context, self.settings(context))


class NANO_BANANA_OT_restyle(RestyleOperator, bpy.types.Operator):
    """Let the model restyle what the source shows. Blender stays usable; the result arrives when it is ready"""

    bl_idname = "nano_banana.restyle"
    bl_label = "Restyle"


class NANO_BANANA_OT_restyle_render(RestyleOperator, bpy.types.Operator):
    """Let the model restyle the Render Result as it is, with the prompt and the settings of this scene"""

    bl_idname = "nano_banana.restyle_render"
    bl_label = "Restyle Last Render"
    source_id = Source.LAST_RENDER

    confirm: BoolProperty(name="Confirm", description="Ask first, whatever it costs", options={"SKIP_SAVE", "HIDDEN"})

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """What is sent; asked about if it was not the artist who asked for it."""
        offer = super().offer(context)
        return render_restyle.ask_once(offer) if self.confirm else offer
