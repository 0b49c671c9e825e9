# SPDX-License-Identifier: GPL-3.0-or-later
"""Gemini's image models.

Source: the Gemini API's pages on image generation, pricing and deprecations, as of October 2026. Prices are US dollars;
an image's price is its image tokens times the price of image tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .image_model import ImageModel, PixelSize, Prices

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
_PRO = ImageModel(
    id="gemini-3-pro-image",
    number=0,
    label="Nano Banana Pro",
    base_pixels=_GEMINI_3_1K,
    image_tokens={"1K": 1120, "2K": 1120, "4K": 2000},
    prices=Prices(input=2.0, text=12.0, image=120.0),
    slots={"OBJECT": 6, "CHARACTER": 5, "STYLE": 3},
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
    slots={"OBJECT": 10, "CHARACTER": 4},
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
    slots={"OBJECT": 10, "CHARACTER": 4},
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
    slots={"OBJECT": 14},
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

GEMINI_MODELS = (_PRO, _NB21, _NB2, _LITE, _NB25)


def build_unknown(model_id: str) -> ImageModel:
    """A Gemini model that the catalogue lacks: with generous limits, and the prices of Nano Banana Pro."""
    return ImageModel(
        id=model_id,
        label=model_id,
        base_pixels={**_GEMINI_3_1K, **_EXTREME_1K},
        image_tokens={"1K": 1120, "2K": 1120, "4K": 2000},
        prices=_PRO.prices,
        thinking_levels=("MINIMAL", "LOW", "MEDIUM", "HIGH"),
        known=False,
        note="not in the catalogue: limits and prices are taken from Nano Banana Pro",
    )
