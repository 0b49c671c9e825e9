# SPDX-License-Identifier: GPL-3.0-or-later
"""One restyled frame for each marker that is bound to a camera, each shown the frame before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import bpy

from ..blender.capture.sources import find_source
from ..blender.host.folders import ensure_incoming_folder
from ..core.errors import InputError
from ..core.request import DeliveryKind, GenerationRequest, Kind, Reference, ReferenceRole
from ..core.result import Generation, State
from ..core.settings import Settings
from ..core.text import validate
from ..session import events, session
from .generation import duplicates, request_builder
from .generation.request_builder import Order, RequestDraft
from .references import reference_files


@dataclass(frozen=True, slots=True)
class StoryboardShot:
    """A marker with a camera: where it begins, and how long it stands until the next."""

    name: str
    start: int
    length: int
    camera: str


def shots_of(scene: bpy.types.Scene) -> tuple[StoryboardShot, ...]:
    """The shots in the order of their frames; the last stands until the scene's end.

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
    """Capture every shot now, so that the scene may change while they are painted one after another."""
    if not find_source(settings.source).follows_shots:
        raise InputError(
            f"A storyboard cannot be made from the source {find_source(settings.source).item.label}.",
            next_step="Choose Camera or Render.",
        )
    provider = request_builder.provider_of(settings)
    target = request_builder.endpoint_of(provider, base_url)
    key = "" if dry_run else request_builder.require_key(provider, target)
    pictures = (
        reference_files.from_scene(context.scene, ensure_incoming_folder())
        if reference_override is None
        else tuple(reference_override)
    )
    drafts = [_draft_shot(context, settings, provider, pictures, shot) for shot in shots_of(context.scene)]
    requests = tuple(draft.request for draft in drafts)
    notes = tuple(dict.fromkeys(note for each in drafts for note in each.notes))
    return Order(requests, target, sum(map(request_builder.price_of, requests)), key, notes)


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
        kinds=(DeliveryKind.STRIP,),
        name=shot.name,
        strip_start=shot.start,
        strip_length=shot.length,
    )
    request = replace(draft.request, delivery=delivery, shot=shot.name)
    return RequestDraft(request, draft.notes)


class SceneAtShot:
    """The scene at a shot's frame with its camera, and back again."""

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
    """A shot's request, shown the picture of the shot before it if there is one and a place for it."""
    picture = previous.answer.result if previous and previous.answer else None
    if previous is None or picture is None:
        return request
    reference = Reference(ReferenceRole.PREVIOUS, picture.path, label=previous.request.shot)
    extended_request = replace(request, references=(*request.references[:-1], reference, request.references[-1]))
    return extended_request if not list(validate.find_problems(extended_request)) else request


class ShotChain:
    """Shots that are painted one after another. Holds values only; lost with Blender: then the remaining
    shots were never sent, and those that were are in the history."""

    def __init__(self, order: Order, existing: Sequence[Generation] = ()) -> None:
        """`begun` are the first shots' pictures where they are there already."""
        self._order = order
        self._remaining = list(order.requests[len(existing) :])
        self._awaited_id = existing[-1].id if existing else ""

    def advance(self, previous: Generation | None = None) -> str:
        """Place the next shot once the one before has ended; its id, or "" when none is left or due.

        A cancelled shot ends the chain; a refused or failed one is left out.
        """
        if previous is not None and previous.id != self._awaited_id:
            return ""
        if previous is not None and previous.state is State.CANCELLED:
            self._remaining.clear()
        if not self._remaining:
            self._awaited_id = ""
            return ""
        request = add_previous_shot(self._remaining.pop(0), previous)
        single = replace(self._order, requests=(request,), estimate=request_builder.price_of(request))
        self._awaited_id = request_builder.submit(single)[0]
        return self._awaited_id


_chains: list[ShotChain] = []


def _advance_chains(generation: Generation) -> None:
    for chain in list(_chains):
        chain.advance(generation)


def find_existing_shots(order: Order) -> list[Generation]:
    """The first shots, as far as identical requests were painted before. Where one is missing, those after
    it are new, too: each is shown the one before."""
    generations: list[Generation] = []
    for request in order.requests:
        match_ = duplicates.find(add_previous_shot(request, generations[-1] if generations else None))
        if match_ is None:
            break
        generations.append(duplicates.retarget(match_, request))
    return generations


def estimate_remaining(order: Order, existing: Sequence[Generation]) -> float:
    """US dollars for the shots that are still to be painted."""
    return sum(map(request_builder.price_of, order.requests[len(existing) :]))


def start(order: Order, existing: Sequence[Generation] = ()) -> None:
    """Paint the shots after `begun` while the artist goes on working."""
    duplicates.deliver_existing(existing, in_group=False)
    chain = ShotChain(order, existing)
    _chains.append(chain)
    events.generation_ended.connect(_advance_chains)
    chain.advance(existing[-1] if existing else None)


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    existing: Sequence[Generation] = (),
) -> list[Generation]:
    """Paint and deliver the shots after `begun` one after another, and wait for them; returns all."""
    duplicates.deliver_existing(existing, in_group=False)
    chain, generations = ShotChain(order, existing), list(existing)
    current_id = chain.advance(existing[-1] if existing else None)
    while current_id:
        new_generations = request_builder.wait_and_deliver([current_id], on_change)
        generations.extend(new_generations)
        current_id = chain.advance(new_generations[0] if new_generations else session.current().store.get(current_id))
    return generations
