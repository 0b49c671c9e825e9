# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of notes in the panel: what is added is chosen and sent."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from mathutils import Vector

from ..blender.notes import scene_notes
from ..identity import SCENE_PROPERTY


def add(context: bpy.types.Context, place: Sequence[float] | None, name: str, text: str) -> bpy.types.Object:
    """Add a note at a place of the world (None: the 3D cursor) that follows a named object ("": the selected one).

    Raises `InputError` for a scene that cannot be changed.
    """
    scene, group = context.scene, getattr(context.scene, SCENE_PROPERTY)
    active = context.view_layer.objects.active
    item = bpy.data.objects.get(name) if name else active if active and active.select_get() else None
    if place is None and item in scene_notes.list_notes(scene):  # the note before: one beside it, not on it
        item = item.parent
    note = scene_notes.add(scene, Vector(scene.cursor.location if place is None else place), item, text)
    group.notes, group.active_note = True, len(scene_notes.list_notes(scene)) - 1
    return note


def remove_active(context: bpy.types.Context) -> None:
    """Remove the active note; the one after it becomes active. Raises `InputError` if there is none."""
    group = getattr(context.scene, SCENE_PROPERTY)
    scene_notes.remove(context.scene, group.active_note + 1)
    group.active_note = max(min(group.active_note, len(scene_notes.list_notes(context.scene)) - 1), 0)


def find_active(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active note. For draw()."""
    notes, index = scene_notes.list_notes(context.scene), getattr(context.scene, SCENE_PROPERTY).active_note
    return notes[index] if index < len(notes) else None
