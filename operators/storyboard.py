# SPDX-License-Identifier: GPL-3.0-or-later
"""Storyboard: one restyled frame for each marker with a camera."""

import bpy

from ..nano_banana_addon.features import storyboard
from ..nano_banana_addon.session import panel_state
from .base.results import FINISHED, progress_cursor, report_ended, report_errors, report_reused
from .restyle import SettingsOperator


class NANO_BANANA_OT_storyboard(SettingsOperator, bpy.types.Operator):
    """Paint one frame for each timeline marker that is bound to a camera, into a storyboard scene"""

    bl_idname = "nano_banana.storyboard"
    bl_label = "Storyboard"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start, and return at once."""
        return report_errors(self, lambda: self._start(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: paint all shots, wait, deliver."""
        return report_errors(self, lambda: self._run(context))

    def _start(self, context: bpy.types.Context) -> set[str]:
        panel_state.clear_notice()
        order = storyboard.prepare(context, self.settings(context))
        begun = [] if self.again else storyboard.find_existing_shots(order)
        report_reused(self, [shot.id for shot in begun])
        storyboard.start(order, begun)
        return FINISHED

    def _run(self, context: bpy.types.Context) -> set[str]:
        order = storyboard.prepare(context, self.settings(context))
        show = progress_cursor(context)
        try:
            begun = [] if self.again else storyboard.find_existing_shots(order)
            report_reused(self, [shot.id for shot in begun])
            return report_ended(self, storyboard.run(order, show, begun))
        finally:
            context.window_manager.progress_end()


CLASSES = (NANO_BANANA_OT_storyboard,)
