# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences in lines as wide as a panel; Chinese and Japanese letters are twice as wide, without spaces between."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_NOT_FIRST = "、。，．：；？！）」』】》〉”’…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]"
_NOT_LAST = "（「『【《〈“‘(["


def measure(text: str) -> int:
    """How many Latin letters are as wide as a text: those of Chinese and Japanese count twice."""
    return len(text) if text.isascii() else sum(1 + _is_wide(letter) for letter in text)


@lru_cache(maxsize=128)  # panels ask at each redraw
def wrap(text: str, columns: int) -> tuple[str, ...]:
    """A paragraph in lines of at most so many Latin letters; wide letters are parted where their language allows it."""
    if measure(text) == len(text):
        return tuple(textwrap.wrap(text, columns))
    lines: list[str] = []
    line, width = "", 0
    for piece, gap in _split(text, max(columns, 4)):
        more = measure(gap + piece)
        if line and width + more > columns:
            lines.append(line)
            line, width, gap, more = "", 0, "", more - len(gap)
        line, width = line + (gap if line else "") + piece, width + more
    return (*lines, line)


def _split(text: str, columns: int) -> Iterator[tuple[str, str]]:
    """What stays in one line, each with the gap before it."""
    for word in text.split():
        piece, gap = "", " "
        for letter in word:
            if piece and (_can_part(piece[-1], letter) or measure(piece) + measure(letter) > columns):
                yield piece, gap
                piece, gap = "", ""
            piece += letter
        yield piece, gap


def _can_part(before: str, after: str) -> bool:
    return (_is_wide(before) or _is_wide(after)) and after not in _NOT_FIRST and before not in _NOT_LAST


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"
