# SPDX-License-Identifier: GPL-3.0-or-later
"""Which opening of which file this is: `session_uid` of data-blocks holds only within one."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import bpy
from bpy.app.handlers import persistent

from ...core.scene import capture

_state = {"id": uuid.uuid4().hex}
#: Called after a file was loaded or reverted, with no arguments.
_listeners: list[Callable[[], None]] = []


def current_load_id() -> str:
    """The name of the present opening; another after each load, revert or new file."""
    return _state["id"]


def reference_to(data: bpy.types.ID, kind: str) -> capture.DataBlockRef:
    """How a data-block is found again; `deliver.find` does that."""
    library = data.library.filepath if data.library else ""
    return capture.DataBlockRef(kind, data.name, library, data.session_uid, current_load_id())


def on_load(listener: Callable[[], None]) -> None:
    """Call `listener` after each load. Adding one twice has no effect."""
    if listener not in _listeners:
        _listeners.append(listener)


@persistent
def _handle_load(*_: object) -> None:
    _state["id"] = uuid.uuid4().hex
    for listener in _listeners:
        listener()


def register() -> None:
    """Begin to watch loading."""
    bpy.app.handlers.load_post.append(_handle_load)


def unregister() -> None:
    """End it, and forget the listeners."""
    if _handle_load in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_handle_load)
    _listeners.clear()
