# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that were delivered into one node group: all are kept, one is shown.

Each version is a pointer to its image (so that Blender counts it as used and saves it) and a JSON text with how it lies
there. They are custom properties of the node group.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bpy

from ....core.errors import InputError
from . import ownership_tags

#: What a version may have besides its picture: further maps of the surface, by the names of a shader's inputs.
MAP_NAMES = ("Roughness", "Metallic")
Maps = Mapping[str, bpy.types.Image]


@dataclass(frozen=True, slots=True)
class Version:
    """One delivered picture and how it lies, with its maps; `image` is None if it was removed from the file."""

    index: int
    image: bpy.types.Image | None
    facts: dict[str, Any]
    maps: dict[str, bpy.types.Image] = field(default_factory=dict[str, bpy.types.Image])


def count(group: bpy.types.NodeTree) -> int:
    """How many versions a group has."""
    return ownership_tags.get_count(group, "versions")


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
    facts = ownership_tags.get_json(group, f"facts_{index}", {})
    images = {name: ownership_tags.get_fact(group, f"{name.lower()}_{index}") for name in MAP_NAMES}
    maps = {name: image for name, image in images.items() if image is not None}
    return Version(index, ownership_tags.get_fact(group, f"image_{index}"), facts, maps)


def find_shown_image(group: bpy.types.NodeTree) -> bpy.types.Image | None:
    """The image that a group shows, without the facts of its version; None without one. For draw()."""
    image: bpy.types.Image | None = ownership_tags.get_fact(group, f"image_{current(group)}")
    return image


def list_versions(group: bpy.types.NodeTree) -> tuple[Version, ...]:
    """Every version, oldest first."""
    return tuple(get_version(group, index) for index in range(count(group)))


def add_version(
    group: bpy.types.NodeTree, image: bpy.types.Image, facts: dict[str, Any], maps: Maps | None = None
) -> Version:
    """Add a version, or renew the one that shows the same image, and make it the current one."""
    matches = [version.index for version in list_versions(group) if version.image == image]
    index = matches[0] if matches else count(group)
    _store(group, Version(index, image, facts, dict(maps or {})))
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
        _store(group, Version(index, None, {}))
        ownership_tags.set_fact(group, f"facts_{index}", None)
    for version in versions:
        _store(group, version)
    ownership_tags.set_fact(group, "versions", len(versions))
    set_current(group, current_index)


def _store(group: bpy.types.NodeTree, version: Version) -> None:
    ownership_tags.set_fact(group, f"image_{version.index}", version.image)
    ownership_tags.set_fact(group, f"facts_{version.index}", json.dumps(version.facts))
    for name in MAP_NAMES:
        ownership_tags.set_fact(group, f"{name.lower()}_{version.index}", version.maps.get(name))


def require_image(version: Version) -> bpy.types.Image:
    """The version's image. Raises `InputError` if it is gone."""
    if version.image is None:
        raise InputError(
            f"The image of version {version.index} was removed from this file.",
            next_step="Apply the image again from the history.",
        )
    return version.image
