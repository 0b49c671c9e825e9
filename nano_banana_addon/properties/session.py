# SPDX-License-Identifier: GPL-3.0-or-later
"""`WindowManager.nano_banana`: the state of this session, mirrored from the store by the pump; never saved."""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .conversation import NANO_BANANA_PG_conversation
from .history import NANO_BANANA_PG_history, NANO_BANANA_PG_money, NANO_BANANA_PG_recovered


class NANO_BANANA_PG_source(bpy.types.PropertyGroup):
    """A page that the model found by search; `name` is its title."""

    uri: StringProperty(subtype="NONE")


class NANO_BANANA_PG_job(bpy.types.PropertyGroup):
    """One generation as the panels show it; `name` is its id in the store."""

    state: StringProperty()
    title: StringProperty()
    kind: StringProperty(description="The type of its request")
    batch: StringProperty(description="Shared by those that make one thing")
    shot_id: StringProperty(description="The shot of the storyboard's list that it is for")
    phase: StringProperty(description="The current phase as text")
    fraction: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")
    message: StringProperty(description="What happened")
    next_step: StringProperty(description="The suggested next step")
    error_kind: StringProperty()
    notes: StringProperty(description="Notes about the result")
    cost: StringProperty()
    ended: StringProperty(description="When it ended, in local time")
    price: FloatProperty(description="US dollars for sending the request again")
    change_price: FloatProperty(description="US dollars for a change of this image")
    size: StringProperty()
    group: StringProperty()
    thumbnail: StringProperty(subtype="FILE_PATH")
    offline: BoolProperty()
    is_edit: BoolProperty(description="A part of an image of this file was changed")
    has_source: BoolProperty(description="Made from an image of the scene")
    camera: StringProperty(description="The camera whose view it shows")
    has_mask: BoolProperty(description="Captured with a transparent background")
    delivered: BoolProperty()
    of_texture: BoolProperty(description="Whether it is one of the views of a texture")
    recovered: BoolProperty(description="Received while this file was not open")
    sources: CollectionProperty(type=NANO_BANANA_PG_source)
    instruction: StringProperty(name="Change", description="What to change in this image")


class NANO_BANANA_PG_batch(bpy.types.PropertyGroup):
    """A batch at a service as the panels show it; `name` is its id in the store, "" for what is not submitted yet."""

    text: StringProperty(description="Since when it is there, and how far it is")
    fraction: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")
    problem: StringProperty(description="Why nothing is known of it")
    rest: IntProperty(description="How many images may be sent at full price instead", min=0)
    price: FloatProperty(description="US dollars for these")


class NANO_BANANA_PG_session(bpy.types.PropertyGroup):
    """The jobs in progress and the latest results of this session."""

    jobs: CollectionProperty(type=NANO_BANANA_PG_job)
    batches: CollectionProperty(type=NANO_BANANA_PG_batch)
    blocked: IntProperty(description="How many more wait for images of others", min=0)
    results: CollectionProperty(type=NANO_BANANA_PG_job)
    active_result: IntProperty(name="Active Result", description="The result that is shown below the list", min=0)
    earlier: IntProperty(description="How many results of this file are in the history", min=0)
    has_generated: BoolProperty(description="Whether anything was generated on this computer, now or earlier")
    storyboard: StringProperty(description="How far the storyboard is; empty: none is being generated")
    storyboard_fraction: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")
    preset_prompt: BoolProperty(name="Save Prompt Too", description="A new preset also holds the prompt", default=True)
    notice: StringProperty(description="The message shown at the top of the panel")
    notice_next_step: StringProperty()
    notice_kind: StringProperty()
    notice_button: StringProperty(description="The operator whose button started what it tells of; empty: none")
    baking: StringProperty(description="The current step of baking a texture; empty: no bake is running")
    baking_fraction: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")
    connection: StringProperty(description="Result of the last connection test")
    connection_ok: BoolProperty()
    conversation: PointerProperty(type=NANO_BANANA_PG_conversation)
    history: PointerProperty(type=NANO_BANANA_PG_history)
    money: PointerProperty(type=NANO_BANANA_PG_money)
    recovered: CollectionProperty(type=NANO_BANANA_PG_recovered)
