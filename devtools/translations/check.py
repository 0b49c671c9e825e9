# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the translations: missing, unused, with other placeholders, or too wide for a sidebar."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from nano_banana_addon.translations.interface import LANGUAGES, read_language

#: Names of products and services, which are the same in every language.
NAMES = frozenset(
    """Google|OpenAI|OpenRouter|CometAPI|ComfyUI|Black Forest Labs|BytePlus ModelArk|Vertex AI (express mode)
Stable Diffusion WebUI|stable-diffusion.cpp|Nano Banana|Nano Banana 2|Nano Banana 2 Lite|Nano Banana 2.1
Nano Banana Pro|GPT Image 2|FLUX.2 Flex|FLUX.2 Klein 9B|FLUX.2 Max|FLUX.2 Pro|FLUX.1 Kontext (ComfyUI)
Qwen-Image-Edit (ComfyUI)|SDXL (ComfyUI)|Seedream 4.0|Seedream 4.5|Seedream 5.0 Lite|Seedream 5.0 Pro
Stable Diffusion (WebUI)|Stable Diffusion (stable-diffusion.cpp)|Stable Diffusion 1.5 (ComfyUI)|mm|ID""".replace(
        "\n", "|"
    ).split("|")
)
#: A label may take this many times the width of the English one, and always as many letters.
WIDEST, ALWAYS = 1.6, 24
#: Longer English texts are tooltips and sentences, which are wrapped.
LONGEST_LABEL = 30


def find_missing(texts: Collection[str]) -> dict[str, list[str]]:
    """For each language the texts without a translation."""
    return {language: sorted(set(texts) - NAMES - set(read_language(language))) for language in LANGUAGES}


def find_unused(texts: Collection[str]) -> dict[str, list[str]]:
    """For each language the entries whose text is shown nowhere."""
    return {language: sorted(set(read_language(language)) - set(texts)) for language in LANGUAGES}


def find_placeholders(text: str) -> list[str]:
    """The places in braces, sorted."""
    return sorted(re.findall(r"\{[^}]*\}", text))


def measure(text: str) -> float:
    """About how wide a text is, in Latin letters; Chinese and Japanese characters are as wide as two."""
    return sum(1.8 if unicodedata.east_asian_width(letter) in "WF" else 1.0 for letter in text)


def is_too_wide(english: str, other: str) -> bool:
    """Whether a label's translation does not fit where the English one does. Sentences and tooltips always fit."""
    if len(english) > LONGEST_LABEL or english.endswith("."):
        return False
    return measure(other) > max(WIDEST * measure(english), ALWAYS)
