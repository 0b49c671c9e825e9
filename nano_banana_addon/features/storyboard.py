# SPDX-License-Identifier: GPL-3.0-or-later
"""One restyled frame for each marker that is bound to a camera, each shown the frame before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import bpy

from ..blender.host.folders import incoming
from ..core import validate
from ..core.errors import InputError
from ..core.request import DeliveryKind, GenerationRequest, Kind, Reference, ReferenceRole
from ..core.result import Generation, State
from ..core.settings import Settings, Source
from ..session import events, session
from .generation import existing_results, request_builder
from .generation.request_builder import Drafted, Order
from .references import reference_files


@dataclass(frozen=True, slots=True)
class Shot:
    """A marker with a camera: where it begins, and how long it stands until the next."""

    name: str
    start: int
    length: int
    camera: str


def shots_of(scene: bpy.types.Scene) -> tuple[Shot, ...]:
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
        Shot(marker.name, marker.frame, max(end - marker.frame, 1), marker.camera.name)
        for marker, end in zip(markers, ends, strict=True)
    )


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    given: Sequence[Reference] | None = None,
    dry: bool = False,
) -> Order:
    """Capture every shot now, so that the scene may change while they are painted one after another."""
    if settings.source in (Source.IMAGE, Source.NONE, Source.LAST_RENDER, Source.VIEWPORT):
        raise InputError(
            f"A storyboard cannot be made from the source {settings.source.value.title()}.",
            next_step="Choose Camera or Render.",
        )
    provider = request_builder.provider_of(settings)
    target = request_builder.endpoint_of(provider, base_url)
    key = "" if dry else request_builder.permission(provider, target)
    pictures = reference_files.from_scene(context.scene, incoming()) if given is None else tuple(given)
    drafted = [_drafted(context, settings, provider, pictures, shot) for shot in shots_of(context.scene)]
    requests = tuple(each.request for each in drafted)
    notes = tuple(dict.fromkeys(note for each in drafted for note in each.notes))
    return Order(requests, target, sum(map(request_builder.price_of, requests)), key, notes)


def _drafted(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    shot: Shot,
) -> Drafted:
    with at_shot(context.scene, shot):
        drafted = request_builder.request_for(context, settings, provider, pictures, kind=Kind.STORYBOARD)
    delivery = replace(
        drafted.request.delivery,
        kinds=(DeliveryKind.STRIP,),
        name=shot.name,
        strip_start=shot.start,
        strip_length=shot.length,
    )
    request = replace(drafted.request, delivery=delivery, shot=shot.name)
    return Drafted(request, drafted.notes)


class at_shot:
    """The scene at a shot's frame with its camera, and back again."""

    def __init__(self, scene: bpy.types.Scene, shot: Shot) -> None:
        self._scene, self._shot = scene, shot
        self._before = (scene.frame_current, scene.frame_subframe, scene.camera)

    def __enter__(self) -> None:
        self._scene.frame_set(self._shot.start)
        self._scene.camera = bpy.data.objects[self._shot.camera]

    def __exit__(self, *_: object) -> None:
        frame, subframe, camera = self._before
        self._scene.frame_set(frame, subframe=subframe)
        self._scene.camera = camera


def after(request: GenerationRequest, previous: Generation | None) -> GenerationRequest:
    """A shot's request, shown the picture of the shot before it if there is one and a place for it."""
    picture = previous.answer.result if previous and previous.answer else None
    if previous is None or picture is None:
        return request
    shown = Reference(ReferenceRole.PREVIOUS, picture.path, label=previous.request.shot)
    grown = replace(request, references=(*request.references[:-1], shown, request.references[-1]))
    return grown if not list(validate.problems_of(grown)) else request


class Chain:
    """Shots that are painted one after another. Holds values only; lost with Blender: then the remaining
    shots were never sent, and those that were are in the history."""

    def __init__(self, order: Order, begun: Sequence[Generation] = ()) -> None:
        """`begun` are the first shots' pictures where they are there already."""
        self._order = order
        self._left = list(order.requests[len(begun) :])
        self._waiting_for = begun[-1].id if begun else ""

    def go_on(self, ended: Generation | None = None) -> str:
        """Place the next shot once the one before has ended; its id, or "" when none is left or due.

        A cancelled shot ends the chain; a refused or failed one is left out.
        """
        if ended is not None and ended.id != self._waiting_for:
            return ""
        if ended is not None and ended.state is State.CANCELLED:
            self._left.clear()
        if not self._left:
            self._waiting_for = ""
            return ""
        request = after(self._left.pop(0), ended)
        single = replace(self._order, requests=(request,), estimate=request_builder.price_of(request))
        self._waiting_for = request_builder.place(single)[0]
        return self._waiting_for


_chains: list[Chain] = []


def _continue(ended: Generation) -> None:
    for chain in list(_chains):
        chain.go_on(ended)


def painted_before(order: Order) -> list[Generation]:
    """The first shots, as far as identical requests were painted before. Where one is missing, those after
    it are new, too: each is shown the one before."""
    found: list[Generation] = []
    for request in order.requests:
        known = existing_results.find(after(request, found[-1] if found else None))
        if known is None:
            break
        found.append(existing_results.aimed(known, request))
    return found


def rest_of(order: Order, begun: Sequence[Generation]) -> float:
    """US dollars for the shots that are still to be painted."""
    return sum(map(request_builder.price_of, order.requests[len(begun) :]))


def start(order: Order, begun: Sequence[Generation] = ()) -> None:
    """Paint the shots after `begun` while the artist goes on working."""
    existing_results.deliver(begun, in_group=False)
    chain = Chain(order, begun)
    _chains.append(chain)
    events.generation_ended.connect(_continue)
    chain.go_on(begun[-1] if begun else None)


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    begun: Sequence[Generation] = (),
) -> list[Generation]:
    """Paint and deliver the shots after `begun` one after another, and wait for them; returns all."""
    existing_results.deliver(begun, in_group=False)
    chain, done = Chain(order, begun), list(begun)
    current = chain.go_on(begun[-1] if begun else None)
    while current:
        ended = request_builder.finish([current], on_change)
        done.extend(ended)
        current = chain.go_on(ended[0] if ended else session.current().store.get(current))
    return done
