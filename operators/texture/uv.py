# SPDX-License-Identifier: GPL-3.0-or-later
"""UV maps for textures."""

import bpy
from bpy.props import BoolProperty

from ...nano_banana_addon.identity import SCENE_PROPERTY
from ...nano_banana_addon.session import apply_result
from ..base.results import report_errors

#: The UV map that is made for painting, where an object's own one shares its place among several parts.
PAINTED_MAP = "Nano Banana"


class NANO_BANANA_OT_unwrap(bpy.types.Operator):
    """Give the selected meshes that have no UV map one, by Smart UV Project"""

    bl_idname = "nano_banana.unwrap"
    bl_label = "Unwrap"
    bl_options = {"INTERNAL"}

    beside: BoolProperty(
        name="New UV Map",
        description="Make another UV map for painting, where every part has a place of its own, beside those that are"
        " there",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """What the button does."""
        return cls.bl_rna.properties["beside"].description if properties.beside else cls.__doc__ or ""

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Unwrap them; makes its own undo step, after the changes of mode."""
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
        self.report({"INFO"}, f"Unwrapped: {', '.join(names)}." if names else "All have a UV map.")


CLASSES = (NANO_BANANA_OT_unwrap,)
