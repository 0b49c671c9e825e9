# SPDX-License-Identifier: GPL-3.0-or-later
"""From choices to recorded requests: capture, references, checks, price; then to the courier, once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy

from ...blender.capture import capture
from ...blender.capture.choices import capture_settings
from ...blender.host import credentials, file_session, folders, online
from ...blender.host.preferences import preferences
from ...core import cost, models, prompts, validate
from ...core.errors import NanoBananaError
from ...core.request import Capture, Delivery, GenerationRequest, Kind, Reference, in_sending_order
from ...core.result import Generation, State
from ...core.settings import (
    AUTO_RATIO,
    DEFAULT,
    DEFAULTED,
    SETTING_NAMES,
    Settings,
    Source,
    as_words,
)
from ...identity import SCENE_PROPERTY
from ...session import apply_result, panel_state, pump, session
from ...wire.providers import PROVIDERS, Endpoint, endpoint
from ..references import reference_files

OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Order:
    """Requests that are ready to be recorded and sent, with where to and what they will cost."""

    requests: tuple[GenerationRequest, ...]
    endpoint: Endpoint
    estimate: float  # US dollars for all of them
    key: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()  # what the artist should know of the capture


@dataclass(frozen=True, slots=True)
class Drafted:
    """A request with its capture, and what the artist should know of it."""

    request: GenerationRequest
    notes: tuple[str, ...] = ()


def settings_of(scene: bpy.types.Scene) -> Settings:
    """The choices saved in a scene."""
    group = getattr(scene, SCENE_PROPERTY)
    chosen = chosen_in(group, SETTING_NAMES, Settings())
    return chosen.with_choices({"prompt": prompt_of(scene)}).as_offered()


def chosen_in(owner: Any, names: Sequence[str], base: Settings) -> Settings:
    """`base` with the named properties of a group or operator."""
    values = {name: getattr(owner, name) for name in names if hasattr(owner, name)}
    values |= {name: "" for name in DEFAULTED if values.get(name) == DEFAULT}
    return base.with_choices(values)


def prompt_of(scene: bpy.types.Scene) -> str:
    """The prompt: the text data-block if one is chosen, else the line."""
    group = getattr(scene, SCENE_PROPERTY)
    return str(group.prompt_text.as_string() if group.prompt_text else group.prompt)


def provider_of(settings: Settings) -> str:
    """The provider that was chosen for this request, else the one in the preferences."""
    chosen = preferences()
    return settings.provider or (str(chosen.provider) if chosen else "google")


def endpoint_of(provider: str, base_url: str = "") -> Endpoint:
    """Where a provider is reached; the preferences may name another address. Raises `InputError`."""
    chosen = preferences()
    override = base_url or (str(chosen.base_url) if chosen and provider == chosen.provider else "")
    if provider == OFFLINE and not override:
        return Endpoint(PROVIDERS[OFFLINE], "")  # the courier starts the server and knows its address
    return endpoint(provider, override)


def is_local(provider: str) -> bool:
    """Whether a provider is reached on this machine only."""
    try:
        target = endpoint_of(provider)
        return target.loopback or not target.base_url
    except NanoBananaError:
        return False


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    *,
    base_url: str = "",
    given: Sequence[Reference] | None = None,
    dry: bool = False,
) -> Order:
    """Capture the scene and build the requests. Nothing is recorded or sent yet.

    `given` are references instead of the scene's. A `dry` order needs no key and no online access.
    Raises `NanoBananaError` with what to change.
    """
    provider = provider_of(settings)
    target = endpoint_of(provider, base_url)
    key = "" if dry else permission(provider, target)
    pictures = reference_files.from_scene(context.scene, folders.incoming()) if given is None else given
    drafted = request_for(context, settings, provider, tuple(pictures))
    return order_for(drafted, settings.variants, target, key)


def permission(provider: str, target: Endpoint) -> str:
    """The key to send, if online access and the preferences allow it; else raises with what to do."""
    online.require_online(target)
    return credentials.required_key(provider)


def request_for(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    *,
    kind: Kind | None = None,
) -> Drafted:
    """Check what can be checked without a picture, capture, and check again."""
    draft = without_picture(context, settings, provider, pictures, kind)
    validate.check(draft)
    if settings.source is Source.NONE:
        return Drafted(draft)
    captured = capture(context, capture_settings(settings), folders.incoming())
    request = _with_capture(draft, captured.reference, captured.capture)
    if settings.capture_guides:
        request = _with_guides(context, settings, request)
    validate.check(request)
    return Drafted(request, captured.notes)


def without_picture(
    context: bpy.types.Context,
    settings: Settings,
    provider: str,
    pictures: tuple[Reference, ...],
    kind: Kind | None,
) -> GenerationRequest:
    """The request by its choices alone."""
    model = models.find(settings.model_id)
    text_only = settings.source is Source.NONE
    ratio = "" if settings.aspect_ratio == AUTO_RATIO else settings.aspect_ratio
    return GenerationRequest(
        prompt=settings.prompt.strip(),
        kind=kind or (Kind.TEXTURE if text_only else Kind.RESTYLE),
        provider=provider,
        model=settings.model_id,
        image_size=settings.image_size if model.sends_image_size else "1K",
        aspect_ratio=ratio or ("1:1" if text_only else ""),
        references=pictures,
        system_instruction=settings.system_instruction,
        thinking_level=settings.thinking_level,
        include_thoughts=settings.include_thoughts,
        google_search=settings.google_search,
        image_search=settings.image_search,
        media_resolution=settings.media_resolution and f"MEDIA_RESOLUTION_{settings.media_resolution}",
        service_tier=settings.service_tier.lower(),
        safety=settings.safety,
        temperature=settings.temperature if settings.temperature >= 0 else None,
        seed=settings.seed if settings.seed >= 0 else None,
        delivery=delivery_for(context, settings),
        blend_path=bpy.data.filepath,
        scene=context.scene.name,
        project=project_of(settings),
        choices=as_words(settings),
    )


def project_of(settings: Settings) -> str:
    """What the cost is booked on: the project that was named, else the folder of the .blend."""
    return settings.project.strip() or Path(bpy.data.filepath).parent.name


def delivery_for(context: bpy.types.Context, settings: Settings) -> Delivery:
    """Where the result is to go: the selected meshes now, found again later."""
    selected = getattr(context, "selected_objects", None) or []
    chosen = preferences()
    return Delivery(
        kinds=settings.deliveries,
        objects=tuple(file_session.data_name(o, "OBJECT") for o in selected if o.type == "MESH"),
        scene=file_session.data_name(context.scene, "SCENE"),
        pack=bool(chosen and chosen.keep_pictures == "PACK"),
    )


def _with_capture(draft: GenerationRequest, structure: Reference, taken: Capture) -> GenerationRequest:
    ratio = draft.aspect_ratio or (taken.framing.ratio if taken.framing else "")
    ordered = in_sending_order((*draft.references, structure))
    return replace(draft, references=ordered, aspect_ratio=ratio, capture=taken)


def _with_guides(context: bpy.types.Context, settings: Settings, request: GenerationRequest) -> GenerationRequest:
    from ...blender.guides.scene import (
        of_capture,  # NumPy and the GPU: not for those who do not need it
    )

    guides = of_capture(context, settings, request.capture or Capture(""), folders.incoming())
    return replace(request, references=in_sending_order((*request.references, *guides)))


def order_for(drafted: Drafted, variants: int, target: Endpoint, key: str) -> Order:
    """One request for each variant, with the price of all."""
    wanted = tuple(_variant(drafted.request, n) for n in range(max(variants, 1)))
    for each in wanted:
        validate.check(each)
    return Order(wanted, target, sum(map(price_of, wanted)), key, drafted.notes)


def _variant(request: GenerationRequest, number: int) -> GenerationRequest:
    """The model paints the same words differently each time; the embedded server only by another seed."""
    seed = number if request.provider == OFFLINE and request.seed is None and number else request.seed
    return replace(request, variant=number, seed=seed)


def price_of(request: GenerationRequest) -> float:
    """US dollars that a request will cost, with the text that is really sent."""
    return cost.estimate(request, len(prompts.compose(request)))


def place(order: Order) -> list[str]:
    """Record the requests durably, hand them to the courier, and start the pump. Returns their ids."""
    here = session.current()
    group = uuid.uuid4().hex if len(order.requests) > 1 else ""
    priced = [(request, price_of(request)) for request in order.requests]
    ids, warnings = here.store.add_group(priced, group=group)
    for note in (*order.notes, *warnings):
        panel_state.notice("NOTE", note)
    here.submit(ids, key=order.key, endpoint=order.endpoint)
    for generation in here.store.many(ids):
        pump.take(here, generation)
    pump.start()
    return ids


def finish(ids: Sequence[str], on_change: Callable[[Generation], None] = lambda _: None) -> list[Generation]:
    """Wait until generations have ended and deliver them: for scripts, where no timer turns.

    Raises `NanoBananaError` when a delivery fails; the results stay in the history.
    """
    here = session.current()
    ended = here.link.wait(list(ids), on_change)
    for generation_id in ids:
        here.under_way.pop(generation_id, None)
    for generation in ended:
        if generation.state is State.DONE:
            kinds = apply_result.wanted_kinds(generation.request, in_group=bool(generation.group))
            if kinds:
                apply_result.hand_over(generation, kinds)
    return ended
