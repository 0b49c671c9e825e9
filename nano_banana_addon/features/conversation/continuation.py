# SPDX-License-Identifier: GPL-3.0-or-later
"""Continue: change an earlier image by an instruction, in the conversation that generated it.

Settings that are not given stay those of that image: model, provider, size, ratio, the frozen camera. Where its turn
cannot be sent again the image is sent as a reference, and a note says so before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import bpy

from ...core import models
from ...core.constants import Kind, State
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.request import GenerationRequest, Reference
from ...core.result import Generation
from ...core.settings import AUTO_RATIO, Settings
from ...session import session
from ...storage.database.query import HistoryQuery
from ...storage.files import pictures
from ...wire.gemini import conversation
from ...worker import conversation_fallback
from ..generation import request_builder, restore_settings, scene_settings
from ..generation.destination import resolve_destination
from ..generation.request_builder import Order, RequestDraft
from ..history import lookup

LAST = "last"
#: A turn of a masked edit holds the crop, not the image.
_OF_A_PART = "The earlier image is an edit of a part: its turn shows only that part."
_MODEL = frozenset({"model", "custom_model"})


def resolve_id(text: str) -> str:
    """The id for `text`: itself, or for "last" the newest result, of this file if it has one.

    Raises `InputError`.
    """
    if text != LAST:
        return text
    store, done_states = session.current().store, frozenset({State.DONE})
    for path in dict.fromkeys((bpy.data.filepath, "")):
        if generations := store.page(HistoryQuery(states=done_states, blend_path=path), 0, 1):
            return generations[0].id
    raise InputError("There is no image to continue yet.", next_step="Generate one first.")


def prepare(
    context: bpy.types.Context,
    generation_id: str,
    choices: Mapping[str, Any],
    *,
    keep_settings: bool = True,
    base_url: str = "",
    reference_override: Sequence[Reference] = (),
    dry_run: bool = False,
) -> Order:
    """The request that changes an image; `choices` hold the instruction as "prompt", and changed settings.

    Settings that are not in `choices` are those of the image (with `keep_settings` False: of the panels), but for the
    notes: those of the scene were for the image itself.
    `reference_override` are references for this change. Raises `NanoBananaError`.
    """
    previous = require_picture(generation_id)
    base = restore_choices(previous) if keep_settings else _read_panel_settings(context, previous)
    base = _fit_to_model(base.replace_choices({n: v for n, v in choices.items() if n in _MODEL}))
    settings = base.replace_choices({"notes": False, "annotations": False, "variants": 1, **choices})
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    request = _build_request(context, settings, destination.provider, tuple(reference_override), previous)
    picture = previous.picture.path if previous.picture else ""
    request, told = request_builder.add_marked_copy(context, settings, request, picture)
    notes = tuple(filter(None, [conversation.describe_fallback(request), *told]))
    return request_builder.build_order(RequestDraft(request, notes), settings.variants, destination)


def restore_choices(previous: Generation) -> Settings:
    """The settings that led to an image."""
    request = previous.request
    settings = restore_settings.settings_of(request)
    return replace(
        settings,
        provider=request.provider,
        aspect_ratio=request.aspect_ratio or AUTO_RATIO,
        prompt="",
        seed=-1,
    )


def find_obstacle(request: GenerationRequest) -> str:
    """Why the turn that a request continues cannot be sent again; "" when it can."""
    places = session.current().store.places
    return conversation.find_continuation(request, request.provider, lambda id: pictures.turn_of(places, id)).obstacle


def require_picture(generation_id: str) -> Generation:
    """A generation that has an image. Raises `NanoBananaError`."""
    generation = lookup.find(generation_id)
    if not generation.is_generated:
        raise NanoBananaError(
            ErrorKind.INPUT,
            "This generation has no image to continue.",
            next_step="Choose a result that has an image.",
        )
    return generation


def _read_panel_settings(context: bpy.types.Context, previous: Generation) -> Settings:
    settings = scene_settings.settings_of(context.scene)
    return replace(settings, aspect_ratio=previous.request.aspect_ratio or AUTO_RATIO, prompt="")


def _fit_to_model(settings: Settings) -> Settings:
    """Replace what the model lacks of the earlier image's settings by what it has."""
    model = models.find(settings.model_id)
    size = settings.image_size if settings.image_size in model.sizes else model.default_size
    return replace(settings, image_size=size).drop_unsupported()


def _build_request(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    reference_override: tuple[Reference, ...],
    previous: Generation,
) -> GenerationRequest:
    previous_request = previous.request
    draft = request_builder.build_request(context, settings, provider, reference_override, Kind.EDIT)
    same_frame = draft.aspect_ratio == previous_request.aspect_ratio
    delivery = replace(
        draft.delivery,
        objects=draft.delivery.objects or previous_request.delivery.objects,
        name=previous_request.delivery.name,
        strip_start=previous_request.delivery.strip_start,
        strip_length=previous_request.delivery.strip_length,
    )
    request = replace(
        draft,
        continues=previous.id,
        capture=previous_request.capture if same_frame else None,
        delivery=delivery,
        shot=previous_request.shot,
        shot_id=previous_request.shot_id,
        seen=previous_request.seen,
        project=settings.project.strip() or previous_request.project,
    )
    reason = _OF_A_PART if previous_request.region else find_obstacle(request)
    return conversation_fallback.send_image_instead(session.current().store, request, reason) if reason else request
