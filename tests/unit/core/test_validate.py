# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service would refuse is refused before anything is recorded or paid, all of it at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nano_banana_addon.core import models
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import ErrorKind, InputError
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.text import validate

GOOD = GenerationRequest("a neon alley", references=(Reference(ReferenceRole.STRUCTURE, "a"),))
STYLE = Reference(ReferenceRole.STYLE, "s")


def test_a_usual_request_passes_for_every_model_and_size() -> None:
    for model in models.MODELS.values():
        for size in model.sizes:
            for ratio in model.ratios:
                validate.check(replace(GOOD, model=model.id, image_size=size, aspect_ratio=ratio))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": " \n"}, "prompt is empty"),
        ({"prompt": "x" * 100_000}, "100,000 characters"),
        ({"image_size": "4k"}, "no size '4k'"),
        ({"image_size": "512"}, "no size '512'"),
        ({"aspect_ratio": "4:1"}, "no aspect ratio '4:1'"),
        ({"aspect_ratio": "16x9"}, "no aspect ratio"),
        ({"references": (STYLE,) * 15}, "at most 14"),
        ({"references": (GOOD.references[0],) * 2}, "Only one image"),
        ({"thinking_level": "MINIMAL"}, "no option Thinking"),
        ({"temperature": 1.5}, "Temperature 1.5 is not between 0 and 1"),
        ({"seed": 2**31}, "Seed 2147483648 is not between"),
        ({"service_tier": "Flex"}, "Service Tier has no value 'Flex'"),
        ({"media_resolution": "HIGH"}, "Media Resolution has no value 'HIGH'"),
        ({"safety": {"HARM_CATEGORY_X": "OFF"}}, "safety setting"),
        ({"image_search": True}, "no option Image Search"),
        ({"model": "gemini-2.5-flash-image", "references": (STYLE,) * 4, "image_size": "1K"}, "at most 3"),
        (
            {"model": "gemini-2.5-flash-image", "system_instruction": "x", "image_size": "1K"},
            "no option System Instruction",
        ),
        (
            {"model": "gemini-3.1-flash-lite-image", "google_search": True, "image_size": "1K"},
            "no option Google Search",
        ),
        ({"model": "gemini-3.1-flash-lite-image", "image_size": "2K"}, "no size '2K'"),
    ],
)
def test_each_problem_has_its_sentence(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        validate.check(replace(GOOD, **change))
    assert said in caught.value.message
    assert caught.value.kind is ErrorKind.INPUT


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        validate.check(replace(GOOD, prompt="", image_size="3K", aspect_ratio="7:5"))
    for said in ("empty", "3K", "7:5"):
        assert said in caught.value.message


def test_retired_ids_mean_their_heirs_and_unknown_ids_stay_usable() -> None:
    assert models.find_successor("gemini-3-pro-image-preview") == "gemini-3-pro-image"
    validate.check(replace(GOOD, model="gemini-3-pro-image-preview"))
    stranger = models.find("gemini-9-image")
    assert not stranger.known
    validate.check(replace(GOOD, model="gemini-9-image", aspect_ratio="8:1", image_size="4K"))
