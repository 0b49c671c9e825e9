# SPDX-License-Identifier: GPL-3.0-or-later
"""A preview of the exact request before paying."""

import bpy

from ..nano_banana_addon.blender.host import editors
from ..nano_banana_addon.features.generation import preview
from .base.paid import SettingsOperator
from .base.results import report_errors, show_wait_cursor


class NANO_BANANA_OT_show_request(SettingsOperator, bpy.types.Operator):
    """Capture now and show the exact text, images in order, sizes and price. Nothing is sent"""

    bl_idname = "nano_banana.show_request"
    bl_label = "Show Request"

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """From a button: show the text and the images in a window."""
        with show_wait_cursor(context):
            written = self._write(context)
        editors.show_text(context, *written)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """From a script: write the text."""
        self._write(context)

    def _write(self, context: bpy.types.Context) -> "tuple[bpy.types.Text, bpy.types.Image | None]":
        text, image = preview.write_preview(context, self.settings(context))
        self.report({"INFO"}, f"The request is in the text {text.name!r}; nothing was sent.")
        return text, image
