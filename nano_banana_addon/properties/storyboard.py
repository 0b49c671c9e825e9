# SPDX-License-Identifier: GPL-3.0-or-later
"""`Scene.nano_banana.storyboard`: the list of shots.

A scene without one has a shot for each timeline marker with a camera.
"""

import bpy
from bpy.props import CollectionProperty, IntProperty, PointerProperty, StringProperty

from ..core.constants import FRAME_LIMIT
from ..core.settings import OPTIONS
from ..core.storyboard.continuity import CONTINUITY_OPTIONS
from ..core.storyboard.shot_options import OVERRIDABLE
from ..features.storyboard import shot_list
from .options import build_mixin

#: What the storyboard says for all of its shots, and what one shot may say instead.
_Continuity = build_mixin("ContinuityProperties", CONTINUITY_OPTIONS.values())
_OwnContinuity = build_mixin(
    "OwnContinuityProperties", (row._replace(optional=True, default="") for row in CONTINUITY_OPTIONS.values())
)
_Overrides = build_mixin("OverrideProperties", (OPTIONS[name] for name in OVERRIDABLE))


def _move_strips(self: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    shot_list.move_strips(self.id_data)


class NANO_BANANA_PG_shot_settings(_Overrides, bpy.types.PropertyGroup):
    """Settings of the request for one shot: those that were set count, the others are the scene's."""


class NANO_BANANA_PG_shot_continuity(_OwnContinuity, bpy.types.PropertyGroup):
    """Which earlier frames one shot is sent with; the default is the storyboard's."""


class NANO_BANANA_PG_shot(bpy.types.PropertyGroup):
    """One shot; `name` is its name."""

    shot_id: StringProperty(options={"HIDDEN"})
    camera: PointerProperty(
        type=bpy.types.Object,
        name="Camera",
        description="The camera of this shot",
        poll=lambda _self, item: item.type == "CAMERA",
    )
    frame: IntProperty(
        name="Frame",
        description="The frame that is generated, where the shot begins in the storyboard",
        default=1,
        min=-FRAME_LIMIT,
        max=FRAME_LIMIT,
        update=_move_strips,
    )
    length: IntProperty(
        name="Length",
        description="Frames; 0: until the next shot begins, or the scene ends",
        min=0,
        max=FRAME_LIMIT,
        update=_move_strips,
    )
    prompt: StringProperty(name="Prompt", description="Added to the prompt of the scene for this shot only")
    action: StringProperty(name="Action", description="What happens. Printed, not sent")
    dialogue: StringProperty(name="Dialogue", description="What is said. Printed, not sent")
    notes: StringProperty(name="Notes", description="Notes about the shot. Printed, not sent")
    settings: PointerProperty(type=NANO_BANANA_PG_shot_settings)
    continuity: PointerProperty(type=NANO_BANANA_PG_shot_continuity)


class NANO_BANANA_PG_storyboard(_Continuity, bpy.types.PropertyGroup):
    """The shots of one scene in their order."""

    shots: CollectionProperty(type=NANO_BANANA_PG_shot)
    active_shot: IntProperty(name="Active Shot", min=0)
    anchor_shot: StringProperty(description="ID of the anchor shot; empty: the first")
