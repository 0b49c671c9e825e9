# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene and the objects that a result is for, as far as they are there and can be changed."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.scene.capture import DataBlockRef
from ...core.scene.frames import Rectangle
from .compositor import compositor
from .datablocks import lookup
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .material import slots, unwrap


def resolve_scene(request: GenerationRequest, context: bpy.types.Context) -> bpy.types.Scene:
    """The scene that was named, else the present one. Raises `InputError` if it cannot be changed."""
    scene = context.scene
    if request.delivery.scene is not None:
        result = lookup.find_datablock(request.delivery.scene, request.blend_path)
        if result.block is None:
            raise InputError(result.note, next_step="Open the scene it should go to, and apply it there.")
        scene = result.block
    if message := lookup.find_edit_blocker(scene):
        raise InputError(message, next_step="Then try again.")
    return scene


def resolve_objects(
    request: GenerationRequest, context: bpy.types.Context, log: DeliveryLog, *, needs_uvs: bool
) -> list[bpy.types.Object]:
    """The named objects, else those of the capture, else the selected ones.

    Each object that cannot receive the image gets a note. Raises `InputError` if none is left.
    """
    names = request.delivery.objects or (request.capture.objects if request.capture else ())
    objects = _find_objects(names, request.blend_path, log) if names else list(getattr(context, "selected_objects", ()))
    if not objects and not names:
        raise InputError(
            "No object is selected for the image.",
            next_step="Select the objects that should get it, and try again.",
        )
    usable = [obj for obj in objects if _is_usable(obj, log, needs_uvs)]
    if not usable:
        message = " ".join(log.notes) or "None of the objects can receive the image."
        log.notes.clear()
        is_unmapped = needs_uvs and any(obj.type == "MESH" and not unwrap.has_uvs(obj) for obj in objects)
        remedy = "UNWRAP" if is_unmapped else ""
        raise InputError(message, next_step="Select other objects, or change these.", remedy=remedy)
    return usable


def find_window(delivery: DeliveryContext, scene: bpy.types.Scene, log: DeliveryLog) -> Rectangle:
    """The part of the camera's frame that the image shows, in frame coordinates; a note where that is not exact."""
    capture = delivery.request.capture
    framing, source = (capture.framing, capture.source) if capture else (None, "")
    window, note = compositor.window_of(framing, source, delivery.size, scene)
    log.add_note(note)
    return window


def _find_objects(names: Iterable[DataBlockRef], blend_path: str, log: DeliveryLog) -> list[bpy.types.Object]:
    results = [lookup.find_datablock(name, blend_path) for name in names]
    for result in results:
        log.add_note(result.note)
    blocks = [result.block for result in results if isinstance(result.block, bpy.types.Object)]
    return list(dict.fromkeys(blocks))


def _is_usable(obj: bpy.types.Object, log: DeliveryLog, needs_uvs: bool) -> bool:
    message = _find_blocker(obj, needs_uvs)
    log.add_note(message)
    return not message


def _find_blocker(obj: bpy.types.Object, needs_uvs: bool) -> str:
    if obj.type not in slots.MATERIAL_TYPES:
        return f'"{obj.name}" has no material that could receive the image ({obj.type.lower()}).'
    if message := lookup.find_edit_blocker(obj):
        return message
    if not obj.material_slots and (message := lookup.find_edit_blocker(obj.data)):
        return message
    if needs_uvs and not unwrap.has_uvs(obj):
        return f'"{obj.name}" has no UV map for a flat image. Apply it with Unwrap, or unwrap it in Edit Mode (U).'
    return ""
