# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as the first reference of a member of the cast."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import bpy

from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...identity import SCENE_PROPERTY
from ..capture.sources import CaptureSource
from . import recipients
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog


def check(request: GenerationRequest, context: bpy.types.Context, _source: CaptureSource) -> None:
    """Raise `InputError`, before anything is paid, for a scene that cannot be changed."""
    recipients.resolve_scene(request, context)


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Put the image before the member's others. Raises `InputError` where it is gone."""
    member = _find_member(delivery.request, delivery.context)
    entry = member.images.add()
    undo.callback(member.images.remove, 0)
    entry.name, entry.image = delivery.image.name, delivery.image
    member.images.move(len(member.images) - 1, 0)
    member.active_image = 0
    log.add_name(member.name)


def remove_all() -> int:
    """The images are removed as such; the entries of the cast are the artist's."""
    return 0


def _find_member(request: GenerationRequest, context: bpy.types.Context) -> Any:
    cast = getattr(recipients.resolve_scene(request, context), SCENE_PROPERTY).cast
    member = next((m for m in cast if m.member_id and m.member_id == request.delivery.member), None)
    if member is None:
        raise InputError("This member of the cast was removed.", next_step="Apply the result as an image.")
    return member
