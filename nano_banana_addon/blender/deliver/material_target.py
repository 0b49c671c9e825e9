# SPDX-License-Identifier: GPL-3.0-or-later
"""A result on the materials of objects."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core.errors import InputError
from ...core.request import GenerationRequest
from ..capture import lens
from ..capture.sources import CaptureSource
from . import recipients
from .datablocks import ownership_tags
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .datablocks.ownership_tags import Role
from .material import material
from .material.unwrap import unwrap_missing


def check(request: GenerationRequest, context: bpy.types.Context, source: CaptureSource) -> None:
    """Raise `InputError` when none of the objects can show an image of the source: projected, or by its UV map."""
    camera = context.scene.camera
    if source.has_view and source.shows_frame and camera and camera.type == "CAMERA" and not lens.is_flat(camera):
        raise InputError(
            f'"{camera.name}" is a panoramic camera, whose images cannot be projected onto objects.',
            next_step="Choose a perspective or orthographic camera.",
        )
    material.check(recipients.resolve_objects(request, context, DeliveryLog(), needs_uvs=not source.has_view))


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Project the image from the camera that captured it, or lay it by UV map where there is none."""
    request = delivery.request
    view = request.capture.view if request.capture else None
    if view is None and delivery.unwrap:
        candidates = recipients.resolve_objects(request, delivery.context, DeliveryLog(), needs_uvs=False)
        unwrap_missing(candidates)
    objects = recipients.resolve_objects(request, delivery.context, log, needs_uvs=view is None)
    material.apply(delivery.image, objects, view, log, undo)


def remove_all() -> int:
    """Restore the materials of the open file."""
    count = 0
    # Copies first: their slots get back the sources, which may hold pictures of their own.
    for remove_own in (True, False):
        for candidate in list(bpy.data.materials):
            is_own = ownership_tags.has_role(candidate, Role.MATERIAL)
            if candidate.library is None and is_own == remove_own and material.group_node(candidate):
                material.remove(candidate)
                count += 1
    return count
