# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.nano_banana`: the choices that are saved with the file."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.request import ReferenceRole
from .settings import SettingsProperties
from .texture import NANO_BANANA_PG_texturing

#: What files say that say nothing: it stays 1 for ever, `migrate_settings` writes the present one.
FIRST_SCHEMA = 1

ROLE_ITEMS = (
    (ReferenceRole.STYLE, "Style", "Technique, palette and mood", "BRUSH_DATA", 0),
    (
        ReferenceRole.CHARACTER,
        "Character",
        "A figure that stays the same",
        "OUTLINER_OB_ARMATURE",
        1,
    ),
    (ReferenceRole.OBJECT, "Object", "A thing that stays the same", "OBJECT_DATA", 2),
    (ReferenceRole.MATERIAL, "Material", "A surface to use", "MATERIAL", 3),
)


class NANO_BANANA_PG_reference(bpy.types.PropertyGroup):
    """One picture that goes with the prompt; `name` is its label in the prompt."""

    role: EnumProperty(name="Role", description="What the model is told that the picture is for", items=ROLE_ITEMS)
    image: PointerProperty(type=bpy.types.Image, name="Image", description="An image of this file")
    path: StringProperty(name="File", description="A picture on the disk", subtype="FILE_PATH")
    enabled: BoolProperty(name="Send", description="Send this picture", default=True)


class NANO_BANANA_PG_scene(SettingsProperties, bpy.types.PropertyGroup):
    """The choices of one scene."""

    schema: IntProperty(default=FIRST_SCHEMA, options={"HIDDEN"})
    prompt_text: PointerProperty(
        type=bpy.types.Text,
        name="Prompt Text",
        description="A text of the Text Editor, used instead of the line above when it is set",
    )
    references: CollectionProperty(type=NANO_BANANA_PG_reference)
    active_reference: IntProperty(name="Active Reference", min=0)
    texturing: PointerProperty(type=NANO_BANANA_PG_texturing)


CLASSES = (NANO_BANANA_PG_reference, NANO_BANANA_PG_scene)
