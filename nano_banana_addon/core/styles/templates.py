# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of prompts: fields such as `{subject}`, and words that differ between variants.

`{subject}` is what the artist or the scene says, `{material:oak}` is oak where nobody says anything. `{red|blue}` is
red in the first variant and blue in the second, `__season__` the next of a list. Everything else in braces is left as
it is, so that prompts in JSON stay whole; a backslash before one of these forms keeps it as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .word_lists import WORD_LISTS

#: Filled by the artist; each is a setting, whose name begins with `FIELD_PREFIX`.
FIELDS = ("subject", "material", "light", "palette")
FIELD_PREFIX = "field_"
#: Filled from the scene.
SCENE_FIELDS = ("lens", "daytime", "lights", "objects", "materials")

_INNER = r'[^{}"\n\\]'
_FIELD = rf"\{{(?P<field>{'|'.join((*FIELDS, *SCENE_FIELDS))})(?::(?P<otherwise>[^{{}}\"\n\\|]*))?\}}"
_CHOICE = rf"\{{(?P<choice>{_INNER}*\|{_INNER}*)\}}"
_LIST = r"(?<![^\W_])__(?P<list>[a-z][a-z0-9]*(?:_[a-z0-9]+)*)__(?![^\W_])"
_FIELDS = re.compile(rf"(?P<kept>\\?){_FIELD}")
_WORDS = re.compile(rf"(?P<kept>\\?)(?:{_CHOICE}|{_LIST})")
_ALL = re.compile(rf"\\?(?:{_FIELD}|{_CHOICE}|{_LIST})")


def read_values(owner: object) -> dict[str, str]:
    """What the artist says of each field: of settings, or of the properties that hold them."""
    return {name: getattr(owner, FIELD_PREFIX + name) for name in FIELDS}


def list_fields(text: str) -> tuple[str, ...]:
    """The fields of a template in their order, each once."""
    return tuple(dict.fromkeys(match["field"] for match in _FIELDS.finditer(text) if not match["kept"]))


def list_empty(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that have neither a value nor words of their own."""
    matches = (match for match in _FIELDS.finditer(text) if not match["kept"] and match["otherwise"] is None)
    return tuple(dict.fromkeys(match["field"] for match in matches if not values.get(match["field"], "").strip()))


def fill_fields(text: str, values: Mapping[str, str]) -> str:
    """A template with its fields filled; one without value and words of its own becomes nothing.

    Values may hold words that differ between variants; fields in them are not filled.
    """

    def fill(match: re.Match[str]) -> str:
        if match["kept"]:
            return match[0]  # `choose_words` takes the backslash away
        return values.get(match["field"], "").strip() or (match["otherwise"] or "").strip()

    return _FIELDS.sub(fill, text)


def choose_words(text: str, variant: int, lists: Mapping[str, Sequence[str]] = WORD_LISTS) -> str:
    """The prompt of one variant, counted from 0; the same for the same number, always.

    Where several places differ, the first changes with each variant and the next when the first has been through all
    of its words, so that variants repeat only after all combinations. Backslashes before forms of a template go.
    """
    rest = variant

    def choose(match: re.Match[str]) -> str:
        nonlocal rest
        words = _list_words(match, lists)
        if match["kept"] or not words:
            return match[0].removeprefix("\\") if words else match[0]
        rest, place = divmod(rest, len(words))
        return words[place].strip()

    chosen = _WORDS.sub(choose, text)
    return _FIELDS.sub(lambda match: match[0].removeprefix("\\"), chosen)


def count_combinations(text: str, lists: Mapping[str, Sequence[str]] = WORD_LISTS) -> int:
    """How many different variants a template has; 1 for a prompt in which nothing differs."""
    product = 1
    for match in _WORDS.finditer(text):
        product *= 1 if match["kept"] else max(len(_list_words(match, lists)), 1)
    return product


def _list_words(match: re.Match[str], lists: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return match["choice"].split("|") if match["choice"] is not None else lists.get(match["list"], ())


def escape(text: str, lists: Mapping[str, Sequence[str]] = WORD_LISTS) -> str:
    """A template that becomes this text: for prompts that were sent and are to be sent again as they were."""
    return _ALL.sub(lambda m: m[0] if m["list"] and m["list"] not in lists else f"\\{m[0]}", text)
