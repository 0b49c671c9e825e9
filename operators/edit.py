# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a part of the image in the Image Editor."""

from typing import Any

import bpy

from ..nano_banana_addon.features.edit import marks, masked_edit
from ..nano_banana_addon.features.generation import duplicates, offers, request_builder
from .base.paid import PaidOperator
from .base.results import FINISHED, report_ended, report_errors, report_reused


class NANO_BANANA_OT_mark_area(bpy.types.Operator):
    """Paint over what should change, with any brush and colour, on a copy of this image"""

    bl_idname = "nano_banana.mark_area"
    bl_label = "Mark Area"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With an image in the Image Editor."""
        return marks.find_image(context) is not None

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Show the copy in paint mode."""
        marks.begin(context)


class NANO_BANANA_OT_discard_marks(bpy.types.Operator):
    """Show the image again, without the marks"""

    bl_idname = "nano_banana.discard_marks"
    bl_label = "Discard Marks"
    bl_options = {"UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the copy."""
        marks.discard(context)
        return FINISHED


class NANO_BANANA_OT_edit(PaidOperator, bpy.types.Operator):
    """Change the marked area as the prompt says; the rest of the image stays as it is"""

    bl_idname = "nano_banana.edit"
    bl_label = "Edit Marked Area"

    @classmethod
    def find_blocker(cls, context: bpy.types.Context) -> str:
        """What is missing."""
        return marks.find_blocker(context)

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Read the marks and cut out what is sent."""
        image, mask = marks.read(context)
        return masked_edit.prepare(context, self.settings(context), image, mask)

    def offer(self, context: bpy.types.Context) -> "offers.Offer":
        """Ask first if the same edit was made before."""
        return duplicates.offer_order(self.build(context), force_new=self.again)

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Reuse existing results, generate the rest, deliver."""
        ended, reused = duplicates.run(order, show, force_new=self.again)
        report_reused(self, reused)
        return report_ended(self, ended)
