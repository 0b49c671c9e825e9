# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can be known to be wrong before a request is sent, each with a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from . import models
from .errors import InputError
from .models import ImageModel
from .prompts import MAX_PROMPT_CHARACTERS
from .request import GenerationRequest, ReferenceRole

MAX_VARIANTS = 8
_SERVICE_TIERS = ("", "standard", "flex", "priority")
_HARM_CATEGORIES = frozenset(
    f"HARM_CATEGORY_{name}" for name in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
)
_HARM_THRESHOLDS = frozenset({"OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"})
_MEDIA_RESOLUTIONS = frozenset(f"MEDIA_RESOLUTION_{level}" for level in ("LOW", "MEDIUM", "HIGH"))


def check(request: GenerationRequest) -> None:
    """Raise `InputError` with all that is wrong with a request, by its model's entry in the catalogue."""
    problems = list(problems_of(request))
    if problems:
        raise InputError(" ".join(problems), next_step="Nothing was sent.")


def problems_of(request: GenerationRequest) -> Iterator[str]:
    """A sentence for each thing that the service would refuse."""
    model = models.find(request.model)
    yield from _prompt_problems(request)
    yield from _picture_problems(request, model)
    yield from _reference_problems(request, model)
    yield from _option_problems(request, model)


def _prompt_problems(request: GenerationRequest) -> Iterator[str]:
    if not request.prompt.strip():
        yield "The prompt is empty: write what you want to see."
    if len(request.prompt) > MAX_PROMPT_CHARACTERS:
        yield (f"The prompt has {len(request.prompt):,} characters; at most {MAX_PROMPT_CHARACTERS:,} can be sent.")
    if not request.model.strip():
        yield "There is no model chosen."


def _picture_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    if request.image_size and request.image_size not in model.sizes:
        yield (f"{model.label} has no size {request.image_size!r}; it has {', '.join(model.sizes)}.")
    if request.aspect_ratio and request.aspect_ratio not in model.ratios:
        yield (f"{model.label} has no aspect ratio {request.aspect_ratio!r}; it has {', '.join(model.ratios)}.")


def _reference_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    count = len(request.references)
    if count > model.max_references:
        yield (
            f"There are {count} pictures, the captured one included; {model.label} takes at most"
            f" {model.max_references}."
        )
    structures = sum(r.role is ReferenceRole.STRUCTURE for r in request.references)
    if structures > 1:
        yield "Only one picture can be the structure; give the others another role."


def _option_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    if request.thinking_level and request.thinking_level not in model.thinking_levels:
        offered = ", ".join(model.thinking_levels) or "none: it always thinks"
        yield f"{model.label} has no thinking level {request.thinking_level!r} (it has {offered})."
    if request.system_instruction and not model.system_instruction:
        yield f"{model.label} takes no system instruction."
    if request.google_search and not model.google_search:
        yield f"{model.label} cannot search."
    if request.image_search and not model.image_search:
        yield f"{model.label} cannot search for pictures."
    if request.media_resolution and not model.media_resolution:
        yield f"{model.label} takes no media resolution."
    yield from _value_problems(request, model)


def _value_problems(request: GenerationRequest, model: ImageModel) -> Iterator[str]:
    temperature = request.temperature
    if temperature is not None and not 0 <= temperature <= model.max_temperature:
        yield f"The temperature {temperature:g} is not between 0 and {model.max_temperature:g}."
    if request.seed is not None and not -(2**31) <= request.seed < 2**31:
        yield f"The seed {request.seed} does not fit in 32 bits."
    if request.service_tier not in _SERVICE_TIERS:
        yield f"There is no service tier {request.service_tier!r}."
    if request.media_resolution and request.media_resolution not in _MEDIA_RESOLUTIONS:
        yield f"There is no media resolution {request.media_resolution!r}."
    for category, threshold in request.safety.items():
        if category not in _HARM_CATEGORIES or threshold not in _HARM_THRESHOLDS:
            yield f"The safety setting {category}: {threshold} does not exist."
    if not 0 <= request.variant < MAX_VARIANTS:
        yield f"There are at most {MAX_VARIANTS} variants."
