# SPDX-License-Identifier: GPL-3.0-or-later
"""``usageMetadata`` as the service counts (contract case 23). A count of 0 is left out."""

from __future__ import annotations

import hashlib
from typing import Any

from .asked import Asked


def _number(asked: Asked, name: str, low: int, high: int) -> int:
    digest = hashlib.sha256(f"{name}/{asked.prompt}".encode("utf-8", "replace")).digest()
    return low + int.from_bytes(digest[:4], "big") % (high - low + 1)


def count_thinking_tokens(asked: Asked) -> int:
    """50 to 350 for a model that thinks, the same for the same prompt."""
    return _number(asked, "thoughts", 50, 350) if asked.model.thinks else 0


def text_tokens(asked: Asked) -> int:
    """88 to 630 candidate tokens that the details do not list."""
    return _number(asked, "text", 88, 630)


def usage(asked: Asked, pictures: int) -> dict[str, Any]:
    """Of a success with *pictures* billed pictures, thoughts and drafts included."""
    image = pictures * asked.image_tokens()
    candidates, thoughts = image + text_tokens(asked), count_thinking_tokens(asked)
    counted = _prompt(asked)
    counted["candidatesTokenCount"] = candidates
    counted["thoughtsTokenCount"] = thoughts
    counted["totalTokenCount"] = counted["promptTokenCount"] + candidates + thoughts
    if image:
        counted["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": image}]
    return _without_zeros(counted)


def build_refused_usage(asked: Asked, answered: bool) -> dict[str, Any]:
    """Of a refusal: thoughts only; of a blocked prompt (*answered* False) not even these."""
    thoughts = count_thinking_tokens(asked) if answered else 0
    counted = _prompt(asked)
    counted["candidatesTokenCount"] = counted["thoughtsTokenCount"] = thoughts
    counted["totalTokenCount"] = counted["promptTokenCount"] + thoughts
    return _without_zeros(counted)


def _prompt(asked: Asked) -> dict[str, Any]:
    text, images = asked.prompt_tokens()
    details = [{"modality": "TEXT", "tokenCount": text}]
    if images:
        details.append({"modality": "IMAGE", "tokenCount": images})
    return {
        "promptTokenCount": text + images,
        "promptTokensDetails": details,
        "serviceTier": asked.tier,
    }


def _without_zeros(counted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in counted.items() if value != 0}


def as_strings(counted: dict[str, Any]) -> dict[str, Any]:
    """The plain counts as strings, as 64-bit numbers travel in proto3 JSON."""
    return {name: str(value) if isinstance(value, int) else value for name, value in counted.items()}
