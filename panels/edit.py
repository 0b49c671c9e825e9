# SPDX-License-Identifier: GPL-3.0-or-later
"""Edit: a part of the image in the Image Editor is marked, and changed as the prompt says."""

import bpy

from ..nano_banana_addon.core.constants import DeliveryKind, State
from ..nano_banana_addon.features import payment
from ..nano_banana_addon.features.edit import marks
from ..nano_banana_addon.identity import SCENE_PROPERTY, SESSION_PROPERTY
from .base import ImageSidebar, mark_buttons


class NANO_BANANA_PT_edit(ImageSidebar, bpy.types.Panel):
    """Change a part of this image; everything else of it stays as it is"""

    bl_label = "Edit"
    bl_order = 0

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With an image."""
        return marks.find_image(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the marks, the prompt and the button with its price."""
        layout, settings = self.layout, getattr(context.scene, SCENE_PROPERTY)
        mark_buttons(layout, context)
        draw_latest(layout, context)
        if marks.find_marks(context) is None:
            layout.operator("nano_banana.mark_area", icon="BRUSH_DATA")
            return
        layout.label(text="Paint over what should change", icon="BRUSH_DATA")
        layout.prop(settings, "edit_prompt", text="", placeholder="A red door")
        row = layout.row()
        row.scale_y = 1.5
        button = payment.draw_paid_operator(row, "nano_banana.edit", "Edit", payment.estimate_edit(context))
        button.prompt = settings.edit_prompt
        layout.operator("nano_banana.discard_marks", icon="X")


def draw_latest(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what can be done with the latest edit."""
    results = getattr(context.window_manager, SESSION_PROPERTY).results
    edit = next((item for item in results if item.is_edit and item.state == State.DONE), None)
    if edit is None:
        return
    layout.label(text=edit.title, icon="CHECKMARK")
    row = layout.row(align=True)
    row.operator("nano_banana.show_result", text="Show Result", icon="IMAGE_DATA").generation = edit.name
    apply = row.operator("nano_banana.apply", text="Replace Original", icon="FILE_REFRESH")
    apply.generation, apply.kind = edit.name, DeliveryKind.REPLACEMENT
