# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks by which data-blocks that were made here are known again; only those are ever removed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

import bpy

from ....identity import ID_TAG


class Role(StrEnum):
    """What a marked data-block is for."""

    IMAGE = "image"
    MATERIAL_GROUP = "material group"
    MATERIAL = "material"  # a material that was made here, or a copy of a shared one
    PBR_GROUP = "pbr group"  # the maps of a material
    PBR_MATERIAL = "pbr material"  # a material with maps, which is wholly from here
    MAP = "map"  # an image of such a material
    COMPOSITOR_GROUP = "compositor group"
    COMPOSITOR_TREE = "compositor tree"
    MASK_GROUP = "mask group"  # of a layer of the compositor
    STORYBOARD = "storyboard"
    ANIMATIC = "animatic"  # the scene of a video, while that is rendered
    VIEW_CAMERA = "view camera"  # shows where an object will be painted from
    CHECK = "check"  # a picture for judging a texture


def set_role(block: bpy.types.ID, role: Role) -> None:
    """Say that a data-block was made here."""
    block[ID_TAG] = role.value


def has_role(block: Any, role: Role) -> bool:
    """Whether a data-block was made here for this."""
    return block is not None and block.get(ID_TAG) == role.value


def get_fact(block: Any, name: str, default: Any = None) -> Any:
    """What was recorded on a block under a name; the default also where a file holds another kind of value there."""
    value = block.get(f"{ID_TAG}_{name}", default)
    kind: Any = str if isinstance(default, str) else (int, float) if isinstance(default, (int, float)) else object
    return value if isinstance(value, kind) else default


def get_count(block: Any, name: str) -> int:
    """A recorded number of entries. Each has a property of its own, so that a hostile file cannot name millions."""
    return int(max(0, min(get_fact(block, name, 0), len(block.keys()))))


def get_json(block: Any, name: str, default: Any) -> Any:
    """A value that was recorded as JSON; the default also where a file holds none of its kind."""
    try:
        value = json.loads(get_fact(block, name, ""))
    except (ValueError, RecursionError):
        return default
    return value if isinstance(value, type(default)) else default


def is_recorded(block: bpy.types.ID, name: str) -> bool:
    """Whether anything was recorded on a block under a name, also a data-block that is gone now."""
    return f"{ID_TAG}_{name}" in block.keys()  # noqa: SIM118 -- not a dict


def set_fact(block: Any, name: str, value: Any) -> None:
    """Record a number, a text or a data-block (which then counts as used); None removes it."""
    key = f"{ID_TAG}_{name}"
    if value is None:
        block.pop(key, None)
    else:
        block[key] = value


def clear(block: Any) -> None:
    """Forget that a data-block was made here, and all that was recorded on it: it is the artist's now."""
    for key in [each for each in list(block.keys()) if each == ID_TAG or each.startswith(f"{ID_TAG}_")]:
        del block[key]


def clean_text(text: str) -> str:
    """A text that Blender can store: no lone surrogates, no zero characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def find_by_role(blocks: Iterable[bpy.types.ID], role: Role) -> Iterator[bpy.types.ID]:
    """Those of some data-blocks that were made here for this and can be changed."""
    return (b for b in list(blocks) if has_role(b, role) and b.library is None)


def remove_by_role(blocks: bpy.types.bpy_prop_collection, role: Role) -> int:
    """Remove the data-blocks that were made here for this; how many."""
    tagged = list(find_by_role(blocks, role))
    for block in tagged:
        blocks.remove(block)
    return len(tagged)
