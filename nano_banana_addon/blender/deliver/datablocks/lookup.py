# SPDX-License-Identifier: GPL-3.0-or-later
"""From the name in a request back to the data-block, minutes or days later."""

from __future__ import annotations

import os
from dataclasses import dataclass

import bpy

from ....core.request import DataName
from ...host import file_session

_COLLECTIONS = {
    "OBJECT": "objects",
    "SCENE": "scenes",
    "MATERIAL": "materials",
    "IMAGE": "images",
    "CAMERA": "cameras",
    "MESH": "meshes",
    "COLLECTION": "collections",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The data-block, or None and why there is none."""

    block: bpy.types.ID | None = None
    note: str = ""


def find(name: DataName, blend_path: str = "") -> Found:
    """The data-block that a request named.

    While the same file stays open it is known by `session_uid`, whatever it is called now. After
    that only its type, name and library in the .blend at `blend_path` are left.
    """
    blocks = getattr(bpy.data, _COLLECTIONS.get(name.type, ""), None)
    if blocks is None:
        return Found(note=f'"{name.name}" is of a type that is not known here ({name.type}).')
    if name.session_uid and name.file_session == file_session.current():
        block = _by_uid(blocks, name)
    elif _same_file(blend_path):
        block = _by_name(blocks, name)
    else:
        return Found(note=f'"{name.name}" belongs to another file ({_title(blend_path)}). {_LATER}')
    return Found(block) if block else Found(note=f'"{name.name}" is no longer in this file. {_LATER}')


_LATER = "The picture stays in the history: select where it should go and apply it."


def why_not_editable(block: bpy.types.ID) -> str:
    """Words if a data-block is linked and cannot be changed here, else ""."""
    if block.library is None and block.is_editable:
        return ""
    source = bpy.path.basename(block.library.filepath) if block.library else "another file"
    return (
        f'"{block.name}" is linked from {source} and cannot be changed here.'
        " Make it editable with Object > Library Override > Make, or open that file."
    )


def _by_uid(blocks: bpy.types.bpy_prop_collection, name: DataName) -> bpy.types.ID | None:
    likely = blocks.get(name.name)
    if likely is not None and likely.session_uid == name.session_uid:
        return likely
    return next((b for b in blocks if b.session_uid == name.session_uid), None)


def _by_name(blocks: bpy.types.bpy_prop_collection, name: DataName) -> bpy.types.ID | None:
    if not name.library:
        return blocks.get((name.name, None))
    same = (b for b in blocks if b.name == name.name and b.library)
    return next((b for b in same if b.library.filepath == name.library), None)


def _same_file(blend_path: str) -> bool:
    return bool(blend_path) and os.path.normcase(blend_path) == os.path.normcase(bpy.data.filepath)


def _title(blend_path: str) -> str:
    return bpy.path.basename(blend_path) or "one that was not saved"
