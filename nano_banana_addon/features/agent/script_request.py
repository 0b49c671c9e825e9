# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script asks for: checked JSON as settings, and what it would send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ...blender.host.progress_steps import ProgressStep, scale_progress
from ...core import models
from ...core.errors import InputError
from ...core.options import DEFAULT, Option
from ...core.request import GenerationRequest
from ...core.settings import OPTIONS, Settings, Source
from ...core.text import prompts
from ...core.texture import TEXTURE_OPTIONS, TextureSettings
from ...storage.database.transitions import Guard
from ..generation import duplicates, request_builder, scene_settings
from ..generation.destination import resolve_destination
from ..generation.offers import Offer
from ..generation.request_builder import Order
from ..references import reference_files
from ..texture import job as texture_job
from ..texture import plan as texture_plan
from ..texture.views import texture_settings
from . import script_references
from .script_references import ReferenceList

DEFAULT_CALLER = "script"
_LOOKING = "Looking for existing images"


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """A request that fits the schema, and was read together with the scene's settings."""

    task: str
    caller: str
    settings: Settings
    texture: TextureSettings
    objects: tuple[str, ...]
    references: ReferenceList  # instead of the scene's
    again: bool


@dataclass(frozen=True, slots=True)
class ScriptDraft:
    """What a request would send: the offer, its notes and its destination."""

    offer: Offer
    order: Order


def compute_digest(plain: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a request: what one idempotency key stands for."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def read(plain: Mapping[str, Any], scene: bpy.types.Scene) -> ScriptRequest:
    """Checked JSON over the scene's settings. Raises `InputError` for files and images that may not be sent."""
    settings = _read_settings(plain, scene)
    texture = texture_settings.texture_settings_of(scene)
    return ScriptRequest(
        plain["task"],
        plain.get("caller", DEFAULT_CALLER),
        settings,
        texture.replace_choices(_read_choices(plain.get("texture", {}), TEXTURE_OPTIONS)),
        tuple(plain.get("objects", ())),
        plain.get("references"),
        plain.get("again", False),
    )


def _read_settings(plain: Mapping[str, Any], scene: bpy.types.Scene) -> Settings:
    choices = _read_choices(plain.get("settings", {}), OPTIONS)
    if "source_image" in choices and choices["source_image"] not in bpy.data.images:
        raise InputError("There is no image of this name in the open file.", next_step="Load it first.")
    choices |= {"prompt": plain["prompt"]}
    choices |= {"provider": plain["provider"]} if "provider" in plain else {}
    choices |= {"deliveries": tuple(plain["deliveries"])} if "deliveries" in plain else {}
    settings = scene_settings.settings_of(scene).replace_choices(choices).drop_unsupported()
    if not models.find(settings.model_id).known:
        raise InputError(
            f"The price of the model {settings.model_id} is not known.", next_step="Name a model in the settings."
        )
    if plain["task"] != "texture" and settings.source == Source.RENDER:
        raise InputError(
            "Rendering takes longer than a call may.", next_step="Choose the source CAMERA, VIEWPORT or LAST_RENDER."
        )
    return settings


def _read_choices(values: Mapping[str, Any], options: Mapping[str, Option]) -> dict[str, Any]:
    choices: dict[str, Any] = {}
    for name, value in values.items():
        row = options[name]
        if isinstance(row.default, tuple):
            choices[name] = tuple(value)
        elif isinstance(row.default, float):
            choices[name] = float(value)
        else:
            choices[name] = "" if row.optional and value == DEFAULT else value
    return choices


def draft_steps(
    asked: ScriptRequest, context: bpy.types.Context, guard: Guard
) -> Generator[ProgressStep, None, ScriptDraft]:
    """Capture, check, price, step by step; nothing is recorded or sent. Raises `NanoBananaError` with what to change.

    No data of Blender is kept between two steps.
    """
    settings = asked.settings
    pictures = script_references.read_references(asked.references)
    yield 0.1, "Capturing the scene"
    if asked.task == "texture":
        destination = resolve_destination(settings.provider, model=settings.model_id)
        references = reference_files.choose_references(context.scene, pictures)
        steps = texture_plan.prepare_steps(
            context, settings, asked.texture, destination, references, names=asked.objects
        )
        plan = yield from scale_progress(steps, 0.1, 0.9)
        plan = replace(plan, order=_sign(plan.order, asked, guard))
        yield 0.9, _LOOKING
        looking = texture_job.offer_steps(plan, again=asked.again, tolerant=False)
        return ScriptDraft((yield from scale_progress(looking, 0.9, 1.0)), plan.order)
    order = request_builder.prepare(context, settings, reference_override=pictures)
    yield 0.9, _LOOKING
    order = _sign(order, asked, guard)
    return ScriptDraft(duplicates.offer_order(order, force_new=asked.again, tolerant=False), order)


def _sign(order: Order, asked: ScriptRequest, guard: Guard) -> Order:
    requests = tuple(replace(request, caller=asked.caller) for request in order.requests)
    return replace(order, requests=requests, guard=guard)


def describe_sent(requests: Sequence[GenerationRequest]) -> list[dict[str, Any]]:
    """What is sent for each image, as JSON: the whole text, the images by role and label, the size that comes back."""
    return [_describe(request) for request in requests]


def _describe(request: GenerationRequest) -> dict[str, Any]:
    model = models.find(request.model)
    sizes = model.list_pixel_sizes(request.image_size, request.aspect_ratio) if request.aspect_ratio else []
    width, height = sizes[0] if sizes else (None, None)
    return {
        "name": request.shot,
        "text": prompts.compose(request),
        "references": [
            {"role": r.role.value, "label": r.label, "width": r.width, "height": r.height} for r in request.references
        ],
        "width": width,
        "height": height,
        "usd": round(request_builder.price_of(request), 6),
    }
