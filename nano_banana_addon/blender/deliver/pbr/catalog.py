# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog of the materials that are made here, which an asset library's folder names in a file."""

from __future__ import annotations

import logging
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ....core.errors import NanoBananaError
from ....identity import DISPLAY_NAME

log = logging.getLogger(__name__)

CATALOG = "5f0d6a5e-39c5-4f0e-9c9e-6b1d7a0b8c41"
_FILE = "blender_assets.cats.txt"
_HEADER = "VERSION 1\n\n"


def list_libraries(blend_path: str) -> list[Path]:
    """The folders of the preferences' asset libraries that a file lies in."""
    libraries = bpy.context.preferences.filepaths.asset_libraries
    folders = [Path(library.path) for library in libraries if library.path]
    return [folder for folder in folders if blend_path and folder in Path(blend_path).parents]


def write(folder: Path) -> None:
    """Name the catalog of materials in an asset library's folder, which keeps those it has.

    Raises `NanoBananaError` DISK.
    """
    from ....core.files import convert_write_errors, write_whole  # not when Blender starts

    path = folder / _FILE
    with convert_write_errors(path):
        text = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else _HEADER
        if CATALOG not in text:
            line = f"{CATALOG}:{DISPLAY_NAME}/Materials:{DISPLAY_NAME}-Materials\n"
            text = f"{text.rstrip()}\n\n{line}" if text != _HEADER else text + line
            write_whole(path, lambda file: file.write(text.encode(errors="surrogateescape")), private=False)


@persistent
def _handle_save(*arguments: object) -> None:
    """A file with such materials that is saved in a library brings the catalog along."""
    path = next((each for each in arguments if isinstance(each, str) and each), bpy.data.filepath)
    folders = list_libraries(bpy.path.abspath(path))
    own = (each for each in bpy.data.materials if each.library is None and each.asset_data)
    if folders and any(each.asset_data.catalog_id == CATALOG for each in own):
        for folder in folders:
            try:
                write(folder)
            except NanoBananaError as error:  # the file itself was saved
                log.warning("the catalog of materials was not named: %s", error)


def register() -> None:
    """Begin to watch saving."""
    bpy.app.handlers.save_post.append(_handle_save)


def unregister() -> None:
    """End it."""
    if _handle_save in bpy.app.handlers.save_post:
        bpy.app.handlers.save_post.remove(_handle_save)
