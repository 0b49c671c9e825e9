# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the file behind an image lies: beside the .blend, packed into it, or in the store."""

from __future__ import annotations

import filecmp
import shutil
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import bpy

FOLDER = "nano_banana"


class Keep(StrEnum):
    """The artist's choice of where the pictures of a .blend lie."""

    BESIDE = "BESIDE"  # a copy in the folder nano_banana next to the .blend
    PACK = "PACK"  # in the .blend itself
    STORE = "STORE"  # where they were received, shared by all files


@dataclass(frozen=True, slots=True)
class Placed:
    """The file to load; `made` says that it was copied just now (and may be taken back)."""

    path: Path
    made: bool = False
    note: str = ""


def place(source: Path, name: str, keep: Keep) -> Placed:
    """Put the picture where it should lie, its bytes unchanged. Falls back to the store, with a
    note.
    """
    if keep is not Keep.BESIDE:
        return Placed(source)
    if not bpy.data.filepath:
        return Placed(
            source,
            note="The .blend is not saved yet, so the image uses the file in the history's folder."
            " Save, then apply the picture again to have it beside the .blend.",
        )
    folder = Path(bpy.data.filepath).parent / FOLDER
    try:
        return _copy(source, folder, name)
    except OSError as error:
        return Placed(
            source,
            note=f"The picture could not be copied to {folder} ({error.strerror or error});"
            " the image uses the file in the history's folder.",
        )


def _copy(source: Path, folder: Path, name: str) -> Placed:
    target = folder / name
    for count in range(1, 1000):
        if not target.exists():
            break
        if filecmp.cmp(source, target, shallow=False):
            return Placed(target)
        target = folder / f"{Path(name).stem}-{count}{Path(name).suffix}"
    folder.mkdir(exist_ok=True)
    _copy_whole(source, target)
    return Placed(target, made=True)


def _copy_whole(source: Path, target: Path) -> None:
    """All or nothing: a full disk leaves no half picture behind."""
    partial = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        shutil.copyfile(source, partial)
        partial.replace(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def take_back(placed: Placed) -> None:
    """Remove the copy that was made, and the folder if it is empty now."""
    if not placed.made:
        return
    placed.path.unlink(missing_ok=True)
    if not any(placed.path.parent.iterdir()):
        placed.path.parent.rmdir()
