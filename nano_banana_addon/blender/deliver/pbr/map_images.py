# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a material as images of the file, with the colour space that each needs."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path

import bpy

from ....core.material.values import Map, MaterialSet
from ..datablocks import copy_ahead as copying
from ..datablocks import files, image, ownership_tags
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.files import ImageStorage
from ..datablocks.ownership_tags import Role

#: The fact by which a map that was changed and saved is known: its file's length in bytes.
_LENGTH = "length"


def load(
    maps: MaterialSet, storage_choice: ImageStorage, log: DeliveryLog, undo: ExitStack, *, is_new: bool
) -> dict[Map, bpy.types.Image]:
    """An image for each map: those that are in the file already, else new ones.

    A new material gets none that was painted on; one that is there keeps those that it has. Raises `NanoBananaError`
    for a file that cannot be read; what was made is taken back by `undo`.
    """
    files_of_maps = _list_paths(maps)
    present = {name: _find_present(path, is_edited=not is_new) for name, path in files_of_maps.items()}
    for name, own in present.items():
        if own is not None:
            image.move_file(own, files_of_maps[name], files_of_maps[name].name, storage_choice)
    return {n: present[n] or _load(n, path, storage_choice, log, undo) for n, path in files_of_maps.items()}


def copy_ahead(maps: MaterialSet, folder: Path) -> None:
    """Make the copies that `load` places in `folder`, on any thread; it waits for them."""
    copying.copy_all(_list_paths(maps).values(), folder)


def _list_paths(maps: MaterialSet) -> dict[Map, Path]:
    return {name: Path(maps.files[name]) for name in Map if name in maps.files}


def are_ready(maps: MaterialSet, storage_choice: ImageStorage) -> bool:
    """Whether `load` need not wait for copies of new maps. If not, these were begun by threads: ask again."""
    missing = [path for path in _list_paths(maps).values() if _find_present(path, is_edited=True) is None]
    return all([files.is_ready(path, path.name, storage_choice) for path in missing])


def _load(name: Map, path: Path, storage_choice: ImageStorage, log: DeliveryLog, undo: ExitStack) -> bpy.types.Image:
    loaded = image.open_placed(path, path.name, storage_choice, log, undo)
    # Before anything reads pixels: Blender converts them once, while it reads the file.
    loaded.colorspace_settings.is_data = name is not Map.COLOUR
    loaded.name = path.stem
    ownership_tags.set_role(loaded, Role.MAP)
    ownership_tags.set_fact(loaded, "map", str(path))
    ownership_tags.set_fact(loaded, _LENGTH, _measure(loaded))
    return loaded


def _find_present(path: Path, *, is_edited: bool) -> bpy.types.Image | None:
    own = (
        i
        for i in ownership_tags.find_by_role(bpy.data.images, Role.MAP)
        if ownership_tags.get_fact(i, "map") == str(path)
    )
    return next((i for i in own if files.is_there(i) and (is_edited or not _is_edited(i))), None)


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
