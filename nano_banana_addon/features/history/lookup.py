# SPDX-License-Identifier: GPL-3.0-or-later
"""A result of the history, with the open file and the selection as its target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...blender.deliver import cutout, delivery
from ...blender.host import editors, file_session
from ...core import models
from ...core.constants import DeliveryKind, State
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.result import Generation
from ...session import apply_result, panel_state, session


def find(generation_id: str) -> Generation:
    """A generation of the history. Raises `NanoBananaError` if it does not exist."""
    generation = session.current().store.get(generation_id)
    if generation is None:
        raise NanoBananaError(ErrorKind.INPUT, "This result is no longer in the history.", next_step="Choose another.")
    return generation


def find_file(generation_id: str) -> str:
    """The path of the received file of a result. Raises `InputError` where there is none, or it is gone."""
    answer = find(generation_id).answer
    path = Path(answer.result.path) if answer and answer.result else None
    if path is None or not path.is_file():
        raise InputError(
            f"The file does not exist: {path}." if path else "This generation has no image.",
            next_step="Restore it from a backup, or generate it again.",
        )
    return str(path)


def describe_cancel(generation_id: str) -> str:
    """What becomes of a request that is cancelled; of all that are in progress for ""."""
    open_session = session.find_open()
    generation = open_session.store.get(generation_id) if open_session and generation_id else None
    if generation and models.find(generation.request.model).cancels:
        return "Cancel this generation; its server stops"
    return "Cancel this generation. A request that was already sent may still be billed"


def retarget_to_selection(context: bpy.types.Context, generation_id: str) -> Generation:
    """A result whose delivery targets the current scene and the selected objects.

    If none is selected, the objects it was made for.
    """
    generation = find(generation_id)
    delivery = generation.request.delivery
    meshes = [o for o in context.selected_objects if o.type == "MESH"]
    new_delivery = replace(
        delivery,
        scene=file_session.reference_to(context.scene, "SCENE"),
        objects=tuple(file_session.reference_to(o, "OBJECT") for o in meshes) or delivery.objects,
    )
    return replace(generation, request=replace(generation.request, delivery=new_delivery))


def cut_out(generation_id: str) -> bpy.types.Image:
    """A result with the capture's alpha, as an image. Raises `NanoBananaError`."""
    generation = find(generation_id)
    image = cutout.cut_out(generation, delivery.storage_of(generation))
    session.current().store.mark_delivered(generation_id)  # in use: not cleaned up
    return image


def find_latest_image() -> bpy.types.Image | None:
    """The latest result of this session as an image of this file, loaded if it is not; None if there is none."""
    latest = next((item for item in panel_state.get_properties().results if item.state == State.DONE), None)
    if latest is None:
        return None
    report = apply_result.apply_result(find(latest.name), (DeliveryKind.IMAGE,))
    return bpy.data.images.get(report.delivered[0]) if report.delivered else None


def show(context: bpy.types.Context, generation_id: str) -> None:
    """Show a result in an Image Editor, fitted to it: an open one, else one in a new window."""
    generation = retarget_to_selection(context, generation_id)
    report = apply_result.apply_result(generation, (DeliveryKind.IMAGE,))
    editors.show_image(context, bpy.data.images.get(report.delivered[0]) if report.delivered else None)
