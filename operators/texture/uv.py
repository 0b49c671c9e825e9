# SPDX-License-Identifier: GPL-3.0-or-later
"""UV maps for textures."""

import bpy
from bpy.props import BoolProperty

from ...nano_banana_addon.identity import SCENE_PROPERTY
from ...nano_banana_addon.session import apply_result
from ...nano_banana_addon.translations import translate
from ..base.results import report_errors

#: The UV map for texturing objects whose own UV map has overlapping islands.
PAINTED_MAP = "Nano Banana"


class NANO_BANANA_OT_unwrap(bpy.types.Operator):
    """Add a UV map to the selected meshes that have none, with Smart UV Project"""

    bl_idname = "nano_banana.unwrap"
    bl_label = "Unwrap"
    bl_options = {"INTERNAL"}

    beside: BoolProperty(
        name="New UV Map",
        description="Add a UV map without overlapping islands for texturing, and keep the existing UV maps",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """The tooltip."""
        return translate(cls.bl_rna.properties["beside"].description if properties.beside else cls.__doc__ or "")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Unwrap the meshes, with an undo step of its own after the mode changes."""
        from ...nano_banana_addon.blender.deliver.material.unwrap import add_unwrapped_map, unwrap_missing

        objects = context.selected_objects
        if self.beside:
            names = add_unwrapped_map(objects, PAINTED_MAP)
            group = getattr(context.scene, SCENE_PROPERTY).texturing
            group.uv_map, group.uv_notes, group.seen_key = PAINTED_MAP, "", ""
        else:
            names = unwrap_missing(objects)
        if names:
            apply_result.push_undo_step("Nano Banana: Unwrap")
        unwrapped = translate("Unwrapped: {names}.", names=", ".join(names))
        text = unwrapped if names else translate("All selected meshes have a UV map.")
        self.report({"INFO"}, text)
