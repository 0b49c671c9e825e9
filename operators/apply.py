# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply a result of the history to a delivery target, show it, cut it out, match its colours, or take it out again."""

import bpy
from bpy.props import BoolProperty, EnumProperty

from ..nano_banana_addon.blender.deliver.compositor import compositor, exact_view
from ..nano_banana_addon.blender.deliver.registry import TARGETS
from ..nano_banana_addon.core.constants import DeliveryKind
from ..nano_banana_addon.features import applied
from ..nano_banana_addon.features.history import lookup
from ..nano_banana_addon.properties.options import enum_items
from ..nano_banana_addon.session import apply_result
from ..nano_banana_addon.translations import translate, translate_sentence
from .base.generation import GenerationOperator
from .base.results import CANCELLED, FINISHED, report_errors


class NANO_BANANA_OT_apply(GenerationOperator, bpy.types.Operator):
    """Use this result in the open file, on the selected objects"""

    bl_idname = "nano_banana.apply"
    bl_label = "Apply"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Apply As", items=enum_items(target.item for target in TARGETS.values()))
    unwrap: BoolProperty(
        name="Unwrap",
        description="Make a UV map for objects that have none",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """The tooltip, which says where this button puts the result."""
        return translate(TARGETS[properties.kind].help)

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Deliver to the current selection."""
        generation = lookup.retarget_to_selection(context, self.generation)
        report = apply_result.apply_result(generation, (self.kind,), unwrap=self.unwrap)
        for note in report.notes:
            self.report({"INFO" if report.delivered else "WARNING"}, note)
        if report.delivered and not report.notes:
            self.report({"INFO"}, describe_applied(self.kind))


def describe_applied(kind: str) -> str:
    """What the status bar says of a result that was applied: the editor in use may show nothing of it."""
    if kind == DeliveryKind.CAMERA_BACKGROUND:
        return translate("Applied as Camera Background. Look through the camera to see it.")
    return translate("Applied: {target}.", target=translate(TARGETS[kind].item.label))


class NANO_BANANA_OT_cut_out(GenerationOperator, bpy.types.Operator):
    """Apply the capture's transparency to this result, as a new image with alpha"""

    bl_idname = "nano_banana.cut_out"
    bl_label = "Cut Out"
    bl_options = {"REGISTER", "UNDO"}

    @report_errors
    def execute(self, _context: bpy.types.Context) -> None:
        """Write the image and load it."""
        image = lookup.cut_out(self.generation)
        self.report({"INFO"}, translate("Created the image “{name}”.", name=image.name))


class NANO_BANANA_OT_show_result(GenerationOperator, bpy.types.Operator):
    """Show this result in an Image Editor, or in a new window"""

    bl_idname = "nano_banana.show_result"
    bl_label = "Show"
    bl_options = {"INTERNAL"}

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Load the image and show it."""
        lookup.show(context, self.generation)


class NANO_BANANA_OT_remove_applied(bpy.types.Operator):
    """Take applied results out of the open file again. The images stay in the history"""

    bl_idname = "nano_banana.remove_applied"
    bl_label = "Remove Applied Results"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(
        name="From",
        items=(
            (DeliveryKind.MATERIAL, "Selected Objects", "Take results out of the selected objects' materials", 0),
            (DeliveryKind.COMPOSITOR, "Compositor", "Take all layers out of this scene's compositor", 1),
            (DeliveryKind.CAMERA_BACKGROUND, "Camera", "Remove the results behind this scene's camera", 2),
            (DeliveryKind.STRIP, "Storyboard", "Remove the strips of this scene's storyboard", 3),
            (DeliveryKind.REPLACEMENT, "Edited Images", "Use the originals of edited images again", 5),
            (
                "EVERYTHING",
                "Everything in This File",
                "Take results out of materials, compositors, cameras, storyboards; use the originals of edited images",
                4,
            ),
        ),
        default="EVERYTHING",
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """The tooltip, which says what this button removes."""
        help_text = properties.bl_rna.properties["kind"].enum_items[properties.kind].description
        return translate("{what}. The images stay in this file and in the history", what=translate(help_text))

    @report_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        count = applied.remove(context, self.kind)
        text = translate("Removed: {count}.", count=count) if count else translate("There was nothing to remove.")
        self.report({"INFO"}, text)
        return FINISHED if count else CANCELLED


class NANO_BANANA_OT_exact_colours(bpy.types.Operator):
    """Apply the view transform to the render alone, so that results show every colour as it was generated.

    The scene's view transform becomes Standard until this is switched off
    """

    bl_idname = "nano_banana.exact_colours"
    bl_label = "Exact Colours"
    bl_options = {"REGISTER", "UNDO"}

    enable: BoolProperty(name="Enable", default=True, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button may be pressed; its tooltip says why not."""
        is_on = exact_view.find_node(context.scene) is not None
        reason = "" if is_on else exact_view.find_blocker(context.scene)
        if reason:
            cls.poll_message_set(translate_sentence(reason))
        return not reason

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Switch."""
        for note in compositor.set_exact(context.scene, enable=self.enable):
            self.report({"INFO"}, note)
