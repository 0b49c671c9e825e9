# SPDX-License-Identifier: GPL-3.0-or-later
"""``usageMetadata`` as the service counts (contract case 23). A count of 0 is left out."""

from __future__ import annotations

import hashlib
from typing import Any

from .parsed_request import ParsedRequest


def _derive_number(parsed: ParsedRequest, name: str, low: int, high: int) -> int:
    digest = hashlib.sha256(f"{name}/{parsed.prompt}".encode("utf-8", "replace")).digest()
    return low + int.from_bytes(digest[:4], "big") % (high - low + 1)


def count_thinking_tokens(parsed: ParsedRequest) -> int:
    """50 to 350 for a model that thinks, the same for the same prompt."""
    return _derive_number(parsed, "thoughts", 50, 350) if parsed.model.thinks else 0


def count_text_tokens(parsed: ParsedRequest) -> int:
    """88 to 630 candidate tokens that the details do not list."""
    return _derive_number(parsed, "text", 88, 630)


def build_usage(parsed: ParsedRequest, pictures: int) -> dict[str, Any]:
    """Of a success with *pictures* billed pictures, thoughts and drafts included."""
    image = pictures * parsed.count_image_tokens()
    candidates, thoughts = image + count_text_tokens(parsed), count_thinking_tokens(parsed)
    counts = _count_prompt(parsed)
    counts["candidatesTokenCount"] = candidates
    counts["thoughtsTokenCount"] = thoughts
    counts["totalTokenCount"] = counts["promptTokenCount"] + candidates + thoughts
    if image:
        counts["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": image}]
    return _drop_zeros(counts)


def build_refused_usage(parsed: ParsedRequest, answered: bool) -> dict[str, Any]:
    """Of a refusal: thoughts only; of a blocked prompt (*answered* False) not even these."""
    thoughts = count_thinking_tokens(parsed) if answered else 0
    counts = _count_prompt(parsed)
    counts["candidatesTokenCount"] = counts["thoughtsTokenCount"] = thoughts
    counts["totalTokenCount"] = counts["promptTokenCount"] + thoughts
    return _drop_zeros(counts)


def _count_prompt(parsed: ParsedRequest) -> dict[str, Any]:
    text, images = parsed.count_prompt_tokens()
    details = [{"modality": "TEXT", "tokenCount": text}]
    if images:
        details.append({"modality": "IMAGE", "tokenCount": images})
    return {
        "promptTokenCount": text + images,
        "promptTokensDetails": details,
        "serviceTier": parsed.tier,
    }


def _drop_zeros(counts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in counts.items() if value != 0}
