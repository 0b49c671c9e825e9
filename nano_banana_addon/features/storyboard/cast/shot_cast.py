# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast of one shot: who is in it, and which images go along with its request."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ....core import models
from ....core.constants import ReferenceRole
from ....core.errors import InputError
from ....core.request import Reference
from ....core.settings import Settings
from ....core.storyboard.cast import ROLES, CastImage, CastKind, Member, find_unpictured, fit_cast
from ....core.storyboard.continuity import CONTINUITY_OPTIONS, Strength
from ....core.storyboard.shot import Shot
from ....identity import SCENE_PROPERTY
from ...generation import request_builder
from ...references import reference_files
from . import members


def fit(
    context: bpy.types.Context, settings: Settings, shot: Shot, given: Sequence[ReferenceRole] | None = None
) -> tuple[list[Member], tuple[CastImage, ...]]:
    """The cast as it was last seen in a shot, and its images there, those left out among them. For draw().

    `given` are the roles of the references that go before, else those of the scene's list.
    """
    if given is None:
        given = [ReferenceRole(e.role) for e in getattr(context.scene, SCENE_PROPERTY).references if e.enabled]
    earlier = sum(getattr(shot.continuity, name) != Strength.OFF for name in CONTINUITY_OPTIONS)
    others = request_builder.count_drawn(context, settings) + earlier
    cast = members.read_members(context.scene, shot)
    return cast, fit_cast(models.find(settings.model_id), cast, given, others)


def look(context: bpy.types.Context, shot: Shot, source: str) -> None:
    """Keep who is in view; the scene stands at the shot."""
    cast = members.list_members(context.scene)
    if not cast:
        return
    from . import in_view  # NumPy: not for those who have no cast

    for member, size in zip(cast, in_view.measure(context, cast, source), strict=True):
        if size or members.find_entry(member, shot):
            members.provide_entry(member, shot).size = size


def choose_references(
    context: bpy.types.Context, settings: Settings, shot: Shot, given: Sequence[Reference]
) -> tuple[Reference, ...]:
    """The images of those in a shot, at which the scene stands, as files.

    Raises `InputError` where one of these images is gone: nothing is sent then.
    """
    look(context, shot, settings.source)
    cast = members.list_members(context.scene)
    _, fitted = fit(context, settings, shot, [reference.role for reference in given])
    return tuple(_read_image(cast[image.member], image.image) for image in fitted if not image.reason)


def _read_image(member: object, number: int) -> Reference:
    name = members.shorten_name(member)
    entry = members.list_images(member)[number]
    try:
        label = members.describe(member)
        return reference_files.read_entry(entry, ROLES[CastKind(member.kind)], label, f"Image {number + 1}")
    except InputError as error:
        raise InputError(f"The cast's {name}: {error.message}", next_step=error.next_step) from error


def find_problems(shot: Shot, read: Sequence[Member], fitted: Sequence[CastImage]) -> list[str]:
    """A sentence for each member that is in a shot and does not go along with all of its images; as `fit` returns."""
    told = [f"{member.name} is in the shot {shot.name} and has no image." for member in find_unpictured(read)]
    left_out = [image for image in fitted if image.reason]
    return told + [f"{shot.name} without {read[i.member].name}, image {i.image + 1}: {i.reason}" for i in left_out]
