# SPDX-License-Identifier: GPL-3.0-or-later
"""One restyled frame for each marker that is bound to a camera, each based on the previous frame."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import bpy

from ..blender.capture.sources import find_source
from ..blender.deliver import strip
from ..blender.deliver.datablocks import ownership_tags
from ..blender.deliver.datablocks.ownership_tags import Role
from ..blender.host import compat, editors
from ..core.constants import END_STATES, DeliveryKind, Kind, ReferenceRole, State
from ..core.cost import Payment
from ..core.errors import InputError
from ..core.request import GenerationRequest, Need, Reference
from ..core.result import Generation
from ..core.settings import Settings
from ..core.text import needs
from ..identity import SCENE_PROPERTY
from ..session import announcements, panel_state, session
from .generation import duplicates, request_builder
from .generation.destination import resolve_destination
from .generation.offers import Offer, offer_all
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


def find_blocker(scene: bpy.types.Scene) -> str:
    """Why a scene has no storyboard to generate, as a sentence; "" if it has. For draw()."""
    if source_scene := find_source_scene(scene):
        return f"This is the storyboard of {source_scene.name}."
    source = find_source(getattr(scene, SCENE_PROPERTY).source)
    if not source.follows_shots:
        return f"A storyboard cannot be made from the source {source.item.label}. Choose Camera or Render."
    if not any(marker.camera for marker in scene.timeline_markers):
        return "Bind cameras to timeline markers first: Marker > Bind Camera to Markers."
    return ""


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
    shots: Sequence[StoryboardShot] = (),
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
    shots = shots or shots_of(context.scene)
    drafts = [_draft_shot(context, settings, destination.provider, pictures, shot) for shot in shots]
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
    delivery = replace(draft.request.delivery, name=shot.name, strip_start=shot.start, strip_length=shot.length)
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


def advance(ended: Generation) -> None:
    """Show how many shots have ended; tell it when all have."""
    show_progress(ended.batch)
    properties = panel_state.get_properties()
    if not properties.storyboard:
        shots = session.current().store.list_batch(ended.batch) or [ended]
        count = sum(shot.state is State.DONE for shot in shots)
        level = "INFO" if count == len(shots) else "WARNING"
        announcements.announce(f"Storyboard: {count} of {len(shots)} shots are ready.", level)


def show_progress(batch: str) -> None:
    """Show how many shots of a batch have ended; nothing when all have."""
    shots = session.current().store.list_batch(batch)
    count = sum(shot.state in END_STATES for shot in shots)
    is_running = count < len(shots)
    properties = panel_state.get_properties()
    properties.storyboard = f"{count + 1} of {len(shots)}" if is_running else ""
    properties.storyboard_fraction = count / len(shots) if is_running else 0.0


def list_shots(scene: bpy.types.Scene) -> tuple[StoryboardShot, ...]:
    """The shots of a scene; none where no marker is bound to a camera. For draw()."""
    return shots_of(scene) if any(marker.camera for marker in scene.timeline_markers) else ()


def find_board(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The storyboard of a scene. For draw()."""
    return strip.find_storyboard(scene)


def find_source_scene(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The scene that a storyboard is of; None for any other scene. For draw()."""
    return ownership_tags.get_fact(scene, "of") if strip.is_storyboard(scene) else None


def find_shot_strip(scene: bpy.types.Scene, shot: StoryboardShot) -> bpy.types.Strip | None:
    """The latest strip of a shot in the storyboard of a scene. For draw()."""
    board = strip.find_storyboard(scene)
    strips = board.sequence_editor.strips if board and board.sequence_editor else ()
    matches = [s for s in strips if ownership_tags.has_role(s, Role.IMAGE) and compat.strip_span(s)[0] == shot.start]
    return max(matches, key=lambda s: s.channel, default=None)


def offer_shot(order: Order) -> Offer:
    """The offer to generate one shot alone."""

    def send() -> None:
        request_builder.submit(order)
        show_progress(order.batch)

    return offer_all(order.requests, order.estimate, send)


def prepare_shot(context: bpy.types.Context, settings: Settings, index: int) -> Order:
    """The request for one shot alone, based on the frame before it, if there is one. Raises `InputError`."""
    shots = shots_of(context.scene)
    if not 0 <= index < len(shots):
        raise InputError(f"There is no shot {index + 1}.", next_step="Choose another one.")
    order = prepare(context, settings, shots=shots[index : index + 1])
    previous = _find_frame(context.scene, shots[index - 1]) if index else None
    request = add_previous_shot(order.requests[0], previous)
    return replace(order, requests=(request,), estimate=request_builder.price_of(request), batch=uuid.uuid4().hex)


def _find_frame(scene: bpy.types.Scene, shot: StoryboardShot) -> Generation | None:
    """The generation that a shot's strip shows."""
    found = find_shot_strip(scene, shot)
    image = ownership_tags.get_fact(found, "image") if found else None
    generation_id = ownership_tags.get_fact(image, "generation", "") if image else ""
    return session.current().store.get(generation_id) if generation_id else None


def open_board(context: bpy.types.Context) -> None:
    """Show the storyboard of the scene in a sequencer; from a storyboard return to its scene.

    Raises `InputError` if there is none.
    """
    if (source_scene := find_source_scene(context.scene)) and context.window:
        context.window.scene = source_scene
        return
    board = strip.find_storyboard(context.scene)
    if board is None:
        raise InputError("This scene has no storyboard yet.", next_step="Generate one first.")
    place = editors.open_sequencer(context)
    if place is not None:
        compat.show_in_sequencer(*place, board)


def start(order: Order, existing: Sequence[Generation] = ()) -> list[str]:
    """Generate the shots after the existing ones in the background; returns their ids."""
    duplicates.deliver_existing(existing, in_group=False)
    if len(existing) == len(order.requests):
        return []
    linked = link_shots(order, existing)
    ids = request_builder.submit(linked)
    show_progress(linked.batch)
    return ids


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    existing: Sequence[Generation] = (),
) -> list[Generation]:
    """Generate the shots after the existing ones one after another, wait for them and deliver them; returns all."""
    return [*existing, *request_builder.wait_and_deliver(start(order, existing), on_change)]
