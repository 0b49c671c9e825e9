# SPDX-License-Identifier: GPL-3.0-or-later
"""The image models of the other services.

Source: docs/dev/images-contract.md, polling-contract.md and sdapi-contract.md, as of November 2026. Flat prices are
those of the model's own service; a gateway's list replaces them where it was queried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .image_model import ImageModel, Manner, MaskForm, Prices, SizeRule

#: What none of them has of Gemini's own.
_NOT_GEMINI: Mapping[str, Any] = {
    "system_instruction": False,
    "google_search": False,
    "media_resolution": False,
    "max_temperature": 0.0,
    "turns": False,
    "thoughts": False,
    "tiers": False,
    "safety_settings": False,
    "provenance": "",
}
_MIDJOURNEY_WARNING = (
    "Midjourney offers no API and forbids automation: accounts behind it may be blocked. CometAPI calls this access"
    " unofficial; it may fail or end at any time."
)


def build_model(
    id: str, label: str, number: int, family: str, rule: SizeRule, sizes: Mapping[str, int], prices: Prices, **more: Any
) -> ImageModel:
    """A model with exact sizes; `sizes` are the tokens of an image of each."""
    fields = {**_NOT_GEMINI, **more}
    return ImageModel(id, label, {}, sizes, prices, number=number, family=family, rule=rule, **fields)


def _seedream(id: str, label: str, number: int, least: int, sizes: str, prices: Prices, **more: Any) -> ImageModel:
    rule = SizeRule(2, least, 16_777_216, max_ratio=8.0)
    tokens = dict.fromkeys(sizes.split(), 0)
    more = {"max_references": 10, "seeds": False, "series": 15, **more}
    return build_model(id, label, number, "seedream", rule, tokens, prices, **more)


def _gpt_image(id: str, label: str, number: int) -> ImageModel:
    return build_model(
        *(id, label, number, "gpt-image", SizeRule(16, 655_360, 8_294_400, 3840, 3.0), {"1K": 4160, "2K": 16640}),
        Prices(input=8.0, image=30.0, reference_tokens=400),
        max_references=16,
        seeds=False,
        structure_first=True,
        mask=MaskForm.CLEAR,
        provenance="C2PA",
        qualities={"low": 272 / 4160, "medium": 1056 / 4160, "high": 1.0},
    )


def _flux(id: str, label: str, number: int, references: int, price: float) -> ImageModel:
    return build_model(
        *(id, label, number, "flux", SizeRule(32, 0, 4_194_304, max_ratio=21 / 9), {"1K": 0, "2K": 0}),
        Prices(per_image=price, per_megapixel=0.015, per_reference=0.015),
        max_references=references,
        resumes=True,
    )


def _local(id: str, label: str, number: int, **more: Any) -> ImageModel:
    return build_model(
        *(id, label, number, id, SizeRule(8, 0, 4_194_304, 2048, 4.0), {"512": 0, "1K": 0}, Prices()),
        max_references=1,
        manner=Manner.CAPTION,
        strength=True,
        negative_prompt=True,
        max_steps=150,
        max_guidance=30.0,
        mask=MaskForm.WHITE,
        note="the model that a server on this computer or network has loaded",
        **more,
    )


_MIDJOURNEY = build_model(
    *("midjourney", "Midjourney (unofficial)", 15, "midjourney"),
    SizeRule(1, max_ratio=4.0),
    {"2K": 0},
    Prices(per_image=0.056),
    max_references=5,
    manner=Manner.MIDJOURNEY,
    sends_image_size=False,
    negative_prompt=True,
    resumes=True,
    note="a look, not a restyle: nothing stays in its place; the image is a grid of four",
    warning=_MIDJOURNEY_WARNING,
)
SERVICE_MODELS = (
    _seedream("seedream-4.5", "Seedream 4.5", 5, 3_686_400, "2K 4K", Prices(per_image=0.04)),
    _seedream("seedream-5.0-lite", "Seedream 5.0 Lite", 6, 3_686_400, "2K 3K 4K", Prices(per_image=0.035)),
    _seedream(
        *("seedream-5.0-pro", "Seedream 5.0 Pro", 7, 921_600, "1K 2K"),
        Prices(per_image=0.03, per_megapixel=0.0143, per_reference=0.003),
        series=0,
    ),
    _seedream("seedream-4.0", "Seedream 4.0", 8, 921_600, "1K 2K 4K", Prices(per_image=0.03)),
    _gpt_image("gpt-image-2", "GPT Image 2", 9),
    _flux("flux-2-pro", "FLUX.2 Pro", 10, 8, 0.03),
    _flux("flux-2-max", "FLUX.2 Max", 11, 8, 0.07),
    _flux("flux-2-flex", "FLUX.2 Flex", 12, 8, 0.06),
    _flux("flux-2-klein-9b", "FLUX.2 Klein 9B", 13, 3, 0.015),
    _local("stable-diffusion", "Stable Diffusion (WebUI)", 14),
    _local("stable-diffusion-cpp", "Stable Diffusion (stable-diffusion.cpp)", 21, cancels=True, resumes=True),
    _MIDJOURNEY,
)
#: How an id of each family is recognised, and the model that an unknown one is treated like.
_FAMILIES = (
    ("seedream|seededit", "seedream-4.5"),
    (r"gpt-?image|chatgpt-image", "gpt-image-2"),
    (r"\bflux", "flux-2-pro"),
    ("midjourney|^mj[-_]", "midjourney"),
    (r"stable-diffusion|sdxl|\bsd[-_]?[123x]|\.safetensors|\.gguf", "stable-diffusion"),
)


def build_unknown_service_model(model_id: str) -> ImageModel | None:
    """A model that the catalogue lacks, like the one of its family; None for a name of none of these."""
    for pattern, like in _FAMILIES:
        if re.search(pattern, model_id, re.IGNORECASE):
            model = next(model for model in SERVICE_MODELS if model.id == like)
            note = f"not in the catalogue: limits and prices are taken from {model.label}"
            return model._replace(id=model_id, label=model_id, known=False, note=note)
    return None
