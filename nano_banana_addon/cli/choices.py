# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments as settings, which override those of the scene or of the earlier image; the budgets they may not exceed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..core import models
from ..core.constants import ReferenceRole
from ..core.errors import InputError
from ..core.request import GenerationRequest, Reference
from ..core.settings import CUSTOM_MODEL, OPTIONS, SAFETY_CATEGORIES, Settings
from ..features.generation import duplicates, request_builder, scene_settings
from ..features.generation.destination import resolve_destination
from ..features.history import gallery
from ..features.references import reference_files
from ..storage.database import budget, query
from ..wire.providers import PROVIDERS
from .arguments.words import from_flag


def read_settings(options: argparse.Namespace) -> Settings:
    """The scene's saved settings, overridden by the arguments.

    A provider that is named without a model, and lacks the scene's, is asked for the first one that it offers.
    """
    base = scene_settings.settings_of(bpy.context.scene)
    settings = base.replace_choices({"provider": options.provider, **read_arguments(options)})
    provider = PROVIDERS.get(options.provider or "")
    if provider is None or options.model is not None or provider.offers(models.find(settings.model_id)):
        return settings
    model = next(each for each in models.MODELS.values() if provider.offers(each))
    size = settings.image_size if settings.image_size in model.sizes else model.default_size
    return replace(settings, model=model.id, image_size=settings.image_size if options.image_size else size)


def read_instruction(options: argparse.Namespace) -> dict[str, Any]:
    """The settings for continuing an image.

    Raises `InputError` without an instruction: the scene's prompt describes the whole image, not a change.
    """
    choices = read_arguments(options)
    if not choices.get("prompt", "").strip():
        raise InputError("There is no instruction what to change.", next_step="Pass it with --prompt.")
    return choices | ({"provider": options.provider} if options.provider else {})


def read_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the arguments set."""
    values = {key: getattr(options, key, None) for key in OPTIONS}
    choices = {key: value for key, value in values.items() if value is not None and key != "model"}
    choices |= {"deliveries": tuple(map(from_flag, options.apply)), **_parse_safety(options.safety)}
    prompt = _read_prompt(options)
    choices |= {} if prompt is None else {"prompt": prompt}
    if options.model is not None:
        choices |= {"model": CUSTOM_MODEL, "custom_model": models.find_successor(options.model)}
    return choices


def _parse_safety(texts: list[str]) -> dict[str, str]:
    """Parse CATEGORY=THRESHOLD; an invalid threshold is reported with the other problems of the request."""
    thresholds: dict[str, str] = {}
    for text in texts:
        category, equals, threshold = text.partition("=")
        category = category.lower().replace("-", "_")
        if not equals or category not in (*SAFETY_CATEGORIES, "all"):
            raise InputError(
                f"The safety setting {text!r} is not CATEGORY=THRESHOLD.",
                next_step="Use for example --safety all=block-only-high.",
            )
        categories = SAFETY_CATEGORIES if category == "all" else (category,)
        thresholds |= {f"safety_{category_name}": from_flag(threshold) for category_name in categories}
    return thresholds


def _read_prompt(options: argparse.Namespace) -> str | None:
    if options.prompt_file is None:
        return options.prompt
    try:
        return Path(options.prompt_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read the prompt file {options.prompt_file}: {error}.") from error


def read_references(options: argparse.Namespace) -> list[Reference] | None:
    """The references given as ROLE:FILE, or None for the scene's."""
    if options.reference is None:
        return None
    return [_parse_reference(text) for text in options.reference]


def find_image(text: str, *, allow_sequence: bool = False) -> bpy.types.Image | Path:
    """An image in the .blend by its name, else a file or a sequence (with "#") if allowed. Raises `InputError`."""
    if (image := bpy.data.images.get(text)) is not None:
        return image
    path = Path(bpy.path.abspath(text))
    if not path.is_file() and not (allow_sequence and "#" in path.name):
        raise InputError(f"There is no image {text!r} in the .blend, and no file of that path.")
    return path


def _parse_reference(text: str) -> Reference:
    role, colon, path = text.partition(":")
    try:
        kind = ReferenceRole(from_flag(role))
    except ValueError:
        kind = None
    if not colon or kind is None:
        raise InputError(
            f"The reference {text!r} is not ROLE:FILE.",
            next_step="Use for example --reference style:ink.png.",
        )
    return reference_files.from_path(kind, path)


def check_before_capture(options: argparse.Namespace, pictures: int | None = None) -> None:
    """Raise BUDGET when `pictures` (None: the variants) exceed --budget or a budget, whatever the capture shows.

    Requests that may have results already are left to the exact check after the capture.
    """
    if options.dry_run:
        return
    settings = read_settings(options)
    references: Sequence[Reference] = read_references(options) or ()
    provider = resolve_destination(settings.provider, options.base_url, dry_run=True).provider
    draft = request_builder.build_request(bpy.context, settings, provider, tuple(references), None)
    count = max(settings.variants, 1) if pictures is None else pictures
    minimum_price = request_builder.price_of(draft) * count
    store = gallery.find_store()
    if store is None:
        duplicates.check_budget(minimum_price, options.budget)
    elif options.again or not query.is_painted(store.database, draft):
        duplicates.check_budget(minimum_price, options.budget)
        budget.hold(store.database, store.get_budgets(), _split_cost(draft, minimum_price, count))


def _split_cost(draft: GenerationRequest, dollars: float, count: int) -> list[tuple[GenerationRequest, float]]:
    return [(replace(draft, variant=n), dollars / count) for n in range(count)]
