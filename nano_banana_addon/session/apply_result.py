# SPDX-License-Identifier: GPL-3.0-or-later
"""Delivery of a finished generation, with its record: used by the pump, by scripts and by Apply."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import bpy

from ..blender.deliver.datablocks.delivery_report import DeliveryReport
from ..blender.deliver.delivery import deliver
from ..blender.host import file_session
from ..core.constants import DeliveryKind
from ..core.errors import ErrorKind, NanoBananaError
from ..core.request import GenerationRequest
from ..core.result import Generation
from . import events, material_maps, panel_state, session

log = logging.getLogger(__name__)


def is_for_open_file(request: GenerationRequest) -> bool:
    """Whether the open file is the one that a request was made in: the same opening, or the same path reloaded."""
    scene = request.delivery.scene
    if scene and scene.file_session == file_session.current_load_id():
        return True
    return bool(request.blend_path) and request.blend_path == bpy.data.filepath


def apply_result(
    generation: Generation,
    kinds: Sequence[str] | None = None,
    *,
    unwrap: bool = False,
) -> DeliveryReport:
    """Deliver a result and record it; `unwrap` makes missing UV maps.

    Raises `NanoBananaError`; the result stays in the history.
    """
    if not generation.is_generated:
        raise NanoBananaError(
            ErrorKind.INPUT, "This generation has no image to apply.", next_step="Choose another result."
        )
    if not Path(generation.answer.result.path).is_file():
        raise NanoBananaError(
            ErrorKind.DISK,
            f"The image file no longer exists: {generation.answer.result.path}.",
            next_step="Restore the file, or generate it again.",
        )
    material_maps.ensure(generation, tuple(generation.request.delivery.kinds if kinds is None else kinds))
    report = deliver(generation, kinds, unwrap=unwrap)
    if report.delivered:
        session.current().store.mark_delivered(generation.id)
        events.result_delivered.emit(generation)
    panel_state.record_delivery(generation.id, report.delivered, report.notes)
    return report


def choose_kinds(request: GenerationRequest, in_group: bool) -> tuple[str, ...]:
    """The delivery targets of a result: of several variants only images, so that the user picks one."""
    kinds = request.delivery.kinds
    if not in_group:
        return kinds
    return tuple(kind for kind in kinds if kind == DeliveryKind.IMAGE)


def push_undo_step(message: str) -> None:
    """Push one undo step. Timers have no window in their context, which the operator needs.

    Only there the context is overridden: before Python 3.12, Blender may look an override up without Python's lock
    while another thread has it, and crash (`BPY_context_member_get`).
    """
    manager = bpy.context.window_manager
    window = next(iter(manager.windows), None) if manager else None
    if window is None or bpy.context.window is not None:
        bpy.ops.ed.undo_push(message=message)
        return
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message=message)
