# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the file behind an image lies: beside the .blend, packed into it, or in the store."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import bpy

from ....storage.files.layout import Home
from ...host import folders
from . import copy_ahead

FOLDER = "nano_banana"
_NOT_SAVED = (
    "The .blend was not saved yet, so this uses files in the library folder."
    " Save, then apply it again to have them next to the .blend."
)


class ImageStorage(StrEnum):
    """The artist's choice of where the pictures of a .blend lie."""

    BESIDE = "BESIDE"  # a copy in the folder nano_banana next to the .blend
    PACK = "PACK"  # in the .blend itself
    STORE = "STORE"  # a copy in the store, shared by all files


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """The file to load; `is_copy`: it was copied just now, and may be taken back; `is_packed`: it is to be packed."""

    path: Path
    is_copy: bool = False
    note: str = ""
    is_packed: bool = False


def place_file(source: Path, name: str, storage_choice: ImageStorage, *, is_received: bool = True) -> PlacedFile:
    """Put the picture where it should lie, its bytes unchanged. Falls back to the store, with a note.

    Blender writes to the file of an image that is painted on and saved. So a file that `is_received`, or of which other
    images may be made, is always copied, or else packed; one that was written for this .blend may stay in the store.
    """
    if storage_choice is ImageStorage.PACK:
        return PlacedFile(source, is_packed=True)
    note = ""
    if storage_choice is ImageStorage.BESIDE:
        try:
            if bpy.data.filepath:
                return PlacedFile(*copy_ahead.copy_beside(source, _folder(), name))
            note = _NOT_SAVED
        except OSError as error:
            note = _describe_failure(_folder(), error, "the image uses the file in the library folder")
    if not is_received:
        return PlacedFile(source, note=note)
    try:
        return PlacedFile(*copy_ahead.copy_beside(source, _open_shared_folder(), name), note)
    except OSError as error:
        return PlacedFile(source, note=_describe_failure(_shared_folder(), error, "it was packed"), is_packed=True)


def _describe_failure(folder: Path, error: OSError, consequence: str) -> str:
    return f"The image could not be copied to {folder} ({error.strerror or error}); {consequence}."


def place_tiles(sources: Sequence[Path], storage_choice: ImageStorage) -> list[PlacedFile]:
    """Put the files of an image's UDIM tiles, "name.1001.png" and so on, where they should lie: all there, or none.

    They get another common name where the folder has it.
    """
    stem = sources[0].name.partition(".")[0]
    is_beside = storage_choice is ImageStorage.BESIDE and bool(bpy.data.filepath)
    taken = {path.name.partition(".")[0] for path in _folder().glob("*")} if is_beside else set[str]()
    free = next(name for n in range(100_000) if (name := f"{stem}-{n}" if n else stem) not in taken)
    placed_files = [
        place_file(each, free + each.name.removeprefix(stem), storage_choice, is_received=False) for each in sources
    ]
    if len({placed_file.path.parent for placed_file in placed_files}) == 1:
        return placed_files
    for placed_file in placed_files:
        remove_placed_file(placed_file)
    note = next(placed_file.note for placed_file in placed_files if placed_file.note)
    return [PlacedFile(source, note=note) for source in sources]


def is_ready(source: Path, name: str, storage_choice: ImageStorage) -> bool:
    """Whether `place_file` would return at once. If not, what takes its time has been begun by a thread: ask again."""
    folder = find_copy_folder(storage_choice)
    if folder is None:
        return True
    if not copy_ahead.is_copy_ready(source, folder, name):
        return False
    has_failed = folder != _shared_folder() and copy_ahead.has_failed(source, folder, name)
    return not has_failed or copy_ahead.is_copy_ready(source, _open_shared_folder(), name)


def find_copy_folder(storage_choice: ImageStorage) -> Path | None:
    """Where the copy of a file is made; None for one that is packed."""
    if storage_choice is ImageStorage.PACK:
        return None
    is_beside = storage_choice is ImageStorage.BESIDE and bpy.data.filepath
    return _folder() if is_beside else _open_shared_folder()


def _folder() -> Path:
    return Path(bpy.data.filepath).parent / FOLDER


def _shared_folder() -> Path:
    return Path(os.path.normpath(Home(folders.home()).delivered))  # a folder of the preferences may have ".."


def _open_shared_folder() -> Path:
    """The folder, in a store that is there: a copy makes its own folder alone."""
    with suppress(OSError):  # the copy tells it
        folders.home().mkdir(mode=0o700, parents=True, exist_ok=True)
    return _shared_folder()


def is_shared(path: Path) -> bool:
    """Whether a file is a copy in the store."""
    return path.parent == _shared_folder()


def is_beside(path: Path) -> bool:
    """Whether a file lies beside the open .blend, so that its path is a relative one."""
    return bool(bpy.data.filepath) and path.parent == _folder()


def remove_placed_file(placed_file: PlacedFile) -> None:
    """Remove the copy that was made, and the folder if it is empty now."""
    if not placed_file.is_copy:
        return
    placed_file.path.unlink(missing_ok=True)
    if not any(placed_file.path.parent.iterdir()):
        placed_file.path.parent.rmdir()


def describe_missing(image: bpy.types.Image) -> str:
    """A note on an image whose file is not there, or ""."""
    if image.source == "GENERATED" or is_there(image):
        return ""
    return f'The file of the image "{image.name}" is missing: {bpy.path.abspath(image.filepath)}.'


def is_there(image: bpy.types.Image) -> bool:
    """Whether an image has its file, or is packed."""
    first = image.filepath.replace("<UDIM>", str(image.tiles[0].number)) if image.tiles else image.filepath
    return bool(image.packed_files) or Path(bpy.path.abspath(first)).is_file()
