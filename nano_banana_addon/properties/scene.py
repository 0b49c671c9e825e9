# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.nano_banana`: the settings that are saved with the file."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..features import applied, render_restyle
from .material import NANO_BANANA_PG_material
from .references import NANO_BANANA_PG_cast_member, NANO_BANANA_PG_reference
from .settings import SettingsProperties
from .storyboard import NANO_BANANA_PG_storyboard
from .texture import NANO_BANANA_PG_texturing

#: The schema of files that store none: it stays 1; `migrate_settings` writes the current one.
FIRST_SCHEMA = 1


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
        description="A text of the Text Editor to use as the prompt instead of the field above, such as a long one",
    )
    references: CollectionProperty(type=NANO_BANANA_PG_reference)
    active_reference: IntProperty(name="Active Reference", min=0)
    restyle_renders: BoolProperty(
        name="Restyle After F12",
        description="When you have rendered a still with F12, restyle it and pay for it; never after an animation."
        " In a file that was saved with this the first render asks",
        update=lambda _self, _context: render_restyle.confirm(),
    )
    cast: CollectionProperty(type=NANO_BANANA_PG_cast_member)
    active_member: IntProperty(name="Active Member", min=0)
    cast_images: IntProperty(description="Images of the cast in a shot, on average, rounded up; for the price", min=0)
    active_note: IntProperty(name="Active Note", min=0)
    texturing: PointerProperty(type=NANO_BANANA_PG_texturing)
    storyboard: PointerProperty(type=NANO_BANANA_PG_storyboard)
    material: PointerProperty(type=NANO_BANANA_PG_material)
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
