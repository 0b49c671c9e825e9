# SPDX-License-Identifier: GPL-3.0-or-later
"""A texture that is there, made anew from its pictures: without paying, or with one view painted again."""

from __future__ import annotations

import bpy

from ...core.errors import InputError
from ...core.result import Generation
from ...core.texturing import PaintMode, TextureSettings
from .. import generate, session
from ..generate import Order
from . import maps, putting, standing
from .plan import Plan, part_of
from .putting import TextureReport


def pictures_of(thing: bpy.types.Object | None) -> list[Generation]:
    """The pictures that an object's texture was made of. Raises `InputError` if there is none, or they are gone."""
    group = standing.group_of(thing)
    if group is None:
        raise InputError(
            "The active object has no texture from views.",
            next_step="Paint one first, or choose another object.",
        )
    found = session.current().store.many(standing.generations_of(group))
    if not found:
        raise InputError(
            "The views of this texture are no longer in the history.", next_step="Paint it again."
        )
    return found


def reproject(thing: bpy.types.Object | None, size: int = 0) -> TextureReport:
    """Align, bake and put on the same pictures again: after the mesh or its UV map changed, or for another size."""
    return putting.put(maps.baked(pictures_of(thing), size))


def one_view(
    thing: bpy.types.Object | None, index: int, *, dry: bool = False
) -> tuple[Plan, list[Generation]]:
    """The plan that paints one view again (of a sheet: all of it), and the pictures that stay."""
    present = pictures_of(thing)
    chosen = [g for g in present if any(s.index == index for s in part_of(g.request).shown)]
    if not chosen:
        raise InputError(
            f"There is no view {index + 1} in this texture.", next_step="Choose another one."
        )
    request = chosen[-1].request
    target = generate.endpoint_of(request.provider)
    key = "" if dry else generate.permission(request.provider, target)
    order = Order((request,), target, generate.price_of(request), key)
    texture = TextureSettings(count=1, mode=PaintMode.SINGLE, anchor=False)
    return Plan(order, texture), present
