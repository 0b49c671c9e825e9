# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's list of cast members, and its edits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import bpy

from ....blender.host import list_edits
from ....core.errors import InputError
from ....core.storyboard.cast import Attendance, CastKind, Member
from ....core.storyboard.shot import Shot
from ....identity import SCENE_PROPERTY
from ....session import thumbnails

_MAX_NAME = 60  # characters in a sentence of the prompt


def list_members(scene: bpy.types.Scene) -> Any:
    """The scene's cast. For draw()."""
    return getattr(scene, SCENE_PROPERTY).cast


def find_active(scene: bpy.types.Scene) -> Any | None:
    """The active member. For draw()."""
    group = getattr(scene, SCENE_PROPERTY)
    return group.cast[group.active_member] if group.active_member < len(group.cast) else None


def require_active(scene: bpy.types.Scene) -> Any:
    """The active member. Raises `InputError` without one."""
    member = find_active(scene)
    if member is None:
        raise InputError("The cast has no active member.", next_step="Add one, or choose one in the list.")
    return member


def find_member(scene: bpy.types.Scene, name: str) -> Any:
    """The member of a name. Raises `InputError` if there is none."""
    member = list_members(scene).get(name)
    if member is None:
        names = ", ".join(shorten_name(each) for each in list_members(scene)[:10]) or "nobody"
        raise InputError(f"The cast has no member {name[:_MAX_NAME]!r}.", next_step=f"It has {names}.")
    return member


def add(scene: bpy.types.Scene, kind: str, name: str = "", objects: Sequence[bpy.types.Object] = ()) -> Any:
    """Append a member that is seen by an object, with its children, or by the collection that holds several."""
    group = getattr(scene, SCENE_PROPERTY)
    member = group.cast.add()
    member.member_id, member.kind = uuid.uuid4().hex, kind
    item = objects[0] if len(objects) == 1 else find_common_collection(objects)
    if isinstance(item, bpy.types.Object):
        member.object = item
    elif item is not None:
        member.collection = item
    member.name = _make_unique(group.cast, name or (item.name if item else CastKind(kind).value.title()))
    group.active_member = len(group.cast) - 1
    return member


def _make_unique(cast: Any, name: str) -> str:
    """Members are named in prompts and on the command line: each has a name of its own."""
    names, base, number = {member.name for member in cast}, name, 2
    while name in names:
        name, number = f"{base} {number}", number + 1
    return name


def find_common_collection(objects: Sequence[bpy.types.Object]) -> bpy.types.Collection | None:
    """The collection that holds all objects and is not a scene's own."""
    shared = set.intersection(*(set(item.users_collection) for item in objects)) if objects else set()
    return min((c for c in shared if c.name in bpy.data.collections), key=lambda c: c.name, default=None)


def add_image(member: Any, *, path: str = "", image: bpy.types.Image | None = None) -> None:
    """Append a file or a data-block to a member's images, or with neither an empty entry."""
    entry = member.images.add()
    entry.path, entry.image = path, image
    entry.name = image.name if image else bpy.path.basename(path)
    member.active_image = len(member.images) - 1
    if path:
        thumbnails.load(bpy.path.abspath(path))


def remove_image(member: Any) -> None:
    """Remove a member's active image from its list."""
    list_edits.remove_active(member, "images", "active_image")


def remove_active(scene: bpy.types.Scene) -> None:
    """Remove the active member; its images stay in the file."""
    list_edits.remove_active(getattr(scene, SCENE_PROPERTY), "cast", "active_member")


def move_active(scene: bpy.types.Scene, step: int) -> None:
    """Move the active member by one place."""
    list_edits.move_active(getattr(scene, SCENE_PROPERTY), "cast", "active_member", step)


def set_attendance(scene: bpy.types.Scene, shot: Shot, attendance: str) -> None:
    """Say whether the active member is in a shot. Raises `InputError` without a member."""
    provide_entry(require_active(scene), shot).attendance = attendance


def find_entry(member: Any, shot: Shot) -> Any | None:
    """What a member keeps of a shot: by its id, else by the name that its marker had."""
    entry = member.shots.get(shot.id) if shot.id else None
    return entry or member.shots.get(shot.name)


def provide_entry(member: Any, shot: Shot) -> Any:
    """The same, made if it is missing."""
    entry = find_entry(member, shot) or member.shots.add()
    entry.name = shot.id or shot.name
    return entry


def list_images(member: Any) -> list[Any]:
    """The entries of a member's images that are sent. For draw()."""
    return [entry for entry in member.images if entry.enabled]


def read_members(scene: bpy.types.Scene, shot: Shot) -> list[Member]:
    """The cast as the resolver takes it, as it was last seen in a shot. For draw()."""
    return [_read_member(member, find_entry(member, shot)) for member in list_members(scene)]


def _read_member(member: Any, entry: Any | None) -> Member:
    images = tuple(str(number) for number, _ in enumerate(list_images(member)))
    attendance = Attendance(entry.attendance) if entry else Attendance.AUTO
    return Member(member.name, CastKind(member.kind), images, attendance, entry.size if entry else 0.0)


def shorten_name(member: Any) -> str:
    """A member's name as it fits into a sentence."""
    return " ".join(member.name.split())[:_MAX_NAME] or "unnamed"


def describe(member: Any) -> str:
    """A member's name and description as one line, for the prompt."""
    return ": ".join(filter(None, (shorten_name(member), " ".join(member.description.split()))))
