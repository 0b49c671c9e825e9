# SPDX-License-Identifier: GPL-3.0-or-later
"""Restyle: capture the scene, send the request, and deliver the result."""

from typing import Any

import bpy
from bpy.props import EnumProperty

from ..nano_banana_addon.core import cost
from ..nano_banana_addon.core.text import details
from ..nano_banana_addon.features.generation import duplicates, request_builder
from ..nano_banana_addon.session import thumbnails
from .base.paid import PaidOperator
from .base.results import report_ended, report_errors, report_reused


class NANO_BANANA_OT_restyle(PaidOperator, bpy.types.Operator):
    """Capture the scene and let the model restyle it. Blender stays usable; the result arrives when it is ready"""

    bl_idname = "nano_banana.restyle"
    bl_label = "Restyle"
    bl_options = {"INTERNAL"}

    def build(self, context: bpy.types.Context) -> "request_builder.Order":
        """Capture now and estimate the price."""
        return request_builder.prepare(context, self.settings(context))

    def start(self, _context: bpy.types.Context, order: "request_builder.Order") -> None:
        """Send the order, or ask first if an identical request was generated before."""
        split = duplicates.split_order(order, force_new=self.again)
        if split.existing:
            duplicates.set_offer(split)
            bpy.ops.nano_banana.same_request("INVOKE_DEFAULT")
        else:
            request_builder.submit(order)

    def run(self, _context: bpy.types.Context, order: "request_builder.Order", show: Any) -> set[str]:
        """Reuse existing results, generate the rest, deliver."""
        ended, reused = duplicates.run(order, show, force_new=self.again)
        report_reused(self, reused)
        return report_ended(self, ended)


class NANO_BANANA_OT_same_request(bpy.types.Operator):
    """An identical request was generated before: use that image, or pay for another one"""

    bl_idname = "nano_banana.same_request"
    bl_label = "Already Generated"
    bl_options = {"INTERNAL"}

    choice: EnumProperty(
        name="Action",
        items=(
            ("USE", "Use Existing", "Deliver the existing image, free of charge", 0),
            ("AGAIN", "Generate Again", "Send the request again and pay for it", 1),
        ),
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show the dialog."""
        if duplicates.get_offer() is None:
            return {"CANCELLED"}
        for generation in duplicates.get_offer().existing:
            thumbnails.load(generation.thumbnail)
        return context.window_manager.invoke_props_dialog(
            self, width=360, title="Already Generated", confirm_text="Continue"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the existing images and the price of another one."""
        offer, layout = duplicates.get_offer(), self.layout
        if offer is None:
            return
        row = layout.row()
        for generation in offer.existing[:4]:
            column = row.column()
            column.template_icon(icon_value=thumbnails.find_icon(generation.thumbnail), scale=6.0)
            column.label(text=details.format_time(generation.ended))
        price = cost.format_dollars(offer.full.estimate)
        layout.label(text=f"Generating again costs {price}.")
        if offer.missing.requests:
            rest = f"{len(offer.missing.requests)} more ({cost.format_dollars(offer.missing.estimate)})"
            layout.label(text=f"Use Existing generates only the {rest}.")
        layout.row().prop(self, "choice", expand=True)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Carry out the chosen action."""
        if self.choice == "USE":
            duplicates.accept_offer()
        else:
            duplicates.generate_offer_again()
