# SPDX-License-Identifier: GPL-3.0-or-later
"""Icons of image files, in collections made for the first. Blender reads them in the background when they are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import bpy.utils.previews

#: Icons that stay (results, references), and those of the history's shown page.
_permanent_icons: list[bpy.utils.previews.ImagePreviewCollection] = []
_page_icons: list[bpy.utils.previews.ImagePreviewCollection] = []
#: When files that are written again were last seen changed.
_changes: dict[str, int] = {}


def free_all() -> None:
    """Free all icons."""
    for collections in (_permanent_icons, _page_icons):
        while collections:
            _import_previews().remove(collections.pop())


def load(path: str) -> int:
    """The icon of an image, loaded now if it is new; 0 when there is none."""
    return _load(_permanent_icons, path)


def refresh(path: str) -> int:
    """The icon of an image that may have been written again since it was loaded; 0 when there is none."""
    with suppress(OSError):
        changed = Path(path).stat().st_mtime_ns
        for collections in (_permanent_icons, _page_icons):
            if collections and path in collections[0] and _changes.get(path, changed) != changed:
                collections[0][path].reload()
        _changes[path] = changed
    return load(path)


def show_page(paths: Iterable[str]) -> None:
    """Load the icons of these images, and free those of the previous page.

    A long history would fill the memory otherwise: an icon takes a quarter of a megabyte.
    """
    path_set = {path for path in paths if path}
    for collection in _page_icons:
        for path in set(collection) - path_set:
            del collection[path]
    for path in path_set:
        _load(_page_icons, path)


def find_icon(path: str) -> int:
    """The icon of an image that was loaded, else 0. For draw()."""
    for collections in (_page_icons, _permanent_icons):
        if collections and path in collections[0]:
            return int(collections[0][path].icon_id)
    return 0


def find_entry_icon(entry: Any) -> int:
    """The icon of an entry of a list of images, a data-block or a file; 0 if there is none. For draw()."""
    if entry.image is not None:
        return int(entry.image.preview.icon_id) if entry.image.preview else 0
    return find_icon(entry.path)


def _load(collections: list[bpy.utils.previews.ImagePreviewCollection], path: str) -> int:
    if not path:
        return 0
    if not (collections and path in collections[0]):
        if not Path(path).is_file():
            return 0
        if not collections:
            collections.append(_import_previews().new())
        collections[0].load(path, path, "IMAGE")
    return int(collections[0][path].icon_id)


def _import_previews() -> Any:
    from bpy.utils import previews  # not when the add-on is enabled

    return previews
