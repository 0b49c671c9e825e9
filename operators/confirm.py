# SPDX-License-Identifier: GPL-3.0-or-later
"""The question before a payment: what is sent, what exists already, what it costs; the answer to a script."""

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..nano_banana_addon.core import cost
from ..nano_banana_addon.features import costs
from ..nano_banana_addon.features.generation import offers
from ..nano_banana_addon.session import session, thumbnails
from ..nano_banana_addon.translations import translate
from .base.results import report_errors


class NANO_BANANA_OT_same_request(bpy.types.Operator):
    """Use the images that exist already, or pay for new ones"""

    bl_idname = "nano_banana.same_request"
    bl_label = "Confirm Payment"
    bl_options = {"INTERNAL"}

    choice: EnumProperty(
        name="Action",
        items=(
            ("USE", "Use Existing", "Use the existing images free of charge; only missing ones are generated", 0),
            ("AGAIN", "Generate Again", "Send the request again and pay for it", 1),
        ),
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show the dialog."""
        offer = offers.get_pending()
        if offer is None:
            return {"CANCELLED"}
        for generation in offer.existing:
            thumbnails.load(generation.thumbnail)
        session.current()  # whose budgets are those of the preferences
        costs.refresh()
        title = translate("Already Generated") if offer.existing else self.bl_label
        confirm_text = "Continue" if offer.existing else offer.full.to_label(translate("Send"))
        return context.window_manager.invoke_props_dialog(self, width=380, title=title, confirm_text=confirm_text)

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what is sent, and the choice."""
        if offer := offers.get_pending():
            draw_offer(self.layout, offer)
            if offer.existing:
                self.layout.row().prop(self, "choice", expand=True)

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Carry out the chosen action."""
        if offer := offers.take_pending():
            (offer.use if self.choice == "USE" else offer.again)()

    def cancel(self, _context: bpy.types.Context) -> None:
        """Let go of what was offered: the surface of a sequence is large."""
        offers.take_pending()


class NANO_BANANA_OT_answer_script(bpy.types.Operator):
    """Answer a script that asks to spend more than it may"""

    bl_idname = "nano_banana.answer_script"
    bl_label = "Answer a Script"
    bl_options = {"INTERNAL"}

    job: StringProperty(description="ID of the job", options={"SKIP_SAVE"})
    allow: BoolProperty(description="Whether the script may spend it, this once", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """What the button does."""
        if properties.allow:
            return translate("Send it and pay for it, this once")
        return translate("Send nothing; it costs nothing")

    @report_errors
    def invoke(self, _context: bpy.types.Context, _event: bpy.types.Event) -> None:
        """The button's press answers. There is no `execute`, so that no script does it by mistake."""
        from ..nano_banana_addon.features.agent import consent

        consent.answer(self.job, is_allowed=self.allow)


def draw_offer(layout: bpy.types.UILayout, offer: "offers.Offer") -> None:
    """Draw the existing images, what would be sent, its price, and what is left of the budgets."""
    from ..nano_banana_addon.core.text import details

    row = layout.row()
    for generation in offer.existing[:4]:
        column = row.column()
        column.template_icon(icon_value=thumbnails.find_icon(generation.thumbnail), scale=6.0)
        column.label(text=details.format_time(generation.ended))
    column = layout.column(align=True)
    for line in filter(None, offers.describe(offer)):
        column.label(text=line)
    if offer.is_alike:
        column.label(text="The scene looks the same as before, except for noise.", icon="INFO")
    if offer.existing:
        missing = offer.missing.to_label(translate("Generate")) if offer.missing.count else translate("free")
        column.label(text=f"{translate('Use Existing')}: {missing}")
        column.label(text=f"{translate('Generate Again')}: {cost.format_dollars(offer.full.dollars)}")
    for line in costs.list_remaining(offer.requests[0].project, offer.full.dollars or 0.0):
        column.label(text=line)
