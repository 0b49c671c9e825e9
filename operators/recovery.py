# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialog after a crash or a quit: what is known of each generation, and what can be done."""

import bpy
from bpy.props import StringProperty

from ..nano_banana_addon.features import recovery
from ..nano_banana_addon.session import panel_state, thumbnails
from .base.results import report_errors

#: So many of each kind fit on the screen; the others come up when these are decided.
_MAX_ITEMS = 4
#: What is known, in words, and the operators that can be chosen: identifier, label, icon.
_CHOICES = {
    "RECEIVED": (
        "Painted and kept, but not put into a file",
        (
            ("nano_banana.recovery_take", "Apply", "IMPORT"),
            ("nano_banana.give_up", "Keep in History", "CHECKMARK"),
        ),
    ),
    "UNKNOWN": (
        "Sent, and the answer was lost: it may have been billed",
        (
            ("nano_banana.ask_again", "Ask Again", "FILE_REFRESH"),
            ("nano_banana.give_up", "Give Up", "X"),
        ),
    ),
    "NOT_SENT": (
        "Not sent: it costs nothing yet",
        (
            ("nano_banana.ask_again", "Send", "EXPORT"),
            ("nano_banana.give_up", "Give Up", "X"),
        ),
    ),
}


class NANO_BANANA_OT_recovery(bpy.types.Operator):
    """Show what earlier sessions left: not sent, of unknown outcome, or received and not delivered"""

    bl_idname = "nano_banana.recovery"
    bl_label = "Recover …"
    bl_options = {"INTERNAL"}

    @report_errors
    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Look again, and show it."""
        recovery.refresh()
        return context.window_manager.invoke_props_dialog(
            self, width=620, title="Earlier Generations", confirm_text="Close"
        )

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """The dialog's button: everything was decided by its own buttons."""
        count = recovery.refresh()
        self.report({"INFO"}, f"{count} generations of earlier sessions are open.")

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the lists."""
        draw_recovered(self.layout)


def draw_recovered(layout: bpy.types.UILayout) -> None:
    """Every generation of earlier sessions under what is known of it."""
    items = panel_state.get_properties().recovered
    if not items:
        layout.label(text="Nothing is open.", icon="CHECKMARK")
        return
    for kind, (heading, choices) in _CHOICES.items():
        group = [item for item in items if item.known == kind]
        if group:
            draw_heading(layout, kind, heading, len(group))
        for item in group[:_MAX_ITEMS]:
            draw_item(layout.box(), item, choices)
        if len(group) > _MAX_ITEMS:
            layout.label(text=f"… and {len(group) - _MAX_ITEMS} more")
    layout.label(text="Nothing is sent unless you choose it here.")


def draw_heading(layout: bpy.types.UILayout, kind: str, heading: str, count: int) -> None:
    """What is known, and what can be done with all of them at once."""
    split = layout.split(factor=0.72)
    split.label(text=f"{heading} ({count})", icon="INFO")
    if count > 1:
        label = "Keep All in History" if kind == "RECEIVED" else "Give Up All"
        split.operator("nano_banana.give_up_all", text=label).known = kind


def draw_item(
    box: bpy.types.UILayout,
    item: bpy.types.PropertyGroup,
    choices: tuple[tuple[str, str, str], ...],
) -> None:
    """One generation, and what can be done with it."""
    split = box.split(factor=0.72)
    row = split.row()
    if icon := thumbnails.find_icon(item.thumbnail):
        row.template_icon(icon_value=icon, scale=2.5)
    column = row.column(align=True)
    column.label(text=item.title)
    column.label(text=item.about)
    buttons = split.column(align=True)
    for identifier, label, icon_name in choices:
        button = buttons.operator(identifier, text=label, icon=icon_name)
        button.generation = item.name


class NANO_BANANA_OT_recovery_take(bpy.types.Operator):
    """Put this picture where its request wanted it"""

    bl_idname = "nano_banana.recovery_take"
    bl_label = "Apply"
    bl_options = {"INTERNAL"}

    generation: StringProperty(options={"SKIP_SAVE"})

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Deliver it."""
        recovery.deliver_received(self.generation)
        refresh_popup(context)


class NANO_BANANA_OT_give_up(bpy.types.Operator):
    """Do not ask about this any more. What was received stays in the history"""

    bl_idname = "nano_banana.give_up"
    bl_label = "Give Up"
    bl_options = {"INTERNAL"}

    generation: StringProperty(options={"SKIP_SAVE"})

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Record the decision."""
        recovery.discard(self.generation)
        refresh_popup(context)


class NANO_BANANA_OT_give_up_all(bpy.types.Operator):
    """Do not ask about any of these any more. What was received stays in the history; nothing is sent"""

    bl_idname = "nano_banana.give_up_all"
    bl_label = "Give Up All"
    bl_options = {"INTERNAL"}

    known: StringProperty(options={"SKIP_SAVE"})

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Record the decision."""
        recovery.discard_all(self.known)
        refresh_popup(context)


def refresh_popup(context: bpy.types.Context) -> None:
    """Let the dialog, if there is one, be drawn anew."""
    popup = getattr(context, "region_popup", None)
    if popup is not None:
        popup.tag_refresh_ui()


CLASSES = (
    NANO_BANANA_OT_recovery,
    NANO_BANANA_OT_recovery_take,
    NANO_BANANA_OT_give_up,
    NANO_BANANA_OT_give_up_all,
)
