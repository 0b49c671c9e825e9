# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests for the frames of a storyboard, each linked with earlier frames."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import bpy

from ...blender.capture.sources import find_source
from ...core.constants import DeliveryKind, Kind
from ...core.cost import Payment
from ...core.errors import InputError
from ...core.request import GenerationRequest, Reference
from ...core.result import Generation
from ...core.settings import Settings
from ...core.storyboard.shot import Shot
from ..generation import duplicates, request_builder
from ..generation.destination import resolve_destination
from ..generation.offers import Offer, offer_all
from ..generation.request_builder import Order, RequestDraft
from ..references import reference_files
from . import progress, stale
from .cast import shot_cast
from .continuity import Linker, join_existing, order_shots
from .shots import SceneAtShot, apply_overrides, get_shots

#: Results that exist already, by the number of the order's request that each answers.
Existing = Mapping[int, Generation]


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
    shots: Sequence[Shot] = (),
) -> Order:
    """Capture all shots now, or only those given: the scene may change while they are generated."""
    if not find_source(settings.source).follows_shots:
        raise InputError(
            f"A storyboard cannot be made from the source {find_source(settings.source).item.label}.",
            next_step="Choose Camera or Render.",
        )
    settings = replace(settings, deliveries=(DeliveryKind.STRIP,))
    listed = get_shots(context.scene)
    recorded = order_shots(context.scene, listed, shots or listed)
    models = dict.fromkeys([settings.model_id, *(apply_overrides(settings, shot).model_id for shot in recorded)])
    destination, *_ = [
        resolve_destination(settings.provider, base_url, model=model, dry_run=dry_run) for model in models
    ]
    pictures = reference_files.choose_references(context.scene, reference_override)
    drafts = [_draft_shot(context, settings, destination.provider, pictures, shot) for shot in recorded]
    linker = Linker(context.scene, listed, recorded)
    requests = _link(linker, recorded, [draft.request for draft in drafts])
    notes = tuple(dict.fromkeys([*(note for each in drafts for note in each.notes), *linker.notes]))
    return Order(requests, destination, sum(map(request_builder.price_of, requests)), notes)


def _link(
    linker: Linker, shots: Sequence[Shot], requests: Sequence[GenerationRequest]
) -> tuple[GenerationRequest, ...]:
    """Shots that are generated in one call need no earlier frames."""
    if len(requests) > 1 and all(request.together for request in requests):
        return tuple(requests)
    return tuple(linker.link(request, shot) for request, shot in zip(requests, shots, strict=True))


def _draft_shot(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    shot: Shot,
) -> RequestDraft:
    own = apply_overrides(settings, shot)
    with SceneAtShot(context.scene, shot):
        pictures = (*pictures, *shot_cast.choose_references(context, own, shot, pictures))
        draft = request_builder.draft_request(context, own, provider, pictures, kind=Kind.STORYBOARD)
        seen = stale.compute_digest(context, own, pictures)
    delivery = replace(draft.request.delivery, name=shot.name, strip_start=shot.start, strip_length=shot.length)
    request = replace(draft.request, delivery=delivery, shot=shot.name, shot_id=shot.id, seen=seen)
    return RequestDraft(request, draft.notes)


def find_existing(order: Order, lookup: duplicates.Lookup | None = None) -> dict[int, Generation]:
    """The results of identical requests, by the numbers of the order's.

    One that needs a shot which is generated anew is new as well. Those that are generated together are all new where
    one is missing.
    """
    lookup = lookup or duplicates.Lookup()
    existing: dict[int, Generation] = {}
    for number, request in enumerate(order.requests):
        joined = join_existing(request, existing)
        match_ = None if joined.needs else lookup.find(joined)
        if match_ is not None:
            existing[number] = duplicates.retarget(match_, request)
        elif request.together:
            return {}
    return existing


def select_missing(order: Order, existing: Existing) -> Order:
    """The order for what does not exist, as one batch, with its price."""
    missing = [number for number in range(len(order.requests)) if number not in existing]
    names = {f"@{number}": f"@{place}" for place, number in enumerate(missing)}
    requests = tuple(_rename_needs(join_existing(order.requests[number], existing), names) for number in missing)
    estimate = sum(map(request_builder.price_of, requests))
    return replace(order, requests=requests, estimate=estimate, batch=uuid.uuid4().hex)


def _rename_needs(request: GenerationRequest, names: Mapping[str, str]) -> GenerationRequest:
    return replace(request, needs=tuple(replace(need, generation=names[need.generation]) for need in request.needs))


def offer(order: Order, *, again: bool = False, asks: bool = False) -> Offer:
    """The offer to use the shots that exist already. With `asks` the user is asked in any case."""
    lookup = duplicates.Lookup(tolerant=True)
    existing = {} if again else find_existing(order, lookup)
    missing = select_missing(order, existing)
    return Offer(
        order.requests,
        Payment(len(missing.requests), missing.estimate),
        Payment(len(order.requests), order.estimate),
        partial(start, order, existing),
        partial(start, order),
        tuple(existing.values()),
        is_alike=lookup.is_alike,
        asks=asks,
    )


def offer_shot(order: Order) -> Offer:
    """The offer to generate one shot alone."""
    return offer_all(order.requests, order.estimate, partial(start, order))


def prepare_shot(context: bpy.types.Context, settings: Settings, index: int) -> Order:
    """The request for one shot alone, with the earlier frames that there are. Raises `InputError`."""
    shots = get_shots(context.scene)
    if not 0 <= index < len(shots):
        raise InputError(f"There is no shot {index + 1}.", next_step="Choose another one.")
    return prepare(context, settings, shots=shots[index : index + 1])


def start(order: Order, existing: Existing | None = None) -> list[str]:
    """Generate the shots that do not exist in the background; returns their ids."""
    existing = existing or {}
    duplicates.deliver_existing(list(existing.values()), in_group=False)
    missing = select_missing(order, existing)
    if not missing.requests:
        return []
    ids = request_builder.submit(missing)
    progress.show_progress(missing.batch)
    return ids


def run(order: Order, on_change: Callable[[Generation], None], existing: Existing | None = None) -> list[Generation]:
    """Generate the shots that do not exist, wait for them and deliver them; returns all in their order."""
    existing = existing or {}
    new = iter(request_builder.wait_and_deliver(start(order, existing), on_change))
    return list(_merge(len(order.requests), existing, new))


def _merge(count: int, existing: Existing, new: Iterator[Generation]) -> Iterator[Generation]:
    for number in range(count):
        yield existing[number] if number in existing else next(new)
