# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests for the frames of a storyboard, each based on the previous frame."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import bpy

from ...blender.capture.sources import find_source
from ...core.constants import DeliveryKind, Kind, ReferenceRole
from ...core.cost import Payment
from ...core.errors import InputError
from ...core.request import GenerationRequest, Need, Reference
from ...core.result import Generation
from ...core.options import DEFAULT
from ...core.settings import OPTIONS, Settings
from ...core.storyboard.shot import Shot
from ...core.text import needs
from ..generation import duplicates, request_builder
from ..generation.destination import resolve_destination
from ..generation.offers import Offer, offer_all
from ..generation.request_builder import Order, RequestDraft
from ..references import reference_files
from . import board, progress
from .shots import SceneAtShot, get_shots


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
    shots: Sequence[Shot] = (),
) -> Order:
    """Capture all shots now, or only those given: the scene may change while they are generated one after another."""
    if not find_source(settings.source).follows_shots:
        raise InputError(
            f"A storyboard cannot be made from the source {find_source(settings.source).item.label}.",
            next_step="Choose Camera or Render.",
        )
    settings = replace(settings, deliveries=(DeliveryKind.STRIP,))
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    pictures = reference_files.choose_references(context.scene, reference_override)
    shots = shots or get_shots(context.scene)
    drafts = [_draft_shot(context, settings, destination.provider, pictures, shot) for shot in shots]
    requests = tuple(draft.request for draft in drafts)
    notes = tuple(dict.fromkeys(note for each in drafts for note in each.notes))
    return Order(requests, destination, sum(map(request_builder.price_of, requests)), notes)


def _draft_shot(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    shot: Shot,
) -> RequestDraft:
    with SceneAtShot(context.scene, shot):
        own = apply_overrides(settings, shot)
        draft = request_builder.draft_request(context, own, provider, pictures, kind=Kind.STORYBOARD)
    delivery = replace(draft.request.delivery, name=shot.name, strip_start=shot.start, strip_length=shot.length)
    request = replace(draft.request, delivery=delivery, shot=shot.name, shot_id=shot.id)
    return RequestDraft(request, draft.notes)


def apply_overrides(settings: Settings, shot: Shot) -> Settings:
    """The settings of one shot: with its own prompt behind the scene's, and what it has otherwise."""
    rows = {
        name: "" if OPTIONS[name].optional and value == DEFAULT else value for name, value in shot.overrides.items()
    }
    prompt = "\n\n".join(text for text in (settings.prompt.strip(), shot.prompt) if text)
    return settings.replace_choices({**rows, "prompt": prompt}).drop_unsupported()


def add_previous_shot(request: GenerationRequest, previous: Generation | None) -> GenerationRequest:
    """A shot's request with the image of the previous shot, if there is one and the model takes one more."""
    if previous is None or previous.picture is None:
        return request
    reference = Reference(ReferenceRole.PREVIOUS, previous.picture.path, label=previous.request.shot)
    return needs.fit_reference(request, reference)


def link_shots(order: Order, existing: Sequence[Generation]) -> Order:
    """The shots that are still to be generated, each of which needs the previous one.

    A cancelled shot therefore ends the storyboard; a refused or failed one is left out.
    """
    order = replace(order, batch=uuid.uuid4().hex)
    if order.requests[0].together:
        return order
    first, *others = order.requests[len(existing) :]
    requests = [add_previous_shot(first, existing[-1] if existing else None)]
    for request in others:
        need = Need(f"@{len(requests) - 1}", ReferenceRole.PREVIOUS, requests[-1].shot)
        requests.append(replace(request, needs=(need,)))
    estimate = sum(map(request_builder.price_of, requests))
    return replace(order, requests=tuple(requests), estimate=estimate)


def offer(order: Order, *, again: bool = False) -> Offer:
    """The offer to use the first shots that exist already."""
    lookup = duplicates.Lookup(tolerant=True)
    existing = [] if again else find_existing_shots(order, lookup)
    return Offer(
        order.requests,
        Payment(len(order.requests) - len(existing), estimate_remaining(order, existing)),
        Payment(len(order.requests), order.estimate),
        partial(start, order, existing),
        partial(start, order),
        tuple(existing),
        is_alike=lookup.is_alike,
    )


def find_existing_shots(order: Order, lookup: duplicates.Lookup | None = None) -> list[Generation]:
    """The first shots, as far as identical requests were generated before.

    After a missing one all are new: each is based on the previous one. Those that are generated together are all new
    where one is missing.
    """
    together = order.requests[0].together
    generations: list[Generation] = []
    lookup = lookup or duplicates.Lookup()
    for request in order.requests:
        previous = generations[-1] if generations and not together else None
        match_ = lookup.find(add_previous_shot(request, previous))
        if match_ is None:
            return [] if together else generations
        generations.append(duplicates.retarget(match_, request))
    return generations


def estimate_remaining(order: Order, existing: Sequence[Generation]) -> float:
    """US dollars for the shots that are still to be generated."""
    return sum(map(request_builder.price_of, order.requests[len(existing) :]))


def offer_shot(order: Order) -> Offer:
    """The offer to generate one shot alone."""

    def send() -> None:
        request_builder.submit(order)
        progress.show_progress(order.batch)

    return offer_all(order.requests, order.estimate, send)


def prepare_shot(context: bpy.types.Context, settings: Settings, index: int) -> Order:
    """The request for one shot alone, based on the frame before it, if there is one. Raises `InputError`."""
    shots = get_shots(context.scene)
    if not 0 <= index < len(shots):
        raise InputError(f"There is no shot {index + 1}.", next_step="Choose another one.")
    order = prepare(context, settings, shots=shots[index : index + 1])
    previous = board.find_frame(context.scene, shots[index - 1]) if index else None
    request = add_previous_shot(order.requests[0], previous)
    return replace(order, requests=(request,), estimate=request_builder.price_of(request), batch=uuid.uuid4().hex)


def start(order: Order, existing: Sequence[Generation] = ()) -> list[str]:
    """Generate the shots after the existing ones in the background; returns their ids."""
    duplicates.deliver_existing(existing, in_group=False)
    if len(existing) == len(order.requests):
        return []
    linked = link_shots(order, existing)
    ids = request_builder.submit(linked)
    progress.show_progress(linked.batch)
    return ids


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    existing: Sequence[Generation] = (),
) -> list[Generation]:
    """Generate the shots after the existing ones one after another, wait for them and deliver them; returns all."""
    return [*existing, *request_builder.wait_and_deliver(start(order, existing), on_change)]
