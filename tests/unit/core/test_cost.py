# SPDX-License-Identifier: GPL-3.0-or-later
"""Prices: the published table before, the service's own count after."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nano_banana_addon.core import cost, models
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Usage


@pytest.mark.parametrize(
    ("model", "size", "published"),
    [
        ("gemini-3-pro-image", "1K", 0.134),
        ("gemini-3-pro-image", "2K", 0.134),
        ("gemini-3-pro-image", "4K", 0.24),
        ("gemini-nano-banana-2.1", "1K", 0.0336),
        ("gemini-nano-banana-2.1", "2K", 0.0504),
        ("gemini-nano-banana-2.1", "4K", 0.113),
        ("gemini-3.1-flash-image", "4K", 0.151),
        ("gemini-2.5-flash-image", "1K", 0.039),
    ],
)
def test_a_picture_costs_what_the_price_page_says(model: str, size: str, published: float) -> None:
    assert models.find(model).find_image_price(size) == pytest.approx(published, rel=0.01)


def test_the_estimate_of_a_usual_request_is_near_what_a_real_answer_costs() -> None:
    """Numbers of a real answer of Nano Banana Pro with one reference and one billed picture."""
    asked = GenerationRequest("x" * 400, references=(Reference(ReferenceRole.STRUCTURE, "a"),))
    told = Usage(prompt=615, candidates=1120 + 238, thoughts=208, image=1120, total=2181)
    assert cost.estimate(asked) == pytest.approx(cost.compute_actual(asked.model, told), rel=0.05)


def test_every_billed_draft_is_counted() -> None:
    one = Usage(prompt=100, candidates=1120, image=1120)
    three = Usage(prompt=100, candidates=3360, image=3360)
    extra = cost.compute_actual("gemini-3-pro-image", three) - cost.compute_actual("gemini-3-pro-image", one)
    assert extra == pytest.approx(2 * 0.1344)


def test_a_priority_request_counts_with_the_highest_price_unless_it_was_processed_as_standard() -> None:
    usual = GenerationRequest("x")
    assert cost.estimate(replace(usual, service_tier="priority")) == 2 * cost.estimate(usual)
    told = Usage(prompt=100, candidates=1120, image=1120)
    standard, priority = (cost.compute_actual(usual.model, told, tier=tier) for tier in ("standard", "priority"))
    assert priority == 2 * standard == 2 * cost.compute_actual(usual.model, told)


def test_each_reference_and_each_character_adds_to_the_estimate() -> None:
    bare = GenerationRequest("x")
    pictured = replace(bare, references=(Reference(ReferenceRole.STYLE, "a"),) * 3)
    assert cost.estimate(pictured) - cost.estimate(bare) == pytest.approx(3 * 560 * 2 / 1e6)
    assert cost.estimate(bare, 40_000) > cost.estimate(bare)


def test_offline_is_free_and_an_unreported_count_is_unknown_not_free() -> None:
    assert cost.estimate(GenerationRequest("x", provider="offline")) == 0
    assert cost.compute_actual("gemini-3-pro-image", Usage(), provider="offline") == 0
    assert cost.compute_actual("gemini-3-pro-image", None) is None
    assert cost.compute_actual("gemini-3-pro-image", Usage(reported=False)) is None
    assert cost.format_dollars(None) == "?"


def test_the_larger_size_at_the_same_price_is_named() -> None:
    assert cost.find_larger_size_at_same_price("gemini-3-pro-image", "1K") == "2K"
    assert cost.find_larger_size_at_same_price("gemini-3-pro-image", "2K") == ""
    assert cost.find_larger_size_at_same_price("gemini-nano-banana-2.1", "1K") == ""


def test_a_button_shows_how_many_images_and_what_all_of_them_cost() -> None:
    assert cost.Payment(1, 0.134).to_label("Restyle") == "Restyle  ($0.13)"
    assert cost.Payment(4, 0.536).to_label("Storyboard") == "Storyboard × 4  ($0.54)"
    assert cost.Payment(1, 0.0).to_label("Restyle") == "Restyle  (free)"
    assert cost.Payment(4, 0.536).to_label("") == "× 4  $0.54"
    assert cost.Payment(1, None).to_label("Regenerate") == "Regenerate  (?)"
    assert cost.Payment(0, 0.0).to_label("Storyboard") == "Storyboard"


def test_a_change_costs_the_same_whatever_references_its_image_had() -> None:
    bare = GenerationRequest("x", image_size="4K")
    pictured = replace(bare, prompt="y" * 4000, references=(Reference(ReferenceRole.STYLE, "a"),) * 3)
    assert cost.estimate_change(pictured) == pytest.approx(cost.estimate_change(bare))
    assert 0.24 < cost.estimate_change(bare) < 0.26
    assert cost.estimate_change(replace(bare, provider="offline")) == 0
