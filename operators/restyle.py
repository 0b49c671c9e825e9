# SPDX-License-Identifier: GPL-3.0-or-later
"""Restyle: capture the scene, ask the model, and put the answer where it is wanted."""

import bpy
from bpy.props import StringProperty

from ..nano_banana_addon.blender import generate, news
from ..nano_banana_addon.core.settings import SETTING_NAMES, Settings
from ..nano_banana_addon.properties.settings import SettingsProperties
from .reporting import FINISHED, progress_cursor, report_ended, telling


class SettingsOperator(SettingsProperties):
    """The choices of the scene, each of which a script may make otherwise for this one call."""

    provider: StringProperty(
        name="Provider", description="The id of a provider; empty: the one in the preferences"
    )

    def settings(self, context: bpy.types.Context) -> Settings:
        """The scene's choices, with those that were given to this call."""
        given = [n for n in SETTING_NAMES if hasattr(self, n) and self.properties.is_property_set(n)]
        return generate.chosen_in(self, given, generate.settings_of(context.scene))


class NANO_BANANA_OT_restyle(SettingsOperator, bpy.types.Operator):
    """Capture the scene and let the model repaint it. Blender stays free; the result comes by itself"""

    bl_idname = "nano_banana.restyle"
    bl_label = "Restyle"
    # Neither REGISTER nor UNDO: Shift+R would pay twice. The delivery makes the undo step.
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start, and return at once."""
        return telling(self, lambda: self._start(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: start, wait, deliver."""
        return telling(self, lambda: self._run(context))

    def _start(self, context: bpy.types.Context) -> set[str]:
        news.clear_notice()
        generate.place(generate.prepare(context, self.settings(context)))
        return FINISHED

    def _run(self, context: bpy.types.Context) -> set[str]:
        ids = generate.place(generate.prepare(context, self.settings(context)))
        show = progress_cursor(context)
        try:
            return report_ended(self, generate.finish(ids, show))
        finally:
            context.window_manager.progress_end()


CLASSES = (NANO_BANANA_OT_restyle,)
