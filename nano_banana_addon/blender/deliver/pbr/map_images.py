# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of a material as images of the file, with the colour space that each needs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import bpy

from ....core.material.values import Map, MaterialSet
from ..datablocks import files, image, ownership_tags
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.files import ImageStorage
from ..datablocks.ownership_tags import Role


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


def remove_unused() -> None:
    """Remove the maps that no material uses."""
    for own in ownership_tags.find_by_role(bpy.data.images, Role.MAP):
        if own.users - int(own.use_fake_user) <= 0:
            bpy.data.images.remove(own)
