# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual's table of models, and the pages of the providers, say what the catalogue says."""

from __future__ import annotations

import re

import pytest

from nano_banana_addon.core import models
from nano_banana_addon.wire.providers import PROVIDERS, Provider
from tests.support.source import ROOT

PAGE = ROOT / "docs" / "providers.md"
PAGES = ROOT / "docs" / "providers"
HEAD = (
    "| model | at | images | matching | sizes | frame | seed | strength | negative prompt | mask | turns | cancelling"
    " | after a crash | marks | price |"
)


def describe(model: models.ImageModel) -> str:
    prices = model.prices
    price = "free" if prices.is_free else f"${model.find_image_price(model.default_size):.3f}"
    has = (model.seeds, model.strength, model.negative_prompt, model.mask, model.turns)
    cells = [
        model.label,
        ", ".join(p.label for p in PROVIDERS.values() if p.offers(model)),
        str(model.max_references),
        f"{model.series} in all" if model.series else "–",
        " ".join(model.sizes),
        "exact" if model.rule else "nearest",
        *("yes" if each else "–" for each in has),
        "stops it" if model.cancels else "runs on" if prices.is_free else "billed",
        "asked for" if model.resumes else "lost",
        model.provenance or "–",
        price,
    ]
    return f"| {' | '.join(cells)} |"


def describe_provider(provider: Provider) -> str:
    """The facts of a provider's section."""
    offered = ", ".join(m.label for m in models.MODELS.values() if provider.offers(m))
    key = " or ".join(f"`{name}`" for name in provider.key_variables) or ("optional" if provider.takes_key else "none")
    tested = provider.test_path or "gemini" in provider.families
    test = "asks it something that costs nothing" if tested else "cannot ask without cost"
    address = f"`{provider.base_url}`" if provider.base_url else "none, it runs inside the add-on"
    return f"*Address*: {address}. *Key*: {key}. *Test Connection* {test}.\n*Models*: {offered}."


def build_table() -> list[str]:
    return [HEAD, "|---" * HEAD.count(" | ") + "|---|", *map(describe, models.MODELS.values())]


def test_the_table_is_that_of_the_catalogue():
    assert "\n".join(build_table()) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.id)
def test_each_provider_has_a_page_with_its_facts(provider):
    """And the page says of each what an artist asks before choosing it."""
    page = (PAGES / f"{provider.id}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {provider.label}\n\n{describe_provider(provider)}\n")
    assert re.findall("^## (.+)$", page, re.MULTILINE) == ["What it can", "What it cannot", "Cost", "Privacy", "Key"]
    assert f"* [{provider.label}](providers/{provider.id}.md)\n" in PAGE.read_text(encoding="utf-8")


def test_what_a_model_lacks_is_refused_in_words():
    from nano_banana_addon.core.request import GenerationRequest
    from nano_banana_addon.core.text import validate

    request = GenerationRequest(
        "x", model="seedream-4.5", image_size="2K", negative_prompt="cars", strength=0.5, seed=3
    )
    found = " ".join(validate.find_problems(request))
    names = ("Negative Prompt", "Strength", "Seed")
    assert all(f"Seedream 4.5 has no option {name}." in found for name in names)


def test_an_unknown_id_is_like_its_own_family():
    assert models.find("doubao-seedream-9-0").family == "seedream"
    assert models.find("flux-9-ultra").family == "flux"
    assert models.find("gpt-image-7").family == "gpt-image"
    assert models.find("gemini-9-image").family == "gemini"
    assert not models.find("gpt-image-7").known
