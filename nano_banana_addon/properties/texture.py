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
    """One view that is shown by a camera; `name` is its name."""

    camera: PointerProperty(type=bpy.types.Object)
    prompt: StringProperty(
        name="Prompt",
        description="What to paint in this view besides; for example: the face is here",
    )
    enabled: BoolProperty(name="Paint", description="Paint this view", default=True)


class NANO_BANANA_PG_texturing(TexturingProperties, bpy.types.PropertyGroup):
    """The choices of one scene for texturing."""

    view_list: CollectionProperty(type=NANO_BANANA_PG_view)
    active_view: IntProperty(name="Active View", min=0)
    seen: FloatProperty(description="The part of the surface that the views see", options=_UNSAVED)
    seen_by: IntProperty(description="How many views that were", options=_UNSAVED)
    seen_key: StringProperty(description="What they were", options=_UNSAVED)
    uv_notes: StringProperty(description="What is odd about the UV maps", options=_UNSAVED)


CLASSES = (NANO_BANANA_PG_view, NANO_BANANA_PG_texturing)
