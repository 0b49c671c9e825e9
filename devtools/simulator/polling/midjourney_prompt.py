# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters that stand at the end of a Midjourney prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGES = {"seed": (0, 4_294_967_295), "iw": (0, 3), "sw": (0, 1000), "ow": (1, 1000), "s": (0, 1000), "c": (0, 100)}
_FLAGS = ("raw", "tile")
_URLS = ("sref", "oref")
_GRID_AREA = 2048 * 2048  # pixels of the four together


@dataclass(frozen=True)
class PromptParameters:
    """The words without parameters, the shape and the seed."""

    words: str
    ratio: tuple[int, int] = (1, 1)
    seed: int = 0
    tile: bool = False

    def compute_grid_size(self) -> tuple[int, int]:
        """Pixels of the grid of four, each half as wide and high."""
        wide, high = self.ratio
        scale = (_GRID_AREA / (wide * high)) ** 0.5
        return 16 * round(wide * scale / 16), 16 * round(high * scale / 16)


def parse(prompt: str) -> PromptParameters:
    """Split a prompt; raises ``ValueError`` in the words of the failed task."""
    words, *rest = re.split(r"\s+--(?=\w)", " " + prompt)
    found = dict(_split(item) for item in rest)
    for name, value in found.items():
        _check(name, value)
    wide, _, high = found.get("ar", "1:1").partition(":")
    ratio = (int(wide), int(high))
    return PromptParameters(words.strip(), ratio, int(found.get("seed", "0")), "tile" in found)


def _split(item: str) -> tuple[str, str]:
    name, _, value = item.partition(" ")
    return name, value.strip()


def _check(name: str, value: str) -> None:
    if name == "ar":
        if not re.fullmatch(r"[1-9]\d{0,3}:[1-9]\d{0,3}", value):
            raise ValueError("Invalid parameter: --ar takes whole numbers, such as 16:9")
    elif name in _RANGES:
        low, high = _RANGES[name]
        if not re.fullmatch(r"\d+(\.\d+)?", value) or not low <= float(value) <= high:
            raise ValueError(f"Invalid parameter: --{name} must be from {low} to {high}")
    elif name in _URLS:
        if not all(part.startswith("https://") for part in value.split()) or not value:
            raise ValueError(f"Invalid parameter: --{name} takes links to images")
    elif name in _FLAGS:
        if value:
            raise ValueError(f"Invalid parameter: --{name} takes no value")
    elif name not in ("no", "v"):
        raise ValueError(f"Invalid parameter: unrecognized parameter(s): --{name}")
