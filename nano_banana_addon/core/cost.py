# SPDX-License-Identifier: GPL-3.0-or-later
"""The cost of a generation in US dollars: the estimate before, and the sum of the service's own count after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import bounds, models
from .constants import BATCH, OFFLINE

if TYPE_CHECKING:
    from .request import GenerationRequest
    from .result import Usage

#: Prose has about four characters to a token (Gemini's documentation on tokens).
CHARACTERS_PER_TOKEN = 4
#: Thoughts and text of an answer, from measured answers of Nano Banana Pro: 50 to 350, and 88 to 630.
EXPECTED_TEXT_TOKENS = 400
#: Flex and batch cost half, from the pricing page; priority 75 to 100 % more, from the page on optimization: which for
#: an image is not said, and the higher keeps a budget. An answer that was processed as standard names that tier.
TIER_FACTORS = {"flex": 0.5, BATCH: 0.5, "priority": 2.0}
#: Providers that generate without billing.
FREE_PROVIDERS = frozenset({OFFLINE})
#: Providers that take batches.
BATCH_PROVIDERS = frozenset({"google"})


def estimate(request: GenerationRequest, text_characters: int | None = None) -> float:
    """US dollars that a request will cost: input text and images, thoughts, and the image, or the images it asks for.

    `text_characters` is the length of the composed text, where it is known. Drafts that the model bills on top cannot
    be foreseen. Token prices are those of the model's maker; other providers
    have their own.
    """
    if request.provider in FREE_PROVIDERS or request.shared:
        return 0.0
    if request.count > 1:
        return request.count * estimate(replace(request, count=1), text_characters)
    model = models.find(request.model)
    size = request.image_size if request.image_size in model.image_tokens else model.default_size
    if model.prices.is_flat:
        listed = models.get_availability(request.provider).prices.get(models.find_successor(request.model))
        references = _count_images(request) * model.prices.per_reference
        return (model.find_image_price(size) if listed is None else listed) + references
    length = text_characters if text_characters is not None else len(request.prompt)
    length += len(request.system_instruction)
    input_tokens = length / CHARACTERS_PER_TOKEN
    echoed = bool(request.continues) and not request.picture_instead
    input_tokens += (_count_images(request) + echoed) * model.prices.reference_tokens
    dollars = (
        input_tokens * model.prices.input + EXPECTED_TEXT_TOKENS * model.prices.text
    ) / 1e6 + model.find_image_price(size, request.quality)
    return dollars * TIER_FACTORS.get(request.service_tier, 1.0)


def estimate_text(request: GenerationRequest, characters: int) -> float:
    """US dollars for so many characters of text more in a request."""
    base = len(request.prompt)
    return estimate(request, base + characters) - estimate(request, base)


def _count_images(request: GenerationRequest) -> int:
    """The images that go with a request; from all that is drawn for it, Blender makes one."""
    joined = sum(not need.drawn for need in request.needs)
    return len(request.references) + joined + any(need.drawn for need in request.needs)


def estimate_change(request: GenerationRequest) -> float:
    """US dollars that changing the image of a request by an instruction will cost, with the same model and size."""
    return estimate(replace(request, prompt="", references=(), needs=(), count=1, continues="it", picture_instead=""))


@dataclass(frozen=True, slots=True)
class Payment:
    """How many images a press of a button asks for, and the US dollars for all of them (None: unknown)."""

    count: int
    dollars: float | None

    def __add__(self, other: Payment) -> Payment:
        """Both together; unknown if either is."""
        known = self.dollars is not None and other.dollars is not None
        return Payment(self.count + other.count, (self.dollars or 0.0) + (other.dollars or 0.0) if known else None)

    def to_label(self, verb: str, free: str = "") -> str:
        """The text of the button: "Restyle  ($0.13)", "Restyle × 4  ($0.53)"; without a verb "$0.13", "× 4  $0.53".

        `free` is the word for no price, where that is another than the English one.
        """
        if not self.count:
            return verb
        price = free if free and self.dollars == 0.0 else format_dollars(self.dollars)
        if not verb:
            return price if self.count == 1 else f"× {self.count}  {price}"
        return f"{verb}  ({price})" if self.count == 1 else f"{verb} × {self.count}  ({price})"


def compute_actual(model_id: str, usage: Usage | None, *, provider: str = "google", tier: str = "") -> float | None:
    """US dollars by the service's own count, image tokens priced apart from text and thoughts.

    None when the service did not report its count, or one that no call can have. Source of the formula: the API's
    `usageMetadata`, whose `candidatesTokenCount` holds the image tokens and the text, thoughts standing beside it.
    """
    if provider in FREE_PROVIDERS:
        return 0.0
    if usage is None or not usage.reported:
        return None
    prices = models.find(model_id).prices
    text_tokens = max(usage.candidates - usage.image, 0) + usage.thoughts
    dollars = (
        (usage.prompt + usage.tool_prompt) * prices.input + text_tokens * prices.text + usage.image * prices.image
    ) / 1e6
    dollars *= TIER_FACTORS.get(tier, 1.0)
    return dollars if bounds.is_within(dollars, bounds.MAX_COST_USD) else None


def find_larger_size_at_same_price(model_id: str, size: str) -> str:
    """The largest size that costs the same as `size`, or "": Nano Banana Pro asks the same for 1K and 2K."""
    model = models.find(model_id)
    if size not in model.image_tokens:
        return ""
    sizes = [s for s in model.sizes if model.find_image_price(s) == model.find_image_price(size)]
    return sizes[-1] if sizes[-1] != size else ""


def format_dollars(amount: float | None) -> str:
    """An amount as the interface shows it: three digits below ten cents, else two; "?" if unknown."""
    if amount is None:
        return "?"
    if amount == 0:
        return "free"
    return f"${amount:.3f}" if amount < 0.1 else f"${amount:.2f}"
