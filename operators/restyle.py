# SPDX-License-Identifier: GPL-3.0-or-later
"""Restyle: capture the scene, ask the model, and put the answer where it is wanted."""

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..nano_banana_addon.core import cost, details
from ..nano_banana_addon.core.settings import Settings
from ..nano_banana_addon.features.generation import existing_results, request_builder, scene_settings
from ..nano_banana_addon.properties.settings import SettingsProperties
from ..nano_banana_addon.session import panel_state, thumbnails
from .base.results import FINISHED, progress_cursor, report_ended, report_errors, report_reused


class SettingsOperator(SettingsProperties):
    """The choices of the scene, each of which a script may make otherwise for this one call."""

    provider: StringProperty(name="Provider", description="The id of a provider; empty: the one in the preferences")
    again: BoolProperty(
        name="Paint Again",
        description="Pay for another picture, also when this very request was painted before",
        options={"SKIP_SAVE"},
    )

    def settings(self, context: bpy.types.Context) -> Settings:
        """The scene's choices, with those that were given to this call."""
        given = [n for n in scene_settings.CHOICE_NAMES if hasattr(self, n) and self.properties.is_property_set(n)]
        return scene_settings.read_choices(self, given, scene_settings.settings_of(context.scene))


class NANO_BANANA_OT_restyle(SettingsOperator, bpy.types.Operator):
    """Capture the scene and let the model repaint it. Blender stays free; the result comes by itself"""

    bl_idname = "nano_banana.restyle"
    bl_label = "Restyle"
    # Neither REGISTER nor UNDO: Shift+R would pay twice. The delivery makes the undo step.
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """From a button: start, and return at once."""
        return report_errors(self, lambda: self._start(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """From a script: start, wait, deliver."""
        return report_errors(self, lambda: self._run(context))

    def _start(self, context: bpy.types.Context) -> set[str]:
        panel_state.clear_notice()
        order = request_builder.prepare(context, self.settings(context))
        known = existing_results.split_order(order, force_new=self.again)
        if known.existing:
            existing_results.set_offer(known)
            bpy.ops.nano_banana.same_request("INVOKE_DEFAULT")
        else:
            request_builder.submit(order)
        return FINISHED

    def _run(self, context: bpy.types.Context) -> set[str]:
        order = request_builder.prepare(context, self.settings(context))
        show = progress_cursor(context)
        try:
            ended, reused = existing_results.run(order, show, force_new=self.again)
        finally:
            context.window_manager.progress_end()
        report_reused(self, reused)
        return report_ended(self, ended)


class NANO_BANANA_OT_same_request(bpy.types.Operator):
    """This very request was painted before: use that picture, or pay for another one"""

    bl_idname = "nano_banana.same_request"
    bl_label = "Painted Before"
    bl_options = {"INTERNAL"}

    choice: EnumProperty(
        name="Do",
        items=(
            ("USE", "Use Existing", "Deliver the picture that is there; costs nothing", 0),
            ("AGAIN", "Paint Again", "Send it once more and pay for it", 1),
        ),
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask."""
        if existing_results.get_offer() is None:
            return {"CANCELLED"}
        for found in existing_results.get_offer().existing:
            thumbnails.load(found.thumbnail)
        return context.window_manager.invoke_props_dialog(
            self, width=360, title="This Was Painted Before", confirm_text="Continue"
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what is there, and what another one would cost."""
        known, layout = existing_results.get_offer(), self.layout
        if known is None:
            return
        row = layout.row()
        for found in known.existing[:4]:
            column = row.column()
            column.template_icon(icon_value=thumbnails.find_icon(found.thumbnail), scale=6.0)
            column.label(text=details.format_time(found.ended))
        price = cost.format_dollars(known.full.estimate)
        layout.label(text=f"The same request again would cost {price}.")
        if known.missing.requests:
            rest = f"{len(known.missing.requests)} more ({cost.format_dollars(known.missing.estimate)})"
            layout.label(text=f"Use Existing paints only the {rest}.")
        layout.row().prop(self, "choice", expand=True)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Do it."""
        return report_errors(self, self._do)

    def _do(self) -> set[str]:
        if self.choice == "USE":
            existing_results.accept_offer()
        else:
            existing_results.generate_offer_again()
        return FINISHED


CLASSES = (NANO_BANANA_OT_restyle, NANO_BANANA_OT_same_request)
