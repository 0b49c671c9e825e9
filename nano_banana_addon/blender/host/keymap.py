# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the keymap: without a key, so that none is taken from Blender or the artist, who gives them one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ...light_tuple import LightTuple


class Entry(LightTuple):
    """An operator in a keymap of Blender; `menu` is what a pie menu's operator opens."""

    keymap: str
    space: str
    operator: str
    menu: str = ""


_PIE = "NANO_BANANA_MT_pie"
ENTRIES = (
    Entry("3D View", "VIEW_3D", "wm.call_menu_pie", _PIE),
    Entry("Image", "IMAGE_EDITOR", "wm.call_menu_pie", _PIE),
    Entry("Node Editor", "NODE_EDITOR", "wm.call_menu_pie", _PIE),
    Entry("Window", "EMPTY", "nano_banana.show_tab"),
    Entry("Window", "EMPTY", "nano_banana.open_workspace"),
)
_added: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    """Add the entries. Without a window Blender has no keymaps."""
    config = bpy.context.window_manager.keyconfigs.addon
    for entry in ENTRIES if config else ():
        keymap = config.keymaps.new(name=entry.keymap, space_type=entry.space)
        item = keymap.keymap_items.new(entry.operator, "NONE", "PRESS")
        if entry.menu:
            item.properties.name = entry.menu
        _added.append((keymap, item))


def unregister() -> None:
    """Remove them."""
    while _added:
        keymap, item = _added.pop()
        keymap.keymap_items.remove(item)


def list_items() -> Iterator[tuple[bpy.types.KeyConfig, bpy.types.KeyMap, bpy.types.KeyMapItem]]:
    """The entries as the artist has set them, for the preferences."""
    config = bpy.context.window_manager.keyconfigs.user
    for entry in ENTRIES if config else ():
        keymap = config.keymaps.get(entry.keymap)
        for item in keymap.keymap_items if keymap else ():
            if item.idname == entry.operator and (not entry.menu or _names(item.properties) == entry.menu):
                yield config, keymap, item


def _names(properties: Any) -> str:
    return str(getattr(properties, "name", ""))
