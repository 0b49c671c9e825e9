# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a request before it is sent, with a sentence for each problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from .. import models
from ..constants import BATCH, ReferenceRole
from ..cost import BATCH_PROVIDERS
from ..errors import InputError
from ..models import ImageModel
from ..options import Option
from ..request import GenerationRequest
from ..settings import MAX_VARIANTS, OPTIONS
from .prompts import MAX_PROMPT_CHARACTERS, find_mask


def check(request: GenerationRequest) -> None:
    """Raise `InputError` with all problems of a request, by its model's entry in the catalogue."""
    problems = list(find_problems(request))
    if problems:
        raise InputError(" ".join(problems), next_step="Nothing was sent.")


def find_problems(request: GenerationRequest) -> Iterator[str]:
    """A sentence for each thing that the service would refuse."""
    model = models.find(request.model)
    yield from _find_prompt_problems(request)
    yield from _find_image_problems(request, model)
    yield from _find_reference_problems(request, model)
    yield from _find_option_problems(request, model)


def _find_prompt_problems(request: GenerationRequest) -> Iterator[str]:
    if not request.prompt.strip():
        yield "The prompt is empty: write what you want to see."
    length = len(request.prompt) + sum(len(note.text) for note in request.scene_notes)
    if length > MAX_PROMPT_CHARACTERS:
        most = MAX_PROMPT_CHARACTERS
        yield f"The prompt has {length:,} characters; at most {most:,} can be sent."
    if not request.model.strip():
        yield "No model is chosen."


def _find_image_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    if request.image_size and request.image_size not in model.sizes:
        yield f"{model.label} has no size {request.image_size!r}; it has {', '.join(model.sizes)}."
    if request.aspect_ratio and not model.has_ratio(request.aspect_ratio):
        ratio, ratios = request.aspect_ratio, ", ".join(model.ratios)
        yield f"{model.label} has no aspect ratio {ratio!r}; it has {ratios}."


def _find_reference_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    mask = find_mask(request)
    count = len(request.references) - (mask is not None)
    count += sum(need.required and not need.number for need in request.needs)
    if count > model.max_references:
        yield (
            f"There are {count} images, the captured one included; {model.label} takes at most {model.max_references}."
        )
    sent = count
    structures = sum(r.role is ReferenceRole.STRUCTURE for r in request.references)
    if request.count > 1 and count + request.count > model.series:
        yield (
            f"{sent} images to send and {request.count} to generate are too many for one call; {model.label} takes"
            f" {model.series} in all. Choose fewer, or switch Matching Images off."
        )
    if structures > max(1, request.count if request.together else 1):
        yield "Only one image can be the structure; set another role for the others."
    if mask and not structures:
        yield "A mask needs the image that it is a mask of."


def _find_option_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    for row in OPTIONS.values():
        if row.field and not row.key and getattr(request, row.field) not in ("", None, False):
            yield from _find_value_problems(row, getattr(request, row.field), model)
    yield from _safety_problems(request, model)
    if request.service_tier == BATCH and request.provider not in BATCH_PROVIDERS:
        yield "Only Google takes batches: choose it as the provider, or another Service Tier."
    if not 0 <= request.variant < MAX_VARIANTS:
        most = MAX_VARIANTS
        yield f"At most {most} variants are possible."


def _find_value_problems(row: Option, value: Any, model: ImageModel) -> Iterator[str]:
    """The problems of options that the model lacks or whose value it does not accept."""
    if not row.is_offered(model):
        name, option = model.label, row.label
        yield f"{name} has no option {option}."
    elif row.items:
        allowed = _list_allowed(row, model)
        if value not in allowed:
            name, option = model.label, row.label
            yield f"{option} has no value {value!r}; {name} has {', '.join(allowed)}."
    elif row.maximum is not None:
        maximum = getattr(model, row.model_maximum) if row.model_maximum else row.maximum
        if not 0 <= value <= maximum:
            yield f"{row.label} {value} is not between 0 and {maximum}."


def _list_allowed(row: Option, model: ImageModel) -> Sequence[str]:
    """The values of a menu as they stand in the request: the model's own list, if its capability is one."""
    capability: object = getattr(model, row.capability) if row.capability else None
    if isinstance(capability, tuple):
        return cast("tuple[str, ...]", capability)
    return [row.codec.encode(item.id) for item in row.items]


def _safety_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    thresholds = {row.key: {item.id for item in row.items} for row in OPTIONS.values() if row.key}
    if request.safety and not model.safety_settings:
        yield f"{model.label} has no safety settings."
    for category, threshold in request.safety.items():
        if threshold not in thresholds.get(category, ()):
            yield f"The safety setting {category}: {threshold} does not exist."
