# SPDX-License-Identifier: GPL-3.0-or-later
"""One result to all the places it is for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import bpy

from ...core.errors import NanoBananaError
from ...core.result import Generation
from ..host.preferences import get_preferences
from . import registry
from .datablocks import image
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog, DeliveryReport
from .datablocks.files import ImageStorage


def deliver(
    generation: Generation,
    kinds: Sequence[str] | None = None,
    *,
    context: bpy.types.Context | None = None,
    storage_choice: ImageStorage | None = None,
    unwrap: bool = False,
) -> DeliveryReport:
    """Put a result where `kinds` say (None: where its request says). The caller makes the undo step.

    `storage_choice` says where the file lies (None: as the request or the preferences say); `unwrap` makes UV maps for
    objects that need one. A kind that is impossible becomes a note, and the others are made. Raises `NanoBananaError`
    if there is no picture, or if nothing at all could be made; then the file is as before.
    """
    log = DeliveryLog()
    picture = image.result_of(generation)
    requested_kinds = tuple(generation.request.delivery.kinds if kinds is None else kinds)
    errors: list[NanoBananaError] = []
    with ExitStack() as undo:
        kept = storage_choice or storage_of(generation)
        loaded_image = image.load_image(generation, kept, log, undo)
        delivery = DeliveryContext(generation, picture, loaded_image, context or bpy.context, unwrap, kept)
        for kind in requested_kinds:
            try:
                _deliver_one(registry.find_target(kind), delivery, log, undo)
            except NanoBananaError as error:
                errors.append(error)
        if errors and not log.names:
            raise _merge_errors(errors, log)
        undo.pop_all()
    for error in errors:
        log.add_note(error.to_sentence())
    return log.report()


def is_ready(generation: Generation) -> bool:
    """Whether `deliver` would hold up Blender for its own work only.

    If not, the copy of its file was begun in the background: ask again.
    """
    picture = generation.picture
    return picture is None or image.is_ready(generation, picture, storage_of(generation))


def _deliver_one(
    target: registry.DeliveryTarget,
    delivery: DeliveryContext,
    log: DeliveryLog,
    undo: ExitStack,
) -> None:
    """One kind, completely or not at all; if something worse happens later, `undo` takes it back, too."""
    with ExitStack() as step:
        target.load().apply(delivery, log, step)
        undo.push(step.pop_all())


def _merge_errors(errors: list[NanoBananaError], log: DeliveryLog) -> NanoBananaError:
    """The first error, with the other sentences in its details."""
    first = errors[0]
    others = [*log.notes, *(error.to_sentence() for error in errors[1:])]
    first.detail = " ".join(filter(None, (first.detail, *others)))[:500]
    return first


def storage_of(generation: Generation) -> ImageStorage:
    """Where the artist wants the pictures' files."""
    return choose_storage(pack=generation.request.delivery.pack)


def choose_storage(*, pack: bool) -> ImageStorage:
    """Packed if that was wanted beforehand, else where the preferences say."""
    if pack:
        return ImageStorage.PACK
    prefs = get_preferences()
    return ImageStorage(prefs.keep_pictures) if prefs else ImageStorage.BESIDE
