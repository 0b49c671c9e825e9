# SPDX-License-Identifier: GPL-3.0-or-later
"""The notes of a scene: empties in a collection of their own, each with its instruction and an object that it follows.

A note's number is its place in the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import bpy
from mathutils import Vector

from ...core.errors import InputError
from ...core.settings import Settings
from ...identity import ID_TAG, NOTE_PROPERTY
from ..capture.sources import find_source
from ..capture.temporary import override_properties
from ..host import compat

COLLECTION_NAME = "Nano Banana Notes"
_ROLE = "notes"
_OBJECT = f"{ID_TAG}_object"  # the name of the object that the note was put on
_SIZES = (0.02, 0.5)  # of the empty, in units; in between, a part of its object
_SHARE = 0.03


def find_collection(scene: bpy.types.Scene) -> bpy.types.Collection | None:
    """The collection of a scene's notes."""
    return next((each for each in scene.collection.children_recursive if each.get(ID_TAG) == _ROLE), None)


def list_notes(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """The notes of a scene, from number 1."""
    collection = find_collection(scene)
    return [each for each in collection.objects if each.type == "EMPTY"] if collection else []


def has_marks(scene: bpy.types.Scene, settings: Settings) -> bool:
    """Whether there is anything to mark on a copy of what is captured. For draw()."""
    if not find_source(settings.source).has_view:
        return False
    has_notes = settings.notes and any(get_group(note).enabled for note in list_notes(scene))
    return has_notes or (settings.annotations and compat.get_annotation(scene) is not None)


def get_group(note: bpy.types.Object) -> Any:
    """The text of a note, and whether it is sent."""
    return getattr(note, NOTE_PROPERTY)


def has_lost_object(note: bpy.types.Object) -> bool:
    """Whether the object that a note was put on is gone; a note that was set free is not lost."""
    name = note.get(_OBJECT, "")
    return bool(name) and note.parent is None and name not in bpy.data.objects


def add(scene: bpy.types.Scene, place: Vector, item: bpy.types.Object | None, text: str = "") -> bpy.types.Object:
    """Add a note at a place of the world; it follows an object if one is given.

    Raises `InputError` for a linked scene, to which nothing can be added.
    """
    if scene.library:
        raise InputError("This scene is linked from another file.", next_step="Add notes in that file.")
    note = bpy.data.objects.new("Note", None)
    _require_collection(scene).objects.link(note)
    size = max(item.dimensions) * _SHARE if item else 0.0
    note.empty_display_type, note.empty_display_size = "SPHERE", min(max(size, _SIZES[0]), _SIZES[1])
    note.show_name = note.show_in_front = True
    note.location = place
    if item:
        note.parent = item
        note.matrix_parent_inverse = item.matrix_world.inverted_safe()
        note[_OBJECT] = item.name
    get_group(note).text = text
    _rename(scene)
    return note


def remove(scene: bpy.types.Scene, number: int) -> None:
    """Remove one note, and the collection with the last one. Raises `InputError` if there is no such note."""
    notes = list_notes(scene)
    if not 1 <= number <= len(notes):
        raise InputError(f"There is no note {number}.", next_step="Choose another one.")
    bpy.data.objects.remove(notes[number - 1])
    if len(notes) == 1:
        remove_all(scene)
    else:
        _rename(scene)


def remove_all(scene: bpy.types.Scene) -> int:
    """Remove all notes of a scene and their collection; how many."""
    notes, collection = list_notes(scene), find_collection(scene)
    bpy.data.batch_remove([*notes, *([collection] if collection and not collection.library else [])])
    return len(notes)


def find_place(note: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> Vector:
    """Where a note is in the world at the frame of the evaluated scene, also while its collection is hidden."""
    if note.parent is None or note.parent_type != "OBJECT":
        return note.evaluated_get(depsgraph).matrix_world.translation
    parent = note.parent.evaluated_get(depsgraph)
    return (parent.matrix_world @ note.matrix_parent_inverse @ note.matrix_basis).translation


@contextmanager
def hide(context: bpy.types.Context) -> Iterator[None]:
    """Let captures with overlays not show the notes. What is hidden is no longer selected, so that is restored too."""
    notes, objects = list_notes(context.scene), context.view_layer.objects
    active = objects.active
    selected = [note for note in notes if objects.get(note.name) == note and note.select_get()]
    with ExitStack() as stack:
        for note in notes:
            stack.enter_context(override_properties(note, hide_viewport=True))
        yield
    for note in selected:
        note.select_set(True)
    objects.active = active


def _require_collection(scene: bpy.types.Scene) -> bpy.types.Collection:
    collection = find_collection(scene)
    if collection is None:
        collection = bpy.data.collections.new(COLLECTION_NAME)
        collection[ID_TAG] = _ROLE
        collection.hide_render = True
        scene.collection.children.link(collection)
    return collection


def _rename(scene: bpy.types.Scene) -> None:
    """Name each note by its number, which the 3D view shows beside it."""
    for number, note in enumerate(list_notes(scene), start=1):
        if note.name != f"Note {number}":
            note.name = f"Note {number}"
