# SPDX-License-Identifier: GPL-3.0-or-later
"""`WindowManager.nano_banana.conversation`: the thread around a picture, mirrored from the store by
`features/conversation/panel.py`; never saved."""

import bpy
from bpy.props import BoolProperty, CollectionProperty, IntProperty, StringProperty


class NANO_BANANA_PG_turn(bpy.types.PropertyGroup):
    """One picture of the conversation; `name` is its id."""

    title: StringProperty(description="The prompt or instruction that painted it")
    state: StringProperty()
    depth: IntProperty(description="How many pictures it changes, one after the other")
    thumbnail: StringProperty(subtype="FILE_PATH")
    notes: StringProperty(description="Why the picture was sent instead of its turn")
    obstacle: StringProperty(description="Why its turn cannot be sent again")
    offline: BoolProperty()


class NANO_BANANA_PG_conversation(bpy.types.PropertyGroup):
    """The shown thread; `name` is the id of the picture that the next instruction changes."""

    turns: CollectionProperty(type=NANO_BANANA_PG_turn)
    instruction: StringProperty(name="Change", description="What to change in the chosen picture")
    as_before: BoolProperty(
        name="As Before",
        description="With the model, size and provider that painted the picture; off: with what the"
        " panels say. Another model is shown the picture instead of the conversation",
        default=True,
    )


CLASSES = (NANO_BANANA_PG_turn, NANO_BANANA_PG_conversation)
