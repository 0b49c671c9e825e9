# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests, results and settings name alike: kinds, roles, states, and values with a name."""

from __future__ import annotations

from enum import StrEnum

#: The provider that is the bundled server: previews, free of charge.
OFFLINE = "offline"
#: The service tier of requests that are submitted together, at half the price, for some time within a day.
BATCH = "batch"
#: The choice in a menu of filters that leaves nothing out.
ALL = "ALL"
#: Pixels that an aligned view may be off its guide before the artist is told.
DRIFT_LIMIT = 3.0
#: Blender's first frame is this one below zero, its last this one.
FRAME_LIMIT = 1_048_574
#: Frames of a storyboard that are sent beside the one before: the anchor's, and a sheet of earlier ones.
ANCHOR, SHEET = "ANCHOR", "SHEET"


class Kind(StrEnum):
    """The kind of job; it chooses the text around the prompt."""

    RESTYLE = "RESTYLE"  # repaint the captured image, everything in its place
    TEXTURE = "TEXTURE"  # a flat image for a surface, from text and references
    STORYBOARD = "STORYBOARD"  # one shot of a sequence
    EDIT = "EDIT"  # change an earlier result
    VIEW = "VIEW"  # one view of an object, for projection onto it


class ReferenceRole(StrEnum):
    """How the model should use an image.

    STRUCTURE goes last: the model takes the ratio and the layout from the last image.
    """

    STYLE = "STYLE"
    CHARACTER = "CHARACTER"
    OBJECT = "OBJECT"
    MATERIAL = "MATERIAL"
    GUIDE = "GUIDE"  # depth, normals, line art of the same view
    PREVIOUS = "PREVIOUS"  # the shot before, or the earlier image of a conversation
    STRUCTURE = "STRUCTURE"
    PLACE = "PLACE"


class DeliveryKind(StrEnum):
    """Delivery targets that code refers to by name; `deliver.registry` has them all."""

    IMAGE = "IMAGE"
    MATERIAL = "MATERIAL"
    PBR_MATERIAL = "PBR_MATERIAL"  # with maps
    COMPOSITOR = "COMPOSITOR"
    COMPOSITOR_LAYER = "COMPOSITOR_LAYER"
    CAST = "CAST"
    CAMERA_BACKGROUND = "CAMERA_BACKGROUND"
    STRIP = "STRIP"
    REPLACEMENT = "REPLACEMENT"  # of the image that was edited


class EditMode(StrEnum):
    """What is done with an area of an image."""

    CHANGE = "CHANGE"
    FILL = "FILL"  # the area is sent empty
    REMOVE = "REMOVE"  # what is in it
    EXTEND = "EXTEND"  # the area is a border that is added


class EditArea(StrEnum):
    """What an area is given by."""

    PAINTED = "PAINTED"
    MASK = "MASK"  # Blender's
    BOX = "BOX"  # in the 3D view the render region
    OBJECTS = "OBJECTS"  # the selected ones, where an image shows them


class State(StrEnum):
    """The state of a generation."""

    BLOCKED = "BLOCKED"  # until the generations that it needs have ended
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    GENERATING = "GENERATING"
    RECEIVING = "RECEIVING"
    WAITING = "WAITING"  # for another try, at `retry_at`
    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"  # sent, and the answer is lost: perhaps billed, never sent again by itself


END_STATES = frozenset({State.DONE, State.REFUSED, State.FAILED, State.CANCELLED, State.UNKNOWN})
ACTIVE_STATES = frozenset(State) - END_STATES


class PictureRole(StrEnum):
    """The kind of a returned image; the last one that is not a thought is the result."""

    RESULT = "RESULT"
    DRAFT = "DRAFT"
    THOUGHT = "THOUGHT"
