# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialog after a crash or a quit: the state of each generation and the available actions."""

import bpy
from bpy.props import StringProperty

from ..nano_banana_addon.core import cost
from ..nano_banana_addon.features import recovery
from ..nano_banana_addon.identity import PAID_AGAIN_ICON
from ..nano_banana_addon.session import panel_state, thumbnails
from ..nano_banana_addon.translations import translate
from .base.generation import GenerationOperator
from .base.results import report_errors

#: Items of each kind that fit on the screen; the others follow when these are decided.
_MAX_ITEMS = 4
_PAID = "nano_banana.ask_again"
#: For each kind its heading and the operators on offer: identifier, label, icon.
_CHOICES = {
    "RECEIVED": (
        "Received, but not used in a file yet",
        (
            ("nano_banana.recovery_take", "Apply", "IMPORT"),
            ("nano_banana.give_up", "Keep in History", "CHECKMARK"),
        ),
    ),
    "UNKNOWN": (
        "Sent, but the response was lost: it may have been billed",
        (
            (_PAID, "Resend", PAID_AGAIN_ICON),
            ("nano_banana.give_up", "Dismiss", "X"),
        ),
    ),
    "NOT_SENT": (
        "Not sent: nothing was billed",
        (
            (_PAID, "Send", "EXPORT"),
            ("nano_banana.give_up", "Dismiss", "X"),
        ),
    ),
    "DAMAGED": ("Damaged in the history, and set aside", (("nano_banana.give_up", "Dismiss", "X"),)),
    "PROBLEM": ("Not recovered yet: tried again at the next start", ()),
}


class NANO_BANANA_OT_recovery(bpy.types.Operator):
    """Review generations of earlier sessions: not sent, unknown result, or received and not used"""

    bl_idname = "nano_banana.recovery"
    bl_label = "Recover …"
    bl_options = {"INTERNAL"}

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Update the list and show it."""
        recovery.refresh()
        return context.window_manager.invoke_props_dialog(self, width=620, title="Earlier Generations")

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Confirm the dialog: the decisions were made by its buttons."""
        count = recovery.refresh()
        self.report({"INFO"}, translate("Generations of earlier sessions are waiting: {count}.", count=count))

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the lists."""
        draw_recovered(self.layout)
        # A dialog has two closing buttons unless it draws its own.
        self.layout.template_popup_confirm("nano_banana.history_refresh", text="Close", cancel_text="")


def draw_recovered(layout: bpy.types.UILayout) -> None:
    """Draw the generations of earlier sessions, grouped by state."""
    items = panel_state.get_properties().recovered
    if not items:
        layout.label(text="Nothing to recover.", icon="CHECKMARK")
        return
    for kind, (heading, choices) in _CHOICES.items():
        group = [item for item in items if item.known == kind]
        if group:
            draw_heading(layout, kind, heading, len(group))
        for item in group[:_MAX_ITEMS]:
            draw_item(layout.box(), item, choices)
        if len(group) > _MAX_ITEMS:
            layout.label(text=translate("… and {count} more", count=len(group) - _MAX_ITEMS))
    layout.label(text="Nothing is sent unless you choose it here.")


def draw_heading(layout: bpy.types.UILayout, kind: str, heading: str, count: int) -> None:
    """Draw a heading, with an action on all of its items."""
    split = layout.split(factor=0.72)
    split.label(text=f"{translate(heading)} ({count})", icon="INFO")
    if count > 1 and kind != "PROBLEM":
        label = "Keep All in History" if kind == "RECEIVED" else "Dismiss All"
        split.operator("nano_banana.give_up_all", text=label).known = kind


def draw_item(
    box: bpy.types.UILayout,
    item: bpy.types.PropertyGroup,
    choices: tuple[tuple[str, str, str], ...],
) -> None:
    """Draw one generation with its actions."""
    split = box.split(factor=0.72)
    row = split.row()
    if icon := thumbnails.find_icon(item.thumbnail):
        row.template_icon(icon_value=icon, scale=2.5)
    column = row.column(align=True)
    column.label(text=item.title)
    column.label(text=item.about)
    buttons = split.column(align=True)
    for identifier, label, icon_name in choices:
        if identifier == _PAID:
            label = cost.Payment(item.count, item.price).to_label(translate(label))
        button = buttons.operator(identifier, text=label, icon=icon_name)
        button.generation = item.name


class NANO_BANANA_OT_recovery_take(GenerationOperator, bpy.types.Operator):
    """Deliver this image to the targets chosen in its request"""

    bl_idname = "nano_banana.recovery_take"
    bl_label = "Apply"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Deliver the image."""
        recovery.deliver_received(self.generation)
        refresh_popup(context)


class NANO_BANANA_OT_give_up(GenerationOperator, bpy.types.Operator):
    """Remove this from the list without sending it. Received images stay in the history"""

    bl_idname = "nano_banana.give_up"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Record the decision."""
        recovery.discard(self.generation)
        refresh_popup(context)


class NANO_BANANA_OT_give_up_all(bpy.types.Operator):
    """Remove all of these from the list. Received images stay in the history. Nothing is sent"""

    bl_idname = "nano_banana.give_up_all"
    bl_label = "Dismiss All"
    bl_options = {"INTERNAL"}

    known: StringProperty(options={"SKIP_SAVE"})

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Record the decision."""
        recovery.discard_all(self.known)
        refresh_popup(context)


def refresh_popup(context: bpy.types.Context) -> None:
    """Redraw the dialog, if it is open."""
    popup = getattr(context, "region_popup", None)
    if popup is not None:
        popup.tag_refresh_ui()
