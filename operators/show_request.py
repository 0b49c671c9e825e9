# SPDX-License-Identifier: GPL-3.0-or-later
"""Previews before paying: the exact request, and the guides."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import EnumProperty

from ..nano_banana_addon.blender.host import editors
from ..nano_banana_addon.features.generation import preview
from ..nano_banana_addon.features.texture.views import texture_settings
from ..nano_banana_addon.translations import translate
from .base.paid import SettingsOperator
from .base.results import FINISHED, report_errors, show_wait_cursor

if TYPE_CHECKING:
    from ..nano_banana_addon.core.settings import Settings


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
        self.report({"INFO"}, translate("The request is in the text “{name}”; nothing was sent.", name=text.name))
        return text, image


class NANO_BANANA_OT_show_guides(SettingsOperator, bpy.types.Operator):
    """Draw the guides as they would be sent and show them in an Image Editor. Nothing is sent"""

    bl_idname = "nano_banana.show_guides"
    bl_label = "Show Guides"
    bl_options = {"INTERNAL"}

    of: EnumProperty(
        name="Of",
        items=(
            ("CAPTURE", "Capture", "The guides sent with a capture of the scene", 0),
            ("VIEWS", "Views", "The guides of each view of the selected objects", 1),
        ),
        options={"SKIP_SAVE"},
    )

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: draw them, and show them in an Image Editor."""
        image = self._draw(context, self.settings(context))
        editors.show_image(context, image)
        return self._report(image)

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: draw them into an image."""
        return self._report(self._draw(context, self.settings(context)))

    def _draw(self, context: bpy.types.Context, settings: "Settings") -> bpy.types.Image:
        from ..nano_banana_addon.features.texture.views import guide_preview

        if self.of == "VIEWS":
            return guide_preview.preview_view_guides(
                context, settings, texture_settings.texture_settings_of(context.scene)
            )
        return guide_preview.preview_capture_guides(context, settings)

    def _report(self, image: bpy.types.Image) -> set[str]:
        self.report({"INFO"}, translate("The guides are in the image “{name}”; nothing was sent.", name=image.name))
        return FINISHED
