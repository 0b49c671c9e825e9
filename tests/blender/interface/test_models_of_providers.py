# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel shows the models of the chosen provider, and of a model what it has."""

from __future__ import annotations

import types
from collections.abc import Iterator

import bpy
import pytest

from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core import models
from nano_banana_addon.core.settings import OPTIONS
from nano_banana_addon.features.generation import readiness, scene_settings

from .strict_layout import StrictLayout


@pytest.fixture
def chosen() -> Iterator[bpy.types.AddonPreferences]:
    prefs = preferences.get_preferences()
    before = prefs.provider
    yield prefs
    prefs.provider, prefs.accepts_unofficial = before, False


def draw(name: str) -> StrictLayout:
    layout = StrictLayout()
    getattr(bpy.types, name).draw(types.SimpleNamespace(layout=layout), bpy.context)
    return layout


@pytest.mark.parametrize(
    ("provider", "has", "lacks"),
    [
        ("google", "gemini-3-pro-image", "seedream-4.5"),
        ("openai", "gpt-image-2", "gemini-3-pro-image"),
        ("cometapi", "midjourney", "stable-diffusion"),
        ("sdcpp", "stable-diffusion-cpp", "stable-diffusion"),
    ],
)
def test_the_menu_has_the_provider_s_models(chosen, provider, has, lacks):
    chosen.provider = provider
    values = draw("NANO_BANANA_MT_model").values
    assert has in values
    assert lacks not in values
    assert "CUSTOM" in values


def test_a_model_that_the_provider_lacks_is_said_so_and_cannot_be_paid_for(chosen):
    chosen.provider = "openai"
    bpy.context.scene.nano_banana.model = "seedream-4.5"
    assert "OpenAI does not offer Seedream 4.5" in " ".join(draw("NANO_BANANA_PT_output").texts)
    chosen.provider = "sdapi"  # which needs neither key nor the internet
    assert "does not offer Seedream 4.5" in readiness.find_blocker(bpy.context)


def test_what_its_maker_forbids_is_used_when_that_was_read(chosen):
    chosen.provider = "cometapi"
    bpy.context.scene.nano_banana.model = "midjourney"
    assert "forbids automation" in " ".join(draw("NANO_BANANA_PT_output").texts)
    chosen.accepts_unofficial = True
    assert "forbids" not in " ".join(draw("NANO_BANANA_PT_output").texts)


@pytest.mark.parametrize("model", models.MODELS)
def test_only_what_the_model_has_is_drawn(chosen, model):
    found = models.find(model)
    providers = ("cometapi", "sdapi", "sdcpp", "comfyui")
    chosen.provider = next(p for p in providers if found.family in readiness.PROVIDERS[p].families)
    bpy.context.scene.nano_banana.model = model
    advanced = draw("NANO_BANANA_PT_advanced").properties
    for name in ("seed", "strength", "negative_prompt", "steps", "guidance", "temperature", "google_search"):
        assert (name in advanced) == OPTIONS[name].is_offered(found), name
    assert ("workflow" in draw("NANO_BANANA_PT_output").properties) == found.own_workflow
    sizes = draw("NANO_BANANA_PT_output").values
    assert sizes == (list(found.sizes) if found.sends_image_size else [])
    assert draw("NANO_BANANA_MT_ratio").values == ["AUTO", *found.ratios]
    assert bpy.types.NANO_BANANA_PT_safety.poll(bpy.context) == found.safety_settings


def test_what_the_model_lacks_is_not_sent():
    choices = bpy.context.scene.nano_banana
    choices.seed, choices.strength, choices.negative_prompt, choices.steps = 7, 0.5, "cars", 9
    choices.model = "seedream-4.5"
    settings = scene_settings.settings_of(bpy.context.scene)
    assert (settings.seed, settings.strength, settings.negative_prompt, settings.steps) == (-1, -1.0, "", -1)
    choices.model = "stable-diffusion"
    settings = scene_settings.settings_of(bpy.context.scene)
    assert (settings.seed, settings.strength, settings.negative_prompt, settings.steps) == (7, 0.5, "cars", 9)
