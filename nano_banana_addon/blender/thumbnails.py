# SPDX-License-Identifier: GPL-3.0-or-later
"""Icons of pictures on the disk. Blender reads them in the background when they are first drawn."""

from __future__ import annotations

from pathlib import Path

import bpy
import bpy.utils.previews

_collections: list[bpy.utils.previews.ImagePreviewCollection] = []


def register() -> None:
    """Make the collection that owns the icons."""
    _collections.append(bpy.utils.previews.new())


def unregister() -> None:
    """Free all icons."""
    while _collections:
        bpy.utils.previews.remove(_collections.pop())


def load(path: str) -> int:
    """The icon of a picture, read now if it is new; 0 when there is none."""
    if not _collections or not path:
        return 0
    icons = _collections[0]
    if path not in icons:
        if not Path(path).is_file():
            return 0
        icons.load(path, path, "IMAGE")
    return icons[path].icon_id


def icon(path: str) -> int:
    """The icon of a picture that was loaded, else 0. For draw()."""
    if not _collections or path not in _collections[0]:
        return 0
    return _collections[0][path].icon_id
