# SPDX-License-Identifier: GPL-3.0-or-later
"""A preview of the exact request before paying."""

import bpy

from ..nano_banana_addon.features.generation import preview
from .base.paid import SettingsOperator
from .base.results import report_errors


class NANO_BANANA_OT_show_request(SettingsOperator, bpy.types.Operator):
    """Capture now and show the exact text, images in order, sizes and price. Nothing is sent"""

    bl_idname = "nano_banana.show_request"
    bl_label = "Show Request"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Write the preview into a text data-block and show it."""
        text = preview.write_preview(context, self.settings(context))
        self.report({"INFO"}, f"The request is in the text {text!r}; nothing was sent.")
