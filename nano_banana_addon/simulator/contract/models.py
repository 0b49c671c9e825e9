# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that this server serves: ids, ratios, exact pixel sizes, tokens.

The tables stand in `docs/dev/gemini-contract.md`, *Models* and *Pixels and tokens*. They are the simulator's own on
purpose: with those of ``core/models.py`` a wrong number would agree with itself. A new model goes into both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_PRO_1K = {
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
_EXTREME_1K = {"1:4": (512, 2048), "4:1": (2048, 512), "1:8": (384, 3072), "8:1": (3072, 384)}
_FLASH_512 = {
    "1:1": (512, 512),
    "2:3": (424, 632),
    "3:2": (632, 424),
    "3:4": (448, 600),
    "4:3": (600, 448),
    "4:5": (464, 576),
    "5:4": (576, 464),
    "9:16": (384, 688),
    "16:9": (688, 384),
    "21:9": (792, 168),
    "1:4": (256, 1024),
    "4:1": (1024, 256),
    "1:8": (192, 1536),
    "8:1": (1536, 192),
}
_FLASH_25 = {
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
SizeTable = dict[str, dict[str, tuple[int, int]]]


def _scale(table: dict[str, tuple[int, int]], factor: int) -> dict[str, tuple[int, int]]:
    return {ratio: (width * factor, height * factor) for ratio, (width, height) in table.items()}


def _build_sizes(table: dict[str, tuple[int, int]], *names: str) -> SizeTable:
    return {name: _scale(table, {"1K": 1, "2K": 2, "4K": 4}[name]) for name in names}


@dataclass(frozen=True)
class Model:
    """One model. ``sizes``: size name -> ratio -> (width, height) in pixels; empty: text only."""

    id: str
    name: str
    sizes: SizeTable = field(default_factory=dict[str, dict[str, tuple[int, int]]])
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    max_images: int = 14
    image_tokens_in: int = 560
    thinking_levels: frozenset[str] = frozenset()
    thinks: bool = True
    takes_size: bool = True
    takes_system: bool = True
    signs: bool = True
    searches: bool = True
    searches_images: bool = False
    takes_media_resolution: bool = True
    limits: tuple[int, int] = (131072, 32768)
    methods: tuple[str, ...] | None = ("generateContent", "countTokens", "batchGenerateContent")
    alias_of: str | None = None

    @property
    def makes_images(self) -> bool:
        """False for a text or embedding model."""
        return bool(self.sizes)

    def list_ratios(self) -> tuple[str, ...]:
        """Every ratio, whatever the size."""
        return tuple(self.sizes["1K"]) if self.sizes else ()

    def find_nearest_ratio(self, width: int, height: int) -> str:
        """The supported ratio whose pixels come closest to width / height."""
        table = self.sizes["1K"]

        def measure_distance(ratio: str) -> float:
            wide, high = table[ratio]
            quotient = (wide * height) / (high * width)
            return max(quotient, 1 / quotient)

        return min(table, key=measure_distance)

    def to_record(self) -> dict[str, Any]:
        """The model as ``models.get`` and ``models.list`` show it."""
        fields: dict[str, Any] = {
            "name": f"models/{self.id}",
            "version": "3.0",
            "displayName": self.name,
            "description": self.name,
            "inputTokenLimit": self.limits[0],
            "outputTokenLimit": self.limits[1],
        }
        if self.methods is not None:
            fields["supportedGenerationMethods"] = list(self.methods)
        fields.update({"temperature": 1, "topP": 0.95, "topK": 64})
        fields["maxTemperature"] = 1 if self.makes_images else 2
        fields["thinking"] = self.thinks
        return fields


_PRO_TOKENS = {"1K": 1120, "2K": 1120, "4K": 2000}
_ALL_1K = {**_PRO_1K, **_EXTREME_1K}
_PRO = Model(
    "gemini-3-pro-image",
    "Nano Banana Pro",
    sizes=_build_sizes(_PRO_1K, "1K", "2K", "4K"),
    tokens=_PRO_TOKENS,
    thinking_levels=frozenset({"HIGH"}),
)
_TEXT_METHODS = ("generateContent", "countTokens", "createCachedContent", "batchGenerateContent")
_TABLE = (
    Model("gemini-2.5-flash", "Gemini 2.5 Flash", methods=_TEXT_METHODS, limits=(1048576, 65536)),
    _PRO,
    Model(
        "nano-banana-pro-preview",
        "Nano Banana Pro",
        sizes=_PRO.sizes,
        tokens=_PRO_TOKENS,
        thinking_levels=_PRO.thinking_levels,
        alias_of=_PRO.id,
    ),
    Model("gemini-embedding-001", "Gemini Embedding", methods=("embedContent",), thinks=False),
    Model(
        "gemini-nano-banana-2.1",
        "Nano Banana 2.1",
        sizes=_build_sizes(_ALL_1K, "1K", "2K", "4K"),
        tokens={"1K": 1120, "2K": 1680, "4K": 2520},
        thinking_levels=frozenset({"MINIMAL", "MEDIUM", "HIGH"}),
        searches_images=True,
    ),
    Model(
        "gemini-3.1-flash-image",
        "Nano Banana 2",
        sizes={"512": _FLASH_512, **_build_sizes(_ALL_1K, "1K", "2K", "4K")},
        tokens={"512": 747, "1K": 1120, "2K": 1680, "4K": 2520},
        thinking_levels=frozenset({"MINIMAL", "HIGH"}),
        thinks=False,
        searches_images=True,
        limits=(65536, 65536),
    ),
    Model(
        "gemini-3.1-flash-lite-image",
        "Nano Banana 2 Lite",
        sizes=_build_sizes(_ALL_1K, "1K"),
        tokens={"1K": 1120},
        thinking_levels=frozenset({"MINIMAL", "HIGH"}),
        thinks=False,
        searches=False,
    ),
    Model(
        "gemini-2.5-flash-image",
        "Nano Banana",
        sizes={"1K": _FLASH_25},
        tokens={"1K": 1290},
        max_images=3,
        image_tokens_in=258,
        thinks=False,
        takes_size=False,
        takes_system=False,
        signs=False,
        searches=False,
        takes_media_resolution=False,
        limits=(32768, 32768),
    ),
    Model("aqa", "Model that performs Attributed Question Answering.", methods=None, thinks=False),
)
MODELS = {model.id: model for model in _TABLE}
