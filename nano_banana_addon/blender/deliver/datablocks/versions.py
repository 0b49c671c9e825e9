# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that were delivered into one node group: all are kept, one is shown.

Each version is a pointer to its image (so that Blender counts it as used and saves it) and a JSON text with how it lies
there. They are custom properties of the node group.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import bpy

from ....core.errors import InputError
from . import ownership_tags


@dataclass(frozen=True, slots=True)
class Version:
    """One delivered picture and how it lies; `image` is None if it was removed from the file."""

    index: int
    image: bpy.types.Image | None
    facts: dict[str, Any]


def count(group: bpy.types.NodeTree) -> int:
    """How many versions a group has."""
    return int(ownership_tags.get_fact(group, "versions", 0))


def current(group: bpy.types.NodeTree) -> int:
    """The index of the version that is shown; -1 if there is none."""
    return int(ownership_tags.get_fact(group, "version", -1))


def get_version(group: bpy.types.NodeTree, index: int) -> Version:
    """One version. Raises `InputError` for an index that does not exist."""
    if not 0 <= index < count(group):
        raise InputError(
            f"There is no version {index} here.",
            next_step=f"Choose one from 0 to {count(group) - 1}.",
        )
    facts = json.loads(ownership_tags.get_fact(group, f"facts_{index}", "{}"))
    return Version(index, ownership_tags.get_fact(group, f"image_{index}"), facts)


def find_shown_image(group: bpy.types.NodeTree) -> bpy.types.Image | None:
    """The image that a group shows, without the facts of its version; None without one. For draw()."""
    image: bpy.types.Image | None = ownership_tags.get_fact(group, f"image_{current(group)}")
    return image


def list_versions(group: bpy.types.NodeTree) -> tuple[Version, ...]:
    """Every version, oldest first."""
    return tuple(get_version(group, index) for index in range(count(group)))


def add_version(group: bpy.types.NodeTree, image: bpy.types.Image, facts: dict[str, Any]) -> Version:
    """Add a version, or renew the one that shows the same image, and make it the current one."""
    matches = [version.index for version in list_versions(group) if version.image == image]
    index = matches[0] if matches else count(group)
    ownership_tags.set_fact(group, f"image_{index}", image)
    ownership_tags.set_fact(group, f"facts_{index}", json.dumps(facts))
    ownership_tags.set_fact(group, "versions", max(count(group), index + 1))
    set_current(group, index)
    return get_version(group, index)


def set_current(group: bpy.types.NodeTree, index: int) -> None:
    """Record which version is shown."""
    ownership_tags.set_fact(group, "version", index)


def snapshot(group: bpy.types.NodeTree) -> list[Version]:
    """The versions as they are, for `restore`."""
    return list(list_versions(group))


def restore(group: bpy.types.NodeTree, versions: list[Version], current_index: int) -> None:
    """Make the versions those of a snapshot again."""
    for index in range(count(group)):
        ownership_tags.set_fact(group, f"image_{index}", None)
        ownership_tags.set_fact(group, f"facts_{index}", None)
    for version in versions:
        ownership_tags.set_fact(group, f"image_{version.index}", version.image)
        ownership_tags.set_fact(group, f"facts_{version.index}", json.dumps(version.facts))
    ownership_tags.set_fact(group, "versions", len(versions))
    set_current(group, current_index)


def require_image(version: Version) -> bpy.types.Image:
    """The version's image. Raises `InputError` if it is gone."""
    if version.image is None:
        raise InputError(
            f"The image of version {version.index} was removed from this file.",
            next_step="Apply the image again from the history.",
        )
    return version.image
