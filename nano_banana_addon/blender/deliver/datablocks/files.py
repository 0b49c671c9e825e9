# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the file behind an image lies: beside the .blend, packed into it, or in the store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import bpy

from . import copy_ahead

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
    folder = _folder()
    try:
        path, made = copy_ahead.copied(source, folder, name)
        return Placed(path, made)
    except OSError as error:
        return Placed(
            source,
            note=f"The picture could not be copied to {folder} ({error.strerror or error});"
            " the image uses the file in the history's folder.",
        )


def ready(source: Path, name: str, keep: Keep) -> bool:
    """Whether `place` would return at once. If not, what takes its time has been begun in the
    background: ask again."""
    if keep is not Keep.BESIDE or not bpy.data.filepath:
        return True
    return copy_ahead.ready(source, _folder(), name)


def _folder() -> Path:
    return Path(bpy.data.filepath).parent / FOLDER


def take_back(placed: Placed) -> None:
    """Remove the copy that was made, and the folder if it is empty now."""
    if not placed.made:
        return
    placed.path.unlink(missing_ok=True)
    if not any(placed.path.parent.iterdir()):
        placed.path.parent.rmdir()
