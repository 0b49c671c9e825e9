# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of words for variants: `__season__` in a prompt is another season in each."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_WORDS, MAX_WORD_LENGTH = 64, 200
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")
MAX_NAME = 40

#: The lists that everybody has. A list of the artist with the same name goes first.
WORD_LISTS: dict[str, tuple[str, ...]] = {
    "season": ("spring", "summer", "autumn", "winter"),
    "daytime": ("dawn", "midday", "golden hour", "dusk", "night"),
    "weather": ("clear sky", "overcast", "light rain", "fog", "snow"),
    "colour": ("red", "blue", "green", "yellow", "black", "white"),
    "material": ("oak", "marble", "brushed steel", "concrete", "glazed ceramic", "leather"),
    "light": ("soft window light", "hard sun", "overcast daylight", "candle light", "neon", "studio softbox"),
    "mood": ("calm", "cheerful", "melancholic", "tense", "mysterious"),
    "age": ("brand new", "well used", "old and worn", "ruined"),
}


def is_list_name(name: object) -> bool:
    """Whether a list can have this name: lower case, digits and single underscores between."""
    return isinstance(name, str) and len(name) <= MAX_NAME and _NAME.match(name) is not None


def clean_words(lines: Iterable[str]) -> tuple[str, ...]:
    """The words of a list, one a line: what is no word, or beyond the bounds, is left out."""
    words = (" ".join(line.split())[:MAX_WORD_LENGTH] for line in lines)
    plain = dict.fromkeys(word for word in words if word and word.isprintable() and not set(word) & set("{}|\\"))
    return tuple(plain)[:MAX_WORDS]
