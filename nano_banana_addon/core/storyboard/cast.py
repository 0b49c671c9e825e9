# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast of a storyboard, and which of its images go along with a shot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from ...light_tuple import LightTuple
from ..catalogue.image_model import ImageModel
from ..constants import ReferenceRole
from ..options import Item


class CastKind(StrEnum):
    """What a member of the cast is."""

    CHARACTER = "CHARACTER"
    PROP = "PROP"
    PLACE = "PLACE"
    STYLE = "STYLE"


class Attendance(StrEnum):
    """Whether a member is in a shot."""

    AUTO = "AUTO"
    ALWAYS = "ALWAYS"
    NEVER = "NEVER"


KIND_ITEMS = (
    Item(CastKind.CHARACTER, "Character", "A person or creature whose appearance is kept", 0, "OUTLINER_OB_ARMATURE"),
    Item(CastKind.PROP, "Prop", "A thing whose appearance is kept", 1, "OBJECT_DATA"),
    Item(CastKind.PLACE, "Place", "A room or landscape whose appearance is kept", 2, "HOME"),
    Item(
        CastKind.STYLE,
        "Style",
        "Technique, palette and mood. It is in every shot, unless it is set to Never",
        3,
        "BRUSH_DATA",
    ),
)
ATTENDANCE_ITEMS = (
    Item(Attendance.AUTO, "If in View", "Where the shot's camera sees one of its objects", 0),
    Item(Attendance.ALWAYS, "Always", "In this shot, and before those that are only in view", 1),
    Item(Attendance.NEVER, "Never", "Not in this shot", 2),
)
ROLES: Mapping[CastKind, ReferenceRole] = MappingProxyType(
    {
        CastKind.CHARACTER: ReferenceRole.CHARACTER,
        CastKind.PROP: ReferenceRole.OBJECT,
        CastKind.PLACE: ReferenceRole.PLACE,
        CastKind.STYLE: ReferenceRole.STYLE,
    }
)
_SLOT_WORDS = {"OBJECT": "objects and places", "CHARACTER": "characters", "STYLE": "styles"}


class Member(LightTuple):
    """One of the cast as a shot sees it: `size` is the part of the frame that its objects cover, 0 out of view."""

    name: str
    kind: CastKind
    images: tuple[str, ...] = ()  # what tells them apart
    attendance: Attendance = Attendance.AUTO
    size: float = 0.0

    @property
    def is_present(self) -> bool:
        """Whether it is in the shot."""
        if self.attendance is Attendance.AUTO:
            return self.size > 0 or self.kind is CastKind.STYLE
        return self.attendance is Attendance.ALWAYS


class CastImage(LightTuple):
    """An image of a member, by their places, from 0. `reason` says why it is left out; "" for one that goes along."""

    member: int
    image: int
    reason: str = ""


def fit_cast(
    model: ImageModel, members: Sequence[Member], given: Sequence[ReferenceRole] = (), others: int = 0
) -> tuple[CastImage, ...]:
    """The images of the members that are in a shot, in the order of their importance, those left out among them.

    Assigned by hand before in view, large before small, then in the list's order; each member's first image before
    any second one. `given` are the roles of the artist's own references, `others` the number of images that go besides:
    what is captured, guides, earlier frames. Neither is ever displaced.
    """
    used = Counter(_find_slot(model, role) for role in given)
    total = len(given) + others
    fitted: list[CastImage] = []
    for member, image in _rank(members):
        slot = _find_slot(model, ROLES[members[member].kind])
        reason = _find_reason(model, slot, used[slot], total)
        if not reason:
            used[slot] += 1
            total += 1
        fitted.append(CastImage(member, image, reason))
    return tuple(fitted)


def compose_sheet_prompt(description: str, prompt: str) -> str:
    """The prompt for a sheet of a member, with the artist's own words about the look behind it."""
    sides = "front, three-quarter, side and back"
    first = f"A model sheet of {description}. It shows the same subject four times: {sides}, on a plain ground."
    return "\n\n".join(part for part in (first, prompt.strip()) if part)


def find_unpictured(members: Sequence[Member]) -> tuple[Member, ...]:
    """The members that are in a shot and have no image."""
    return tuple(member for member in members if member.is_present and not member.images)


def _rank(members: Sequence[Member]) -> list[tuple[int, int]]:
    present = [n for n, member in enumerate(members) if member.is_present]
    present.sort(key=lambda n: (members[n].attendance is not Attendance.ALWAYS, -members[n].size, n))
    most = max((len(members[n].images) for n in present), default=0)
    return [(n, image) for image in range(most) for n in present if image < len(members[n].images)]


def _find_slot(model: ImageModel, role: str) -> str:
    """The slot that a role takes; "" where the model does not tell roles apart."""
    return role if role in model.slots else "OBJECT" if model.slots else ""


def _find_reason(model: ImageModel, slot: str, used: int, total: int) -> str:
    if total >= model.max_references:
        return f"{model.label} takes {model.max_references} images in all."
    if slot and used >= model.slots[slot]:
        words = _SLOT_WORDS[slot] if len(model.slots) > 1 else "references"
        return f"{model.label} keeps to {model.slots[slot] or 'no'} {words}."
    return ""
