# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of `core.texture.TextureSettings`, shared by the scene's group and by the operators.

No postponed annotations: Blender reads them when a class is registered.
"""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.texture import TEXTURE_OPTIONS
from .options import build_mixin

_UNSAVED = {"SKIP_SAVE", "HIDDEN"}

#: A mixin: a property for every option of a texture that one property can hold.
TexturingProperties = build_mixin(
    "TexturingProperties",
    (row for row in TEXTURE_OPTIONS.values() if row.items or not isinstance(row.default, tuple)),
)


class NANO_BANANA_PG_view(bpy.types.PropertyGroup):
    """One view that has a camera; `name` is the view's name."""

    camera: PointerProperty(type=bpy.types.Object)
    prompt: StringProperty(
        name="Prompt",
        description="Added to the prompt for this view only; for example: the face is on this side",
    )
    enabled: BoolProperty(name="Use View", description="Generate this view", default=True)


class NANO_BANANA_PG_texturing(TexturingProperties, bpy.types.PropertyGroup):
    """The texturing settings of one scene."""

    view_list: CollectionProperty(type=NANO_BANANA_PG_view)
    active_view: IntProperty(name="Active View", min=0)
    seen: FloatProperty(description="Share of the surface that the views see", options=_UNSAVED)
    seen_by: IntProperty(description="Number of views of the last measurement", options=_UNSAVED)
    seen_key: StringProperty(description="Key of the views of the last measurement", options=_UNSAVED)
    frames_seen: StringProperty(description="What the keyframes see of all frames", options=_UNSAVED)
    frames_key: StringProperty(description="Key of the keyframes of the last measurement", options=_UNSAVED)
    next_keyframe: IntProperty(description="The frame that would add most as a keyframe", options=_UNSAVED)
    has_next_keyframe: BoolProperty(description="Whether there is one", options=_UNSAVED)
    uv_notes: StringProperty(description="Warnings about the UV maps", options=_UNSAVED)
