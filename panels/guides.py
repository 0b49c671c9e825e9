# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of guides, the same for captures and for the views of a texture."""

import bpy

from ..nano_banana_addon.core.guides import Guide
from ..nano_banana_addon.identity import SCENE_PROPERTY


def draw_guides(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    group: bpy.types.PropertyGroup,
    name: str,
) -> None:
    """Draw the guides of the property `name` of a group, the mask's image, and the preview button."""
    layout.label(text="Guides")
    row = layout.row(align=True)
    row.use_property_split = False
    flow = row.grid_flow(columns=3, even_columns=True, align=True)
    for guide in Guide:
        flow.prop_enum(group, name, guide.value)
    show = row.row(align=True)
    show.enabled = bool(getattr(group, name))
    preview = show.operator("nano_banana.show_guides", text="", icon="HIDE_OFF")
    preview.of = "CAPTURE" if name == "capture_guides" else "VIEWS"
    if Guide.MASK in getattr(group, name):
        choices = getattr(context.scene, SCENE_PROPERTY)
        layout.prop_search(choices, "mask_image", bpy.data, "images", text="Mask")
