# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that go with prompts: the list of references, and the cast with the images of each member."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..core.constants import ReferenceRole
from ..core.storyboard.cast import ATTENDANCE_ITEMS, KIND_ITEMS
from .options import enum_items

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
    (ReferenceRole.PLACE, "Place", "A room or landscape whose appearance is kept", "HOME", 4),
)


class NANO_BANANA_PG_reference(bpy.types.PropertyGroup):
    """One image that is sent with the prompt; `name` is its label in the prompt."""

    role: EnumProperty(name="Role", description="How the model should use the image", items=ROLE_ITEMS)
    image: PointerProperty(type=bpy.types.Image, name="Image", description="An image data-block of this file")
    path: StringProperty(name="File", description="An image file", subtype="FILE_PATH")
    enabled: BoolProperty(name="Send", description="Send this image", default=True)


class NANO_BANANA_PG_cast_shot(bpy.types.PropertyGroup):
    """A member in one shot; `name` is the shot's id, or its name where it has none."""

    attendance: EnumProperty(
        name="In This Shot", description="Whether the member is in this shot", items=enum_items(ATTENDANCE_ITEMS)
    )
    size: FloatProperty(description="The part of the frame that it covered when that was last looked at", min=0.0)


class NANO_BANANA_PG_cast_member(bpy.types.PropertyGroup):
    """A member of the cast; `name` is its name in the prompt."""

    member_id: StringProperty(options={"HIDDEN"})
    kind: EnumProperty(name="Kind", description="What it is", items=enum_items(KIND_ITEMS))
    description: StringProperty(
        name="Description",
        description="What the images do not say, such as age or material; sent with each of them",
        maxlen=1000,
    )
    images: CollectionProperty(type=NANO_BANANA_PG_reference)
    active_image: IntProperty(name="Active Image", min=0)
    object: PointerProperty(
        type=bpy.types.Object,
        name="Object",
        description="The object by which the member is seen in a shot; its children belong to it",
    )
    collection: PointerProperty(
        type=bpy.types.Collection,
        name="Collection",
        description="The objects by which the member is seen in a shot; an instance of it counts, too",
    )
    shots: CollectionProperty(type=NANO_BANANA_PG_cast_shot)
