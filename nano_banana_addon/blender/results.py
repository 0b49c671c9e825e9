# SPDX-License-Identifier: GPL-3.0-or-later
"""A result of the history, aimed at what is open and selected now."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..core.errors import ErrorKind, NanoBananaError
from ..core.request import DeliveryKind
from ..core.result import Generation
from . import generate, handover, session


def find(generation_id: str) -> Generation:
    """A generation of the history. Raises `NanoBananaError` if it is gone."""
    found = session.current().store.get(generation_id)
    if found is None:
        raise NanoBananaError(
            ErrorKind.INPUT, "This result is no longer in the history.", next_step="Choose another."
        )
    return found


def for_here(context: bpy.types.Context, generation_id: str) -> Generation:
    """A result whose delivery aims at the present scene and at the objects selected now (if none is
    selected, at those it was made for)."""
    generation = find(generation_id)
    delivery = generation.request.delivery
    selected = [o for o in context.selected_objects if o.type == "MESH"]
    aimed = replace(
        delivery,
        scene=generate.data_name(context.scene, "SCENE"),
        objects=tuple(generate.data_name(o, "OBJECT") for o in selected) or delivery.objects,
    )
    return replace(generation, request=replace(generation.request, delivery=aimed))


def show(context: bpy.types.Context, generation_id: str) -> None:
    """Show a result in an Image Editor of this window; if there is none, in a new window."""
    generation = for_here(context, generation_id)
    report = handover.hand_over(generation, (DeliveryKind.IMAGE,))
    image = bpy.data.images.get(report.delivered[0]) if report.delivered else None
    areas = [a for a in context.screen.areas if a.type == "IMAGE_EDITOR"] if context.screen else []
    if not areas and context.window and not bpy.app.background:
        bpy.ops.wm.window_new()
        area = context.window_manager.windows[-1].screen.areas[0]
        area.type = "IMAGE_EDITOR"
        areas = [area]
    for area in areas[:1]:
        area.spaces.active.image = image
