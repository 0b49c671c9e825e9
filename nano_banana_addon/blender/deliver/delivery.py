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
from ..host.preferences import preferences
from . import background, cutout, strip, targets
from .compositor import compositor
from .datablocks import files, image, names
from .datablocks.delivery_report import DeliveryReport, Findings
from .datablocks.files import Keep
from .material import material
from .material.unwrap import unwrap_missing


@dataclass(frozen=True, slots=True)
class _Parcel:
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
    keep: Keep | None = None,
    unwrap: bool = False,
) -> DeliveryReport:
    """Put a result where `kinds` say (None: where its request says). The caller makes the undo
    step.

    `keep` says where the file lies (None: as the request or the preferences say); `unwrap` makes UV
    maps for objects that need one. A kind that is impossible becomes a note, and the others are
    made. Raises `NanoBananaError` if there is no picture, or if nothing at all could be made; then
    the file is as before.
    """
    found = Findings()
    picture = image.result_of(generation)
    wanted = tuple(generation.request.delivery.kinds if kinds is None else kinds)
    errors: list[NanoBananaError] = []
    with ExitStack() as undo:
        loaded = image.load(generation, keep or keep_of(generation), found, undo)
        parcel = _Parcel(generation, picture, loaded, context or bpy.context, unwrap)
        for kind in wanted:
            try:
                _deliver_one(_WAYS[kind], parcel, found, undo)
            except NanoBananaError as error:
                errors.append(error)
        if errors and not found.names:
            raise _as_one(errors, found)
        undo.pop_all()
    for error in errors:
        found.note(error.sentence())
    return found.report()


def ready(generation: Generation) -> bool:
    """Whether `deliver` would hold up Blender for its own work only. If not, the copy beside the
    .blend was begun in the background: ask again."""
    picture = generation.answer.result if generation.answer else None
    if picture is None:
        return True
    name = names.file_name(generation, picture)
    return files.ready(Path(picture.path), name, keep_of(generation))


def _deliver_one(
    way: Callable[[_Parcel, Findings, ExitStack], None],
    parcel: _Parcel,
    found: Findings,
    undo: ExitStack,
) -> None:
    """One kind, completely or not at all; if something worse happens later, `undo` takes it back,
    too.
    """
    with ExitStack() as step:
        way(parcel, found, step)
        undo.push(step.pop_all())


def _as_one(errors: list[NanoBananaError], found: Findings) -> NanoBananaError:
    """The first error, with the other sentences in its details."""
    first = errors[0]
    others = [*found.notes, *(error.sentence() for error in errors[1:])]
    first.detail = " ".join(filter(None, (first.detail, *others)))[:500]
    return first


def keep_of(generation: Generation) -> Keep:
    """Where the artist wants the pictures' files."""
    if generation.request.delivery.pack:
        return Keep.PACK
    chosen = preferences()
    return Keep(chosen.keep_pictures) if chosen else Keep.BESIDE


def _as_image(parcel: _Parcel, found: Findings, _undo: ExitStack) -> None:
    found.made(parcel.image.name)


def _as_material(parcel: _Parcel, found: Findings, undo: ExitStack) -> None:
    request = parcel.generation.request
    view = request.capture.view if request.capture else None
    if view is None and parcel.unwrap:
        named = targets.objects_for(request, parcel.context, Findings(), needs_uvs=False)
        unwrap_missing(named)
    objects = targets.objects_for(request, parcel.context, found, needs_uvs=view is None)
    material.apply(parcel.image, objects, view, found, undo)


def _in_compositor(parcel: _Parcel, found: Findings, undo: ExitStack) -> None:
    scene = targets.scene_for(parcel.generation.request, parcel.context)
    window, mask = _window(parcel, scene, found), cutout.mask_image(parcel.generation)
    compositor.apply(parcel.image, window, scene, found, undo, mask)


def _behind_camera(parcel: _Parcel, found: Findings, undo: ExitStack) -> None:
    scene = targets.scene_for(parcel.generation.request, parcel.context)
    size = (parcel.picture.width, parcel.picture.height)
    window = _window(parcel, scene, found)
    background.apply(parcel.image, size, window, scene, found, undo)


def _as_strip(parcel: _Parcel, found: Findings, undo: ExitStack) -> None:
    scene = targets.scene_for(parcel.generation.request, parcel.context)
    wanted = parcel.generation.request.delivery
    left, top, right, bottom = _window(parcel, scene, found)
    scale = (
        (right - left) * scene.render.resolution_x / parcel.picture.width,
        (bottom - top) * scene.render.resolution_y / parcel.picture.height,
    )
    place = strip.Place(wanted.strip_start, wanted.strip_length)
    strip.apply(parcel.image, scale, place, scene, found, undo)


def _window(parcel: _Parcel, scene: bpy.types.Scene, found: Findings) -> Rectangle:
    capture = parcel.generation.request.capture
    framing, source = (capture.framing, capture.source) if capture else (None, "")
    size = (parcel.picture.width, parcel.picture.height)
    window, note = compositor.window_of(framing, source, size, scene)
    found.note(note)
    return window


_WAYS: dict[DeliveryKind, Callable[[_Parcel, Findings, ExitStack], None]] = {
    DeliveryKind.IMAGE: _as_image,
    DeliveryKind.MATERIAL: _as_material,
    DeliveryKind.COMPOSITOR: _in_compositor,
    DeliveryKind.CAMERA_BACKGROUND: _behind_camera,
    DeliveryKind.STRIP: _as_strip,
}
