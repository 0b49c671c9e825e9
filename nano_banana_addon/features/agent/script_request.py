# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script asks for: checked JSON as settings, and what it would send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ...core import models
from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.options import DEFAULT, Option
from ...core.request import GenerationRequest, Reference
from ...core.settings import OPTIONS, Settings, Source
from ...core.text import prompts
from ...core.texture import TEXTURE_OPTIONS, TextureSettings
from ...storage.database.transitions import Guard
from ..generation import duplicates, request_builder, scene_settings
from ..generation.offers import Offer
from ..generation.request_builder import Order
from ..references import reference_files
from ..texture import job as texture_job
from ..texture import plan as texture_plan
from ..texture.views import texture_settings

DEFAULT_CALLER = "script"


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """A request that fits the schema, and was read together with the scene's settings."""

    task: str
    caller: str
    settings: Settings
    texture: TextureSettings
    objects: tuple[str, ...]
    references: tuple[Reference, ...] | None
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
    listed = plain.get("references")
    return ScriptRequest(
        plain["task"],
        plain.get("caller", DEFAULT_CALLER),
        settings,
        texture.replace_choices(_read_choices(plain.get("texture", {}), TEXTURE_OPTIONS)),
        tuple(plain.get("objects", ())),
        None if listed is None else tuple(map(_read_reference, listed)),
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


def _read_reference(plain: Mapping[str, Any]) -> Reference:
    """A reference from an image of the file, or from the folder of the .blend. Raises `InputError`."""
    role, label = ReferenceRole(plain["role"]), plain.get("label", "")
    if ("image" in plain) == ("path" in plain):
        raise InputError("A reference has either image or path.", next_step="Give exactly one of them.")
    if "path" in plain:
        return reference_files.from_path(role, str(_find_beside_blend(plain["path"])), label)
    image = bpy.data.images.get(plain["image"])
    if image is None:
        raise InputError("There is no image of this name in the open file.", next_step="Load it first.")
    return reference_files.read_image(role, image, label)


def _find_beside_blend(path: str) -> Path:
    """A path below the folder of the saved .blend: a script sends no other files of this computer."""
    folder = Path(bpy.data.filepath).parent.resolve() if bpy.data.filepath else None
    try:
        file = Path(folder or "", path.removeprefix("//")).resolve()
    except (OSError, ValueError, RuntimeError):
        file = None
    if folder is None or file is None or not file.is_relative_to(folder):
        raise InputError(
            "The file of a reference must lie in the folder of the saved .blend, or below it.",
            next_step="Load it into the .blend and name it with image.",
        )
    return file


def draft(
    asked: ScriptRequest, context: bpy.types.Context, *, dry_run: bool, guard: Guard | None = None
) -> ScriptDraft:
    """Capture, check, price; nothing is recorded or sent. Raises `NanoBananaError` with what to change."""
    if asked.task == "texture":
        plan = texture_plan.prepare(
            context,
            asked.settings,
            asked.texture,
            names=asked.objects,
            reference_override=asked.references,
            dry_run=dry_run,
        )
        plan = replace(plan, order=_sign(plan.order, asked, guard))
        return ScriptDraft(texture_job.offer(plan, again=asked.again, tolerant=False), plan.order)
    order = request_builder.prepare(context, asked.settings, reference_override=asked.references, dry_run=dry_run)
    order = _sign(order, asked, guard)
    return ScriptDraft(duplicates.offer_order(order, force_new=asked.again, tolerant=False), order)


def _sign(order: Order, asked: ScriptRequest, guard: Guard | None) -> Order:
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
