# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a list in Blender's properties whose active entry an index beside it names."""

from __future__ import annotations

from typing import Any


def remove_active(group: Any, entries: str, index: str) -> None:
    """Remove the active entry, if there is one; the one after it becomes active. By the names of two properties."""
    items, active = getattr(group, entries), getattr(group, index)
    if active < len(items):
        items.remove(active)
        setattr(group, index, max(min(active, len(items) - 1), 0))


def move_active(group: Any, entries: str, index: str, step: int) -> None:
    """Move the active entry by some places, within the list."""
    items, active = getattr(group, entries), getattr(group, index)
    if active < len(items) and 0 <= active + step < len(items):
        items.move(active, active + step)
        setattr(group, index, active + step)
