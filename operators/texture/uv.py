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

    atlas: BoolProperty(
        name="Pack Atlas",
        description="Add the UV map Atlas to the selected meshes: their islands side by side in one square, each as"
        " large as its surface. Existing UV maps are kept, and stay active",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """The tooltip."""
        name = next((name for name in ("beside", "atlas") if getattr(properties, name)), "")
        return translate(cls.bl_rna.properties[name].description if name else cls.__doc__ or "")

    @report_errors
    def execute(self, context: bpy.types.Context) -> None:
        """Unwrap the meshes, with an undo step of its own after the mode changes."""
        from ...nano_banana_addon.blender.deliver.material.unwrap import add_unwrapped_map, unwrap_missing

        if self.atlas:
            self.pack(context)
            return
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

    def pack(self, context: bpy.types.Context) -> None:
        """Pack the selected meshes together, with an undo step of its own."""
        from ...nano_banana_addon.blender.deliver.material.atlas import pack_atlas
        from ...nano_banana_addon.features.texture.objects.choice import choose_objects

        group = getattr(context.scene, SCENE_PROPERTY).texturing
        chosen = choose_objects(context)
        names = pack_atlas(chosen.objects, group.texture_size, chosen.places)
        group.uv_notes, group.seen_key = "", ""
        apply_result.push_undo_step("Nano Banana: Pack Atlas")
        self.report({"INFO"}, translate("Packed together: {names}.", names=", ".join(names)))
