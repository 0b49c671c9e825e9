# SPDX-License-Identifier: GPL-3.0-or-later
"""One result to all the places it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import NanoBananaError
from ...core.frames import Rectangle
from ...core.request import DeliveryKind
from ...core.result import Generation, Picture
from ..host.preferences import get_preferences
from . import background, cutout, strip, targets
from .compositor import compositor
from .datablocks import files, image, names
from .datablocks.delivery_report import DeliveryLog, DeliveryReport
from .datablocks.files import ImageStorage
from .material import material
from .material.unwrap import unwrap_missing


@dataclass(frozen=True, slots=True)
class _DeliveryContext:
    """What every kind of delivery needs; lives only while one delivery is made."""

    generation: Generation
    picture: Picture
    image: bpy.types.Image
    context: bpy.types.Context
    unwrap: bool


def deliver(
    generation: Generation,
    kinds: Sequence[DeliveryKind] | None = None,
    *,
    context: bpy.types.Context | None = None,
    storage_choice: ImageStorage | None = None,
    unwrap: bool = False,
) -> DeliveryReport:
    """Put a result where `kinds` say (None: where its request says). The caller makes the undo
    step.

    `keep` says where the file lies (None: as the request or the preferences say); `unwrap` makes UV
    maps for objects that need one. A kind that is impossible becomes a note, and the others are
    made. Raises `NanoBananaError` if there is no picture, or if nothing at all could be made; then
    the file is as before.
    """
    log = DeliveryLog()
    picture = image.result_of(generation)
    requested_kinds = tuple(generation.request.delivery.kinds if kinds is None else kinds)
    errors: list[NanoBananaError] = []
    with ExitStack() as undo:
        loaded_image = image.load_image(generation, storage_choice or storage_of(generation), log, undo)
        delivery_context = _DeliveryContext(generation, picture, loaded_image, context or bpy.context, unwrap)
        for kind in requested_kinds:
            try:
                _deliver_one(_APPLIERS[kind], delivery_context, log, undo)
            except NanoBananaError as error:
                errors.append(error)
        if errors and not log.names:
            raise _merge_errors(errors, log)
        undo.pop_all()
    for error in errors:
        log.add_note(error.sentence())
    return log.report()


def is_ready(generation: Generation) -> bool:
    """Whether `deliver` would hold up Blender for its own work only. If not, the copy beside the
    .blend was begun in the background: ask again."""
    picture = generation.answer.result if generation.answer else None
    if picture is None:
        return True
    name = names.file_name(generation, picture)
    return files.is_ready(Path(picture.path), name, storage_of(generation))


def _deliver_one(
    apply_kind: Callable[[_DeliveryContext, DeliveryLog, ExitStack], None],
    delivery_context: _DeliveryContext,
    log: DeliveryLog,
    undo: ExitStack,
) -> None:
    """One kind, completely or not at all; if something worse happens later, `undo` takes it back,
    too.
    """
    with ExitStack() as step:
        apply_kind(delivery_context, log, step)
        undo.push(step.pop_all())


def _merge_errors(errors: list[NanoBananaError], log: DeliveryLog) -> NanoBananaError:
    """The first error, with the other sentences in its details."""
    first = errors[0]
    others = [*log.notes, *(error.sentence() for error in errors[1:])]
    first.detail = " ".join(filter(None, (first.detail, *others)))[:500]
    return first


def storage_of(generation: Generation) -> ImageStorage:
    """Where the artist wants the pictures' files."""
    if generation.request.delivery.pack:
        return ImageStorage.PACK
    prefs = get_preferences()
    return ImageStorage(prefs.keep_pictures) if prefs else ImageStorage.BESIDE


def _apply_image(delivery_context: _DeliveryContext, log: DeliveryLog, _undo: ExitStack) -> None:
    log.add_name(delivery_context.image.name)


def _apply_material(delivery_context: _DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    request = delivery_context.generation.request
    view = request.capture.view if request.capture else None
    if view is None and delivery_context.unwrap:
        candidates = targets.resolve_objects(request, delivery_context.context, DeliveryLog(), needs_uvs=False)
        unwrap_missing(candidates)
    objects = targets.resolve_objects(request, delivery_context.context, log, needs_uvs=view is None)
    material.apply(delivery_context.image, objects, view, log, undo)


def _apply_compositor(delivery_context: _DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    scene = targets.resolve_scene(delivery_context.generation.request, delivery_context.context)
    window, mask = _find_window(delivery_context, scene, log), cutout.load_mask_image(delivery_context.generation)
    compositor.apply(delivery_context.image, window, scene, log, undo, mask)


def _apply_background(delivery_context: _DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    scene = targets.resolve_scene(delivery_context.generation.request, delivery_context.context)
    size = (delivery_context.picture.width, delivery_context.picture.height)
    window = _find_window(delivery_context, scene, log)
    background.apply(delivery_context.image, size, window, scene, log, undo)


def _apply_strip(delivery_context: _DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    scene = targets.resolve_scene(delivery_context.generation.request, delivery_context.context)
    delivery = delivery_context.generation.request.delivery
    left, top, right, bottom = _find_window(delivery_context, scene, log)
    scale = (
        (right - left) * scene.render.resolution_x / delivery_context.picture.width,
        (bottom - top) * scene.render.resolution_y / delivery_context.picture.height,
    )
    placement = strip.StripPlacement(delivery.strip_start, delivery.strip_length)
    strip.apply(delivery_context.image, scale, placement, scene, log, undo)


def _find_window(delivery_context: _DeliveryContext, scene: bpy.types.Scene, log: DeliveryLog) -> Rectangle:
    capture = delivery_context.generation.request.capture
    framing, source = (capture.framing, capture.source) if capture else (None, "")
    size = (delivery_context.picture.width, delivery_context.picture.height)
    window, note = compositor.window_of(framing, source, size, scene)
    log.add_note(note)
    return window


_APPLIERS: dict[DeliveryKind, Callable[[_DeliveryContext, DeliveryLog, ExitStack], None]] = {
    DeliveryKind.IMAGE: _apply_image,
    DeliveryKind.MATERIAL: _apply_material,
    DeliveryKind.COMPOSITOR: _apply_compositor,
    DeliveryKind.CAMERA_BACKGROUND: _apply_background,
    DeliveryKind.STRIP: _apply_strip,
}
