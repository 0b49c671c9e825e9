# SPDX-License-Identifier: GPL-3.0-or-later
"""From settings to recorded requests: capture, references, checks, price; then to the worker process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...blender.capture import capture
from ...blender.capture.size import limit_capture_size
from ...blender.capture.sources import find_source
from ...blender.deliver import registry
from ...blender.host import file_session, folders
from ...blender.host.preferences import get_preferences
from ...blender.notes import scene_notes
from ...core import cost, models
from ...core.constants import OFFLINE, Kind, State
from ...core.errors import InputError
from ...core.options import encode_request_fields, encode_state
from ...core.request import Delivery, GenerationRequest, Reference, structure_last
from ...core.result import Generation
from ...core.scene.capture import Capture
from ...core.settings import OPTIONS, Settings, Source
from ...core.text import prompts, validate
from ...core.text.series import join_series
from ...session import apply_result, panel_state, pump, session
from ...storage.database.transitions import Guard
from ..references import reference_files
from . import prompt_text
from .destination import Destination, resolve_destination


@dataclass(frozen=True, slots=True)
class Order:
    """Requests that are ready to be recorded and sent, with their destination and price."""

    requests: tuple[GenerationRequest, ...]
    destination: Destination
    estimate: float  # US dollars for all of them
    notes: tuple[str, ...] = ()  # what the artist should know of the capture
    batch: str = ""  # shared by requests that make one thing together; without it several are variants
    guard: Guard | None = None  # runs in the transaction that records them


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """A request with its capture, and notes for the user."""

    request: GenerationRequest
    notes: tuple[str, ...] = ()


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> Order:
    """Capture the scene and build the requests. Nothing is recorded or sent yet.

    `reference_override` are references instead of the scene's. With `dry_run` the order needs no key and no online
    access. Raises `NanoBananaError` with what to change.
    """
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    pictures = reference_files.choose_references(context.scene, reference_override)
    draft = draft_request(context, settings, destination.provider, pictures)
    return build_order(draft, settings.variants, destination)


def draft_request(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    *,
    kind: Kind | None = None,
) -> RequestDraft:
    """Check what can be checked without an image, capture, and check again."""
    draft = build_request(context, settings, provider, pictures, kind)
    validate.check(draft)
    registry.check(draft, context, find_source(settings.source))
    if settings.source == Source.NONE:
        return RequestDraft(draft)
    with scene_notes.hide(context) if settings.overlays else nullcontext():
        result = capture(context, limit_capture_size(settings), folders.ensure_incoming_folder())
    request = _add_capture(draft, result.reference, result.capture)
    if settings.capture_guides:
        request = _add_guides(context, settings, request)
    if settings.layer_names:
        request = _add_view_layers(context, settings, request)
    request, told = add_marked_copy(context, settings, request, result.reference.path)
    check(request)
    return RequestDraft(request, (*result.notes, *told))


def build_request(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    kind: Kind | None,
) -> GenerationRequest:
    """The request for some settings, without its images."""
    model = models.find(settings.model_id)
    text_only = settings.source == Source.NONE
    kind = kind or (Kind.TEXTURE if text_only else Kind.RESTYLE)
    prompt, remembered = prompt_text.build_prompt(context, settings, kind)
    request = GenerationRequest(
        prompt=prompt,
        kind=kind,
        provider=provider,
        model=settings.model_id,
        image_size=settings.image_size if model.sends_image_size else model.sizes[0],
        aspect_ratio=settings.ratio or ("1:1" if text_only else ""),
        references=pictures,
        **encode_request_fields(OPTIONS.values(), settings),
        delivery=build_delivery(context, settings),
        blend_path=bpy.data.filepath,
        scene=context.scene.name,
        project=project_of(settings),
        choices=encode_state(OPTIONS.values(), settings) | remembered,
    )
    return _read_workflow(request) if model.own_workflow else request


def _read_workflow(request: GenerationRequest) -> GenerationRequest:
    """The request with its workflow's content, which must be usable before anything is captured."""
    from ...wire.comfyui.workflow import read_workflow  # as `check`

    if not request.workflow:
        raise InputError("No workflow is chosen.", next_step="Choose a file that ComfyUI exported in API format.")
    path = Path(bpy.path.abspath(request.workflow)).absolute()  # the worker process has a folder of its own
    return replace(request, workflow=str(path), workflow_sha256=read_workflow(path).sha256)


def check(request: GenerationRequest, later: tuple[Reference, ...] = ()) -> None:
    """Check a request with its images, and those that join it later. Raises `InputError` with what to change."""
    validate.check(request)
    if models.find(request.model).family == "comfyui":
        from ...wire.comfyui.order import check_images  # not for those who do not need it

        check_images(replace(request, references=(*later, *request.references)))


def project_of(settings: Settings) -> str:
    """The project that is charged: the named one, else the folder of the .blend."""
    return settings.project.strip() or Path(bpy.data.filepath).parent.name


def build_delivery(context: bpy.types.Context, settings: Settings) -> Delivery:
    """Where the result will be delivered: the currently selected meshes, found again later."""
    objects = getattr(context, "selected_objects", None) or []
    prefs = get_preferences()
    return Delivery(
        kinds=settings.deliveries,
        objects=tuple(file_session.reference_to(o, "OBJECT") for o in objects if o.type == "MESH"),
        scene=file_session.reference_to(context.scene, "SCENE"),
        pack=bool(prefs and prefs.keep_pictures == "PACK"),
    )


def count_drawn(context: bpy.types.Context, settings: Settings) -> int:
    """How many images go besides the references: the captured one, its guides, layers and marked copy. For draw()."""
    guides = len(settings.capture_guides) if find_source(settings.source).has_view else 0
    marked = scene_notes.has_marks(context.scene, settings)
    return guides + marked + len(settings.layer_names) + (settings.source != Source.NONE)


def _add_capture(draft: GenerationRequest, structure: Reference, capture_record: Capture) -> GenerationRequest:
    ratio = draft.aspect_ratio or (capture_record.framing.ratio if capture_record.framing else "")
    references_in_order = structure_last((*draft.references, structure))
    return replace(draft, references=references_in_order, aspect_ratio=ratio, capture=capture_record)


def _add_guides(context: bpy.types.Context, settings: Settings, request: GenerationRequest) -> GenerationRequest:
    from ...blender.guides.scene import (
        write_capture_guides,  # NumPy and the GPU: not for those who do not need it
    )

    guides = write_capture_guides(context, settings, request.capture or Capture(""), folders.ensure_incoming_folder())
    return replace(request, references=structure_last((*request.references, *guides)))


def _add_view_layers(context: bpy.types.Context, settings: Settings, request: GenerationRequest) -> GenerationRequest:
    from ...blender.guides.view_layers import write_view_layers  # as above

    folder, record = folders.ensure_incoming_folder(), request.capture or Capture("")
    layers = write_view_layers(context.scene, settings.layer_names, record, folder)
    return replace(request, references=structure_last((*request.references, *layers)))


def add_marked_copy(
    context: bpy.types.Context, settings: Settings, request: GenerationRequest, image: str
) -> tuple[GenerationRequest, tuple[str, ...]]:
    """The request with its notes and a marked copy of an image, if there is anything to mark, and notes for the user.

    The image is of the request's capture. Raises `InputError` where nothing has a place in it.
    """
    if not scene_notes.has_marks(context.scene, settings):
        return request, ()
    from ...blender.notes.marked_copy import draw_marked_copy  # as above

    capture_record, folder = request.capture or Capture(""), folders.ensure_incoming_folder()
    marked = draw_marked_copy(context, settings, capture_record, Path(image), folder)
    references = structure_last((*request.references, *filter(None, [marked.reference])))
    return replace(request, references=references, scene_notes=marked.notes), marked.told


def build_order(draft: RequestDraft, variants: int, destination: Destination) -> Order:
    """One request for each variant, with the price of all."""
    if draft.request.together and variants > 1 and prompt_text.has_alternatives(draft.request):
        message = "Matching Images sends one prompt for all, and this one differs between variants."
        raise InputError(message, next_step="Switch Matching Images off, or write one prompt.")
    requests = tuple(_make_variant(draft.request, n) for n in range(max(variants, 1)))
    for request in (*requests, *join_series(requests)):
        check(request)
    return Order(requests, destination, sum(map(price_of, requests)), draft.notes)


def _make_variant(request: GenerationRequest, number: int) -> GenerationRequest:
    """The model's results differ between identical requests; the bundled server's only by the seed."""
    seed = number if request.provider == OFFLINE and request.seed is None and number else request.seed
    return replace(prompt_text.choose_variant(request, number), seed=seed)


def price_of(request: GenerationRequest) -> float:
    """US dollars that a request will cost, with the text that is really sent."""
    return cost.estimate(request, len(prompts.compose(request)))


def submit(order: Order) -> list[str]:
    """Record the requests durably, hand them to the worker process, and start the pump. Returns their ids."""
    active_session = session.current()
    group = uuid.uuid4().hex if len(order.requests) > 1 and not order.batch else ""
    priced_requests = [(request, price_of(request)) for request in join_series(order.requests)]
    ids, warnings = active_session.store.add_group(priced_requests, group=group, batch=order.batch, guard=order.guard)
    for note in (*order.notes, *warnings):
        panel_state.show_notice("NOTE", note)
    send(ids, order.destination)
    return ids


def send(ids: Sequence[str], destination: Destination) -> None:
    """Hand recorded requests to the worker process, show them, and start the pump."""
    active_session = session.current()
    active_session.submit(ids, key=destination.key, endpoint=destination.endpoint)
    for generation in active_session.store.many(ids):
        pump.process_change(active_session, generation)
    pump.start()


def wait_and_deliver(ids: Sequence[str], on_change: Callable[[Generation], None] = lambda _: None) -> list[Generation]:
    """Wait until generations have ended and deliver them: for scripts, where no timer runs.

    Raises `NanoBananaError` when a delivery fails; the results stay in the history.
    """
    active_session = session.current()
    generations = active_session.link.wait(list(ids), on_change)
    for generation_id in ids:
        active_session.under_way.pop(generation_id, None)
    for generation in generations:
        if generation.state is State.DONE:
            kinds = apply_result.choose_kinds(generation.request, in_group=bool(generation.group))
            if kinds:
                apply_result.apply_result(generation, kinds)
    return generations
