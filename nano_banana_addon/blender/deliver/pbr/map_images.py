# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a material as images of the file, with the colour space that each needs."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path

import bpy

from ....core.material.values import Map, MaterialSet
from ..datablocks import files, image, ownership_tags
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.files import ImageStorage
from ..datablocks.ownership_tags import Role

#: The fact by which a map that was changed and saved is known: its file's length in bytes.
_LENGTH = "length"


def load(
    maps: MaterialSet, storage_choice: ImageStorage, log: DeliveryLog, undo: ExitStack
) -> dict[Map, bpy.types.Image]:
    """An image for each map: those that are in the file already, else new ones.

    Raises `NanoBananaError` for a file that cannot be read; what was made is taken back by `undo`.
    """
    return {name: _load(name, Path(maps.files[name]), storage_choice, log, undo) for name in Map if name in maps.files}


def _load(name: Map, path: Path, storage_choice: ImageStorage, log: DeliveryLog, undo: ExitStack) -> bpy.types.Image:
    if (present := _find_present(path)) is not None:
        if storage_choice is ImageStorage.PACK and present.packed_file is None:
            image.pack_image(present)
        return present
    placed = files.place_file(path, path.name, storage_choice)
    undo.callback(files.remove_placed_file, placed)
    log.add_note(placed.note)
    loaded = image.open_file(placed.path)
    undo.callback(bpy.data.images.remove, loaded)
    # Before anything reads pixels: Blender converts them once, while it reads the file.
    loaded.colorspace_settings.is_data = name is not Map.COLOUR
    loaded.name = path.stem
    if placed.path != path and bpy.data.filepath:
        loaded.filepath = bpy.path.relpath(str(placed.path))
    if storage_choice is ImageStorage.PACK:
        image.pack_image(loaded)
    ownership_tags.set_role(loaded, Role.MAP)
    ownership_tags.set_fact(loaded, "map", str(path))
    ownership_tags.set_fact(loaded, _LENGTH, _measure(loaded))
    return loaded


def _find_present(path: Path) -> bpy.types.Image | None:
    own = ownership_tags.find_by_role(bpy.data.images, Role.MAP)
    return next((i for i in own if ownership_tags.get_fact(i, "map") == str(path) and files.is_there(i)), None)


def find_source(own: bpy.types.Image) -> Path | None:
    """The file of the store that a map was loaded from; None for another image."""
    if not ownership_tags.has_role(own, Role.MAP):
        return None
    path = str(ownership_tags.get_fact(own, "map", ""))
    return Path(path) if path else None


def remove_unused(log: DeliveryLog | None = None) -> None:
    """Remove the maps that no material uses.

    With a log, one that was changed by hand since it was made becomes the artist's own image, packed, and it says so.
    """
    for own in list(ownership_tags.find_by_role(bpy.data.images, Role.MAP)):
        if own.users - int(own.use_fake_user) > 0:
            continue
        if log is not None and _is_edited(own):
            _hand_over(own)
            log.add_note(f"{own.name!r} was changed by hand: it stays in this file as an image of its own.")
        else:
            bpy.data.images.remove(own)


def _is_edited(own: bpy.types.Image) -> bool:
    """Whether pixels are not saved, or the file has another length than the map that was loaded."""
    length = _measure(own)
    return own.is_dirty or (length > 0 and length != ownership_tags.get_fact(own, _LENGTH, length))


def _measure(own: bpy.types.Image) -> int:
    """The length of its file in bytes; 0 where that is gone."""
    if own.packed_file is not None:
        return int(own.packed_file.size)
    with suppress(OSError):
        return Path(bpy.path.abspath(own.filepath)).stat().st_size
    return 0


def _hand_over(own: bpy.types.Image) -> None:
    own.use_fake_user = True
    with suppress(RuntimeError):
        own.pack()  # the library's folder may compute its file anew
    ownership_tags.clear(own)
