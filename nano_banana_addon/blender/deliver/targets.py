# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene and the objects that a result is for, as far as they are there and can be changed."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ...core.errors import InputError
from ...core.request import DataName, GenerationRequest
from .datablocks import lookup
from .datablocks.delivery_report import Findings
from .material import slots, unwrap


def scene_for(request: GenerationRequest, context: bpy.types.Context) -> bpy.types.Scene:
    """The scene that was named, else the present one. Raises `InputError` if it cannot be
    changed.
    """
    scene = context.scene
    if request.delivery.scene is not None:
        named = lookup.find(request.delivery.scene, request.blend_path)
        if named.block is None:
            raise InputError(named.note, next_step="Open the scene it should go to, and apply it there.")
        scene = named.block
    if words := lookup.why_not_editable(scene):
        raise InputError(words, next_step="Then apply the picture again.")
    return scene


def objects_for(
    request: GenerationRequest, context: bpy.types.Context, found: Findings, *, needs_uvs: bool
) -> list[bpy.types.Object]:
    """The objects that were named, else those of the capture, else the selected ones; each that
    cannot take the picture gets a note. Raises `InputError` if none is left."""
    names = request.delivery.objects or (request.capture.objects if request.capture else ())
    objects = _named(names, request.blend_path, found) if names else list(getattr(context, "selected_objects", ()))
    if not objects and not names:
        raise InputError(
            "No object is selected for the picture.",
            next_step="Select the objects that should get it, and apply it again.",
        )
    usable = [thing for thing in objects if _usable(thing, found, needs_uvs)]
    if not usable:
        words = " ".join(found.notes) or "None of the objects can take the picture."
        found.notes.clear()
        raise InputError(words, next_step="The picture stays in the history.")
    return usable


def _named(names: Iterable[DataName], blend_path: str, found: Findings) -> list[bpy.types.Object]:
    results = [lookup.find(name, blend_path) for name in names]
    for result in results:
        found.note(result.note)
    blocks = [result.block for result in results if isinstance(result.block, bpy.types.Object)]
    return list(dict.fromkeys(blocks))


def _usable(thing: bpy.types.Object, found: Findings, needs_uvs: bool) -> bool:
    words = _why_not(thing, needs_uvs)
    found.note(words)
    return not words


def _why_not(thing: bpy.types.Object, needs_uvs: bool) -> str:
    if thing.type not in slots.WITH_MATERIALS:
        return f'"{thing.name}" has no material that could take the picture ({thing.type.lower()}).'
    if words := lookup.why_not_editable(thing):
        return words
    if not thing.material_slots and (words := lookup.why_not_editable(thing.data)):
        return words
    if needs_uvs and not unwrap.has_uvs(thing):
        return f'"{thing.name}" has no UV map for a flat picture. Apply it with Unwrap, or unwrap it in Edit Mode (U).'
    return ""
