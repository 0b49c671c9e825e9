# SPDX-License-Identifier: GPL-3.0-or-later
"""`WindowManager.nano_banana.conversation`: the conversation around an image; never saved.

`features/conversation/panel.py` fills it from the store.
"""

import bpy
from bpy.props import BoolProperty, CollectionProperty, FloatProperty, IntProperty, StringProperty


class NANO_BANANA_PG_turn(bpy.types.PropertyGroup):
    """One image of the conversation; `name` is its id."""

    title: StringProperty(description="The prompt or instruction that generated it")
    state: StringProperty()
    depth: IntProperty(description="Number of earlier images that this one is based on")
    thumbnail: StringProperty(subtype="FILE_PATH")
    notes: StringProperty(description="Why the image was sent instead of its turn")
    obstacle: StringProperty(description="Why its turn cannot be sent again")
    offline: BoolProperty()
    change_price: FloatProperty(description="US dollars for a change of this image")


class NANO_BANANA_PG_conversation(bpy.types.PropertyGroup):
    """The shown conversation; `name` is the id of the image that the next instruction changes."""

    turns: CollectionProperty(type=NANO_BANANA_PG_turn)
    instruction: StringProperty(name="Change", description="What to change in the chosen image")
    as_before: BoolProperty(
        name="Same Model and Size",
        description="Use the model, size and provider that generated the image. Off: use those set in the panels;"
        " another model receives the image instead of the conversation",
        default=True,
    )
    notes: BoolProperty(
        name="Notes", description="Send the notes of the scene for this change, with a marked copy of the image"
    )
