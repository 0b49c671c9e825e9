# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenRouter's image models: what each takes, as typed data, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nano_banana_addon.simulator.contract.json_access import Tree

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
WIDE_RATIOS = (*RATIOS, "1:4", "4:1", "1:8", "8:1")
PIXELS = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}


def _enum(*values: str) -> Tree:
    return {"type": "enum", "values": list(values)}


def _range(low: int, high: int) -> Tree:
    return {"type": "range", "min": low, "max": high}


_BOOLEAN: Tree = {"type": "boolean"}


@dataclass(frozen=True)
class RoutedModel:
    """One model; ``parameters`` as the service lists them: what is absent is not supported."""

    id: str
    name: str
    provider: str
    parameters: dict[str, Tree]
    usd: float
    unit: str = "image"

    def to_record(self) -> Tree:
        """Its line in the list."""
        return {
            "id": self.id,
            "name": self.name,
            "created": 1_760_000_000,
            "description": "",
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["image"]},
            "supported_parameters": self.parameters,
            "supports_streaming": False,
            "endpoints": f"/api/v1/images/models/{self.id}/endpoints",
        }

    def to_endpoints(self) -> Tree:
        """Who serves it at which price."""
        price: dict[str, Any] = {"billable": "output_image", "cost_usd": self.usd, "unit": self.unit}
        endpoint = {
            "provider_name": self.provider.title(),
            "provider_slug": self.provider,
            "provider_tag": self.provider,
            "supported_parameters": self.parameters,
            "allowed_passthrough_parameters": [],
            "pricing": [price],
            "supports_streaming": False,
        }
        return {"id": self.id, "endpoints": [endpoint]}


_MODELS = (
    RoutedModel(
        "bytedance-seed/seedream-4.5",
        "Seedream 4.5",
        "seed",
        {
            "aspect_ratio": _enum(*RATIOS),
            "resolution": _enum("2K", "4K"),
            "n": _range(1, 10),
            "input_references": _range(0, 14),
            "seed": _BOOLEAN,
        },
        0.04,
    ),
    RoutedModel(
        "black-forest-labs/flux.2-pro",
        "FLUX.2 Pro",
        "black-forest-labs",
        {
            "aspect_ratio": _enum(*RATIOS),
            "resolution": _enum("1K", "2K"),
            "input_references": _range(0, 8),
            "seed": _BOOLEAN,
            "output_format": _enum("png", "jpeg"),
        },
        0.03,
        "megapixel",
    ),
    RoutedModel(
        "google/gemini-3-pro-image",
        "Nano Banana Pro",
        "google-ai-studio",
        {"aspect_ratio": _enum(*RATIOS), "resolution": _enum("1K", "2K", "4K"), "input_references": _range(0, 14)},
        0.134,
    ),
    RoutedModel(
        "google/gemini-3.1-flash-image",
        "Nano Banana 2",
        "google-ai-studio",
        {
            "aspect_ratio": _enum(*WIDE_RATIOS),
            "resolution": _enum("512", "1K", "2K", "4K"),
            "input_references": _range(0, 14),
        },
        0.067,
    ),
    RoutedModel(
        "openai/gpt-image-2",
        "gpt-image-2",
        "openai",
        {
            "aspect_ratio": _enum("1:1", "2:3", "3:2"),
            "quality": _enum("low", "medium", "high"),
            "n": _range(1, 10),
            "input_references": _range(0, 16),
            "background": _enum("auto", "opaque", "transparent"),
            "output_format": _enum("png", "jpeg", "webp"),
            "output_compression": _range(0, 100),
        },
        0.05,
    ),
)
MODELS = {model.id: model for model in _MODELS}
