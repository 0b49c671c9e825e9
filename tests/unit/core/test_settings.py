# SPDX-License-Identifier: GPL-3.0-or-later
"""Choices become requests and come back; what a model lacks is never asked of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nano_banana_addon.core import cost, models
from nano_banana_addon.core.options import encode_request_fields
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.settings import OPTIONS, Settings, settings_of_request
from nano_banana_addon.core.text import validate

FULL = Settings(
    model="gemini-nano-banana-2.1",
    thinking_level="HIGH",
    google_search=True,
    image_search=True,
    media_resolution="LOW",
    service_tier="FLEX",
    system_instruction="be bold",
    safety_harassment="BLOCK_ONLY_HIGH",
)


@pytest.mark.parametrize("model", list(models.MODELS))
def test_what_the_panels_hide_is_never_refused(model: str) -> None:
    chosen = replace(FULL, model=model).drop_unsupported()
    fields = encode_request_fields(OPTIONS.values(), chosen)
    request = GenerationRequest("x", model=model, image_size=models.find(model).default_size, **fields)
    assert list(validate.find_problems(request)) == []


def test_the_choices_come_back_from_a_request() -> None:
    request = GenerationRequest(
        "x",
        model=FULL.model,
        thinking_level="HIGH",
        google_search=True,
        image_search=True,
        system_instruction="be bold",
        media_resolution="MEDIA_RESOLUTION_LOW",
        service_tier="flex",
        safety={"HARM_CATEGORY_HARASSMENT": "BLOCK_ONLY_HIGH"},
    )
    assert replace(Settings(model=FULL.model), **settings_of_request(request)) == FULL


def test_flex_costs_half() -> None:
    usual = GenerationRequest("x", image_size="4K")
    assert cost.estimate(replace(usual, service_tier="flex")) == cost.estimate(usual) / 2
    assert cost.estimate(replace(usual, service_tier="batch")) == cost.estimate(usual) / 2
    assert replace(usual, service_tier="batch").compute_digest() == usual.compute_digest()


def test_numbers_in_stored_menus_stay_what_they_are() -> None:
    """A .blend stores the number: these may be added to, never changed."""
    assert {m.id: m.number for m in models.MODELS.values()} == {
        "gemini-3-pro-image": 0,
        "gemini-nano-banana-2.1": 1,
        "gemini-3.1-flash-image": 2,
        "gemini-3.1-flash-lite-image": 3,
        "gemini-2.5-flash-image": 4,
        "seedream-4.5": 5,
        "seedream-5.0-lite": 6,
        "seedream-5.0-pro": 7,
        "seedream-4.0": 8,
        "gpt-image-2": 9,
        "flux-2-pro": 10,
        "flux-2-max": 11,
        "flux-2-flex": 12,
        "flux-2-klein-9b": 13,
        "stable-diffusion": 14,
        "midjourney": 15,
        "stable-diffusion-cpp": 21,
        "comfyui-workflow": 16,
        "comfyui-qwen-edit": 17,
        "comfyui-flux-kontext": 18,
        "comfyui-sdxl": 19,
        "comfyui-sd15": 20,
    }
    assert models.ALL_RATIOS[:10] == tuple(models.find("gemini-3-pro-image").ratios)
    assert set(models.ALL_RATIOS) == {r for m in models.MODELS.values() for r in m.ratios}
