# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist chooses is what is asked for, and who chooses nothing asks for nothing special."""

from __future__ import annotations

from dataclasses import replace

from nano_banana_addon.core import models
from nano_banana_addon.core.options import encode_request_fields
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.settings import OPTIONS, Settings, settings_of_request

from .test_settings import FULL


def ask(settings: Settings) -> GenerationRequest:
    return GenerationRequest("x", model=settings.model, **encode_request_fields(OPTIONS.values(), settings))


def test_every_choice_reaches_the_request() -> None:
    request = ask(FULL)
    assert replace(Settings(model=FULL.model), **settings_of_request(request)) == FULL
    assert request.google_search
    assert request.image_search
    assert request.thinking_level == "HIGH"
    assert request.system_instruction == "be bold"
    assert request.service_tier == "flex"
    assert request.safety == {"HARM_CATEGORY_HARASSMENT": "BLOCK_ONLY_HIGH"}


def test_without_a_choice_nothing_is_asked_for_that_costs_or_changes_the_result() -> None:
    assert ask(Settings()) == GenerationRequest("x", model=Settings().model)


def test_nobody_pays_for_4k_unasked() -> None:
    sizes = {model.id: model.default_size for model in models.MODELS.values()}
    assert all(size == "2K" or "2K" not in models.find(id).sizes for id, size in sizes.items())
    assert "4K" not in sizes.values()
