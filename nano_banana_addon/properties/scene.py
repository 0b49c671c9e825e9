# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.nano_banana`: the settings that are saved with the file."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.constants import ReferenceRole
from ..features import applied, render_restyle
from .settings import SettingsProperties
from .storyboard import NANO_BANANA_PG_storyboard
from .texture import NANO_BANANA_PG_texturing

#: The schema of files that store none: it stays 1; `migrate_settings` writes the current one.
FIRST_SCHEMA = 1

ROLE_ITEMS = (
    (ReferenceRole.STYLE, "Style", "Technique, palette and mood", "BRUSH_DATA", 0),
    (
        ReferenceRole.CHARACTER,
        "Character",
        "A character whose appearance is kept",
        "OUTLINER_OB_ARMATURE",
        1,
    ),
    (ReferenceRole.OBJECT, "Object", "An object whose appearance is kept", "OBJECT_DATA", 2),
    (ReferenceRole.MATERIAL, "Material", "A surface material to use", "MATERIAL", 3),
)


class NANO_BANANA_PG_reference(bpy.types.PropertyGroup):
    """One image that is sent with the prompt; `name` is its label in the prompt."""

    role: EnumProperty(name="Role", description="How the model should use the image", items=ROLE_ITEMS)
    image: PointerProperty(type=bpy.types.Image, name="Image", description="An image data-block of this file")
    path: StringProperty(name="File", description="An image file", subtype="FILE_PATH")
    enabled: BoolProperty(name="Send", description="Send this image", default=True)


class NANO_BANANA_PG_note(bpy.types.PropertyGroup):
    """What a note in the scene says; its object is an empty."""

    text: StringProperty(name="Instruction", description="What to do at this point of the image")
    enabled: BoolProperty(name="Send", description="Send this note", default=True)


class NANO_BANANA_PG_scene(SettingsProperties, bpy.types.PropertyGroup):
    """The settings of one scene."""

    schema: IntProperty(default=FIRST_SCHEMA, options={"HIDDEN"})
    prompt_text: PointerProperty(
        type=bpy.types.Text,
        name="Prompt Text",
        description="A text data-block to use as the prompt instead of the field above",
    )
    references: CollectionProperty(type=NANO_BANANA_PG_reference)
    active_reference: IntProperty(name="Active Reference", min=0)
    restyle_renders: BoolProperty(
        name="Restyle After F12",
        description="When you have rendered a still with F12, restyle it and pay for it; never after an animation."
        " In a file that was saved with this the first render asks",
        update=lambda _self, _context: render_restyle.confirm(),
    )
    active_note: IntProperty(name="Active Note", min=0)
    texturing: PointerProperty(type=NANO_BANANA_PG_texturing)
    storyboard: PointerProperty(type=NANO_BANANA_PG_storyboard)
    material_opacity: FloatProperty(
        name="Opacity",
        description="How much of the image shows on the active object, in all of its materials",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
        get=lambda _self: applied.get_opacity(bpy.context.active_object),
        set=lambda _self, value: applied.set_opacity(bpy.context.active_object, value),
    )
    edit_prompt: StringProperty(name="Change", description="What the area should become, or what fills it")
    edit_mask: PointerProperty(
        type=bpy.types.Mask, name="Mask", description="The mask of the area; empty: the one that the editor shows"
    )
    edit_box: FloatVectorProperty(
        name="Box", description="Left, bottom, right, top as parts of the image", size=4, min=0.0, max=1.0
    )
    material_visible: BoolProperty(
        name="Show",
        description="Show the image on the active object, in all of its materials",
        get=lambda _self: applied.is_visible(bpy.context.active_object),
        set=lambda _self, value: applied.set_visible(bpy.context.active_object, value),
    )
