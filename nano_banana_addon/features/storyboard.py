# SPDX-License-Identifier: GPL-3.0-or-later
"""One restyled frame for each marker that is bound to a camera, each based on the previous frame."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import bpy

from ..blender.capture.sources import find_source
from ..core.constants import DeliveryKind, Kind, ReferenceRole
from ..core.cost import Payment
from ..core.errors import InputError
from ..core.request import GenerationRequest, Need, Reference
from ..core.result import Generation
from ..core.settings import Settings
from ..core.text import needs
from .generation import duplicates, request_builder
from .generation.destination import resolve_destination
from .generation.offers import Offer
from .generation.request_builder import Order, RequestDraft
from .references import reference_files


@dataclass(frozen=True, slots=True)
class StoryboardShot:
    """A marker with a camera: its first frame, and the duration until the next."""

    name: str
    start: int
    length: int
    camera: str


def shots_of(scene: bpy.types.Scene) -> tuple[StoryboardShot, ...]:
    """The shots in the order of their frames; the last one lasts until the scene's end.

    Raises `InputError` if no marker is bound to a camera.
    """
    markers = sorted((m for m in scene.timeline_markers if m.camera), key=lambda m: m.frame)
    if not markers:
        raise InputError(
            "No timeline marker is bound to a camera.",
            next_step="Select a camera and use Marker > Bind Camera to Markers for each shot.",
        )
    ends = [m.frame for m in markers[1:]] + [max(scene.frame_end + 1, markers[-1].frame + 1)]
    return tuple(
        StoryboardShot(marker.name, marker.frame, max(end - marker.frame, 1), marker.camera.name)
        for marker, end in zip(markers, ends, strict=True)
    )


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> Order:
    """Capture all shots now, so that the scene may change while they are generated one after another."""
    if not find_source(settings.source).follows_shots:
        raise InputError(
            f"A storyboard cannot be made from the source {find_source(settings.source).item.label}.",
            next_step="Choose Camera or Render.",
        )
    settings = replace(settings, deliveries=(DeliveryKind.STRIP,))
    destination = resolve_destination(settings.provider, base_url, dry_run=dry_run)
    pictures = reference_files.choose_references(context.scene, reference_override)
    drafts = [_draft_shot(context, settings, destination.provider, pictures, shot) for shot in shots_of(context.scene)]
    requests = tuple(draft.request for draft in drafts)
    notes = tuple(dict.fromkeys(note for each in drafts for note in each.notes))
    return Order(requests, destination, sum(map(request_builder.price_of, requests)), notes)


def _draft_shot(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    shot: StoryboardShot,
) -> RequestDraft:
    with SceneAtShot(context.scene, shot):
        draft = request_builder.draft_request(context, settings, provider, pictures, kind=Kind.STORYBOARD)
    delivery = replace(
        draft.request.delivery,
        name=shot.name,
        strip_start=shot.start,
        strip_length=shot.length,
    )
    request = replace(draft.request, delivery=delivery, shot=shot.name)
    return RequestDraft(request, draft.notes)


class SceneAtShot:
    """Sets the scene to a shot's frame and camera, and restores it."""

    def __init__(self, scene: bpy.types.Scene, shot: StoryboardShot) -> None:
        self._scene, self._shot = scene, shot
        self._before = (scene.frame_current, scene.frame_subframe, scene.camera)

    def __enter__(self) -> None:
        self._scene.frame_set(self._shot.start)
        self._scene.camera = bpy.data.objects[self._shot.camera]

    def __exit__(self, *_: object) -> None:
        frame, subframe, camera = self._before
        self._scene.frame_set(frame, subframe=subframe)
        self._scene.camera = camera


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
    first, *others = order.requests[len(existing) :]
    requests = [add_previous_shot(first, existing[-1] if existing else None)]
    for request in others:
        need = Need(f"@{len(requests) - 1}", ReferenceRole.PREVIOUS, requests[-1].shot)
        requests.append(replace(request, needs=(need,)))
    estimate = sum(map(request_builder.price_of, requests))
    return replace(order, requests=tuple(requests), estimate=estimate, batch=uuid.uuid4().hex)


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

    After a missing one all are new: each is based on the previous one.
    """
    generations: list[Generation] = []
    lookup = lookup or duplicates.Lookup()
    for request in order.requests:
        match_ = lookup.find(add_previous_shot(request, generations[-1] if generations else None))
        if match_ is None:
            break
        generations.append(duplicates.retarget(match_, request))
    return generations


def estimate_remaining(order: Order, existing: Sequence[Generation]) -> float:
    """US dollars for the shots that are still to be generated."""
    return sum(map(request_builder.price_of, order.requests[len(existing) :]))


def start(order: Order, existing: Sequence[Generation] = ()) -> list[str]:
    """Generate the shots after the existing ones in the background; returns their ids."""
    duplicates.deliver_existing(existing, in_group=False)
    return request_builder.submit(link_shots(order, existing)) if len(existing) < len(order.requests) else []


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    existing: Sequence[Generation] = (),
) -> list[Generation]:
    """Generate the shots after the existing ones one after another, wait for them and deliver them; returns all."""
    return [*existing, *request_builder.wait_and_deliver(start(order, existing), on_change)]
