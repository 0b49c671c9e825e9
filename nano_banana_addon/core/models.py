# SPDX-License-Identifier: GPL-3.0-or-later
"""The image models as data: ids, aspect ratios, pixel sizes, limits, prices, retired ids and their successors.

Source: the Gemini API's pages on image generation, pricing and deprecations, as of October 2026. Prices are US dollars;
an image's price is its image tokens times the price of image tokens. And which of them each provider offers, as of the
last query; the panels read it at every draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

PixelSize = tuple[int, int]

#: Pixels of the 1K size; 2K and 4K are exactly two and four times these, 512 exactly half.
_GEMINI_3_1K: Mapping[str, PixelSize] = MappingProxyType(
    {
        "1:1": (1024, 1024),
        "2:3": (848, 1264),
        "3:2": (1264, 848),
        "3:4": (896, 1200),
        "4:3": (1200, 896),
        "4:5": (928, 1152),
        "5:4": (1152, 928),
        "9:16": (768, 1376),
        "16:9": (1376, 768),
        "21:9": (1584, 672),
    }
)
_EXTREME_1K: Mapping[str, PixelSize] = MappingProxyType(
    {"1:4": (512, 2048), "4:1": (2048, 512), "1:8": (384, 3072), "8:1": (3072, 384)}
)
_GEMINI_25_1K: Mapping[str, PixelSize] = MappingProxyType(
    {
        "1:1": (1024, 1024),
        "2:3": (832, 1248),
        "3:2": (1248, 832),
        "3:4": (864, 1184),
        "4:3": (1184, 864),
        "4:5": (896, 1152),
        "5:4": (1152, 896),
        "9:16": (768, 1344),
        "16:9": (1344, 768),
        "21:9": (1536, 672),
    }
)
#: In the order in which they are numbered in stored menus; new ones come last.
ALL_RATIOS = (*_GEMINI_3_1K, *_EXTREME_1K)
_SCALE = MappingProxyType({"512": 0.5, "1K": 1.0, "2K": 2.0, "4K": 4.0})


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens. A `reference` image counts as so many input tokens."""

    input: float
    text: float
    image: float
    reference_tokens: int = 560


@dataclass(frozen=True, slots=True)
class ImageModel:
    """What one model can do. An unknown model has generous values and `known` is False."""

    id: str
    label: str
    base_pixels: Mapping[str, PixelSize]
    image_tokens: Mapping[str, int]
    prices: Prices
    max_references: int = 14
    thinking_levels: tuple[str, ...] = ()
    default_thinking: str = ""
    sends_image_size: bool = True
    system_instruction: bool = True
    google_search: bool = True
    image_search: bool = False
    media_resolution: bool = True
    max_temperature: float = 1.0
    known: bool = True
    note: str = ""
    roles_advice: str = ""
    predecessors: tuple[str, ...] = field(default=())
    number: int = 0  # in stored menus; never given to another model, 99 is "Other"

    @property
    def sizes(self) -> tuple[str, ...]:
        """The names of the sizes, from small to large: a part of 512, 1K, 2K, 4K."""
        return tuple(self.image_tokens)

    @property
    def ratios(self) -> tuple[str, ...]:
        """The aspect ratios as the API spells them, width first."""
        return tuple(self.base_pixels)

    @property
    def default_size(self) -> str:
        """2K where there is one (Nano Banana Pro asks the same for it as for 1K), else the largest."""
        return "2K" if "2K" in self.image_tokens else self.sizes[-1]

    def find_pixel_size(self, ratio: str, size: str) -> PixelSize:
        """Width and height that the API returns. These are not exact ratios (16:9 is 1376 x 768)."""
        width, height = self.base_pixels[ratio]
        scale = _SCALE[size]
        return round(width * scale), round(height * scale)

    def list_pixel_sizes(self, size: str, ratio: str) -> list[PixelSize]:
        """The sizes that the API may return for a request, "" for what it leaves open; none where they are unknown."""
        size = size or ("1K" if "1K" in self.sizes else self.sizes[0])  # the API's own default
        ratios = (ratio,) if ratio else self.ratios
        if not self.known or size not in self.sizes or not set(ratios) <= set(self.ratios):
            return []
        return [self.find_pixel_size(ratio, size) for ratio in ratios]

    def find_image_price(self, size: str) -> float:
        """US dollars for one returned image of a size, without input and text tokens."""
        return self.image_tokens[size] * self.prices.image / 1e6


_PRO = ImageModel(
    id="gemini-3-pro-image",
    number=0,
    label="Nano Banana Pro",
    base_pixels=_GEMINI_3_1K,
    image_tokens={"1K": 1120, "2K": 1120, "4K": 2000},
    prices=Prices(input=2.0, text=12.0, image=120.0),
    roles_advice="up to 6 objects, 5 characters and 3 styles",
    predecessors=("gemini-3-pro-image-preview", "nano-banana-pro-preview"),
)
_NB21 = ImageModel(
    id="gemini-nano-banana-2.1",
    number=1,
    label="Nano Banana 2.1",
    base_pixels={**_GEMINI_3_1K, **_EXTREME_1K},
    image_tokens={"1K": 1120, "2K": 1680, "4K": 3780},
    prices=Prices(input=1.5, text=7.5, image=30.0),
    thinking_levels=("MINIMAL", "MEDIUM", "HIGH"),
    default_thinking="MEDIUM",
    image_search=True,
    roles_advice="up to 10 objects and 4 characters",
)
_NB2 = ImageModel(
    id="gemini-3.1-flash-image",
    number=2,
    label="Nano Banana 2",
    base_pixels={**_GEMINI_3_1K, **_EXTREME_1K},
    image_tokens={"512": 747, "1K": 1120, "2K": 1680, "4K": 2520},
    prices=Prices(input=0.5, text=3.0, image=60.0),
    thinking_levels=("MINIMAL", "HIGH"),
    default_thinking="MINIMAL",
    image_search=True,
    roles_advice="up to 10 objects and 4 characters",
    note="announced to be shut down on 2026-10-29; some providers still offer it",
    predecessors=("gemini-3.1-flash-image-preview",),
)
_LITE = ImageModel(
    id="gemini-3.1-flash-lite-image",
    number=3,
    label="Nano Banana 2 Lite",
    base_pixels={**_GEMINI_3_1K, **_EXTREME_1K},
    image_tokens={"1K": 1120},
    prices=Prices(input=0.25, text=1.5, image=30.0),
    thinking_levels=("MINIMAL", "HIGH"),
    default_thinking="MINIMAL",
    google_search=False,
    roles_advice="up to 14 objects",
    note="the prices of input and text are an estimate",
)
_NB25 = ImageModel(
    id="gemini-2.5-flash-image",
    number=4,
    label="Nano Banana",
    base_pixels=_GEMINI_25_1K,
    image_tokens={"1K": 1290},
    prices=Prices(input=0.3, text=2.5, image=30.0, reference_tokens=258),
    max_references=3,
    sends_image_size=False,
    system_instruction=False,
    media_resolution=False,
    google_search=False,
    note="deprecated; to be shut down on 2027-03-15",
    predecessors=("gemini-2.5-flash-image-preview",),
)

#: In the order in which they are offered.
MODELS: Mapping[str, ImageModel] = MappingProxyType({model.id: model for model in (_PRO, _NB21, _NB2, _LITE, _NB25)})
DEFAULT_MODEL = _PRO.id
_SUCCESSORS: Mapping[str, str] = MappingProxyType(
    {old: model.id for model in MODELS.values() for old in model.predecessors}
)


def find_successor(model_id: str) -> str:
    """The current id for a retired one; any other id is returned unchanged."""
    return _SUCCESSORS.get(model_id, model_id)


def find(model_id: str) -> ImageModel:
    """The model of an id; retired ids give their successor.

    An unknown id is treated like Nano Banana Pro, with that model's prices.
    """
    current = find_successor(model_id)
    if current in MODELS:
        return MODELS[current]
    return ImageModel(
        id=current,
        label=current,
        base_pixels={**_GEMINI_3_1K, **_EXTREME_1K},
        image_tokens={"1K": 1120, "2K": 1120, "4K": 2000},
        prices=_PRO.prices,
        thinking_levels=("MINIMAL", "LOW", "MEDIUM", "HIGH"),
        known=False,
        note="not in the catalogue: limits and prices are taken from Nano Banana Pro",
    )


@dataclass(frozen=True, slots=True)
class NewModel:
    """An image model that the catalogue does not know, but that can be used."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class ModelAvailability:
    """A provider's list against the catalogue; `asked` in seconds since 1970."""

    offered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    new: tuple[NewModel, ...] = ()
    asked: float = 0.0


_offers: dict[str, ModelAvailability] = {}


def record(availability: Mapping[str, ModelAvailability]) -> None:
    """Store what providers offer, by their ids, for the life of the process."""
    _offers.update(availability)


def get_availability(provider: str) -> ModelAvailability:
    """What a provider offers; nothing if it was never queried."""
    return _offers.get(provider, ModelAvailability())


def is_missing(provider: str, model: str) -> bool:
    """Whether a provider was queried and does not offer a model."""
    availability = get_availability(provider)
    model_ids = {*availability.offered, *(entry.id for entry in availability.new)}
    return bool(availability.asked) and model not in model_ids


def list_new_models() -> dict[str, str]:
    """The labels of all models that the catalogue does not know, by id."""
    return {entry.id: entry.label for offer in _offers.values() for entry in offer.new}
