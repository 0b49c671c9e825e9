# SPDX-License-Identifier: GPL-3.0-or-later
"""From the name in a request back to the data-block, minutes or days later."""

from __future__ import annotations

import os
from dataclasses import dataclass

import bpy

from ....core.scene.capture import DataBlockRef
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
class LookupResult:
    """The data-block, or None and why there is none."""

    block: bpy.types.ID | None = None
    note: str = ""


def find_datablock(name: DataBlockRef, blend_path: str = "") -> LookupResult:
    """The data-block that a request named.

    While the same file stays open it is known by `session_uid`, whatever it is called now. After that only its type,
    name and library in the .blend at `blend_path` are left.
    """
    blocks = getattr(bpy.data, _COLLECTIONS.get(name.type, ""), None)
    if blocks is None:
        return LookupResult(note=f'"{name.name}" is of an unknown type ({name.type}).')
    if name.session_uid and name.file_session == file_session.current_load_id():
        block = _find_by_uid(blocks, name)
    elif _is_same_file(blend_path):
        block = _find_by_name(blocks, name)
    else:
        return LookupResult(note=f'"{name.name}" belongs to another file ({_title(blend_path)}). {_LATER_NOTE}')
    return (
        LookupResult(block) if block else LookupResult(note=f'"{name.name}" is no longer in this file. {_LATER_NOTE}')
    )


_LATER_NOTE = "The image stays in the history: select where it should go and apply it."


def find_edit_blocker(block: bpy.types.ID) -> str:
    """Words if a data-block is linked and cannot be changed here, else ""."""
    if block.library is None and block.is_editable:
        return ""
    source = bpy.path.basename(block.library.filepath) if block.library else "another file"
    return (
        f'"{block.name}" is linked from {source} and cannot be changed here.'
        " Make it editable with Object > Library Override > Make, or open that file."
    )


def _find_by_uid(blocks: bpy.types.bpy_prop_collection, name: DataBlockRef) -> bpy.types.ID | None:
    candidate = blocks.get(name.name)
    if candidate is not None and candidate.session_uid == name.session_uid:
        return candidate
    return next((b for b in blocks if b.session_uid == name.session_uid), None)


def _find_by_name(blocks: bpy.types.bpy_prop_collection, name: DataBlockRef) -> bpy.types.ID | None:
    if not name.library:
        return blocks.get((name.name, None))
    matches = (b for b in blocks if b.name == name.name and b.library)
    return next((b for b in matches if b.library.filepath == name.library), None)


def _is_same_file(blend_path: str) -> bool:
    return bool(blend_path) and os.path.normcase(blend_path) == os.path.normcase(bpy.data.filepath)


def _title(blend_path: str) -> str:
    return bpy.path.basename(blend_path) or "one that was not saved"
