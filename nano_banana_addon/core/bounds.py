# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds of every number and text that comes from outside: answers of a service, imported histories, damaged files.

What lies beyond them is left out with a warning, or its record is refused; it is never stored or waited for.
"""

from __future__ import annotations

import math
from typing import cast

from ..light_dataclass import light_dataclass

#: Of one count; the largest context of a model has a millionth of it, and SQLite's integers and floats hold it exactly.
MAX_TOKENS = 2**48 - 1
#: Seconds that a service may ask to wait before the next attempt.
MAX_WAIT = 300.0
#: US dollars of one call. A full context with the largest image costs about ten.
MAX_COST_USD = 100.0
#: Of one image; the largest that a service generates has 28 million.
MAX_PIXELS = 120_000_000
#: Bytes of one image.
MAX_IMAGE_BYTES = 128 * 2**20
#: Bytes of one file that is sent as an image; `MAX_PIXELS` of 16 bits without compression have fewer.
MAX_FILE_BYTES = 2**30
#: Characters of one text.
MAX_TEXT = 16 * 2**20
#: Characters of the label of one reference, which panels show and prompts repeat.
MAX_LABEL = 1000
#: Bytes of one record in a file.
MAX_RECORD_BYTES = 64 * 2**20
#: Attempts of one generation.
MAX_TRIES = 1000
#: Seconds since 1970: the year 3000, the last that all systems can name.
MAX_TIME = 32_500_000_000.0
#: The largest integer that SQLite holds.
MAX_INTEGER = 2**63 - 1


#: Characters of a provider's address.
MAX_ADDRESS = 2000
#: Seconds that a named wait counts as at most: it is only shown, because nothing waits longer than `MAX_WAIT`.
MAX_NAMED_WAIT = 31 * 86400.0

_MIB = 2**20


@light_dataclass(frozen=True)
class Limits:
    """Limits of one answer. A real one has up to ten images of 25 MB, and some kB of text."""

    body: int = 512 * _MIB  # bytes, after decompression
    picture: int = MAX_IMAGE_BYTES  # decoded
    pictures: int = 32
    pixels: int = MAX_PIXELS
    string: int = 4 * _MIB  # bytes of one string that is no image
    text: int = MAX_TEXT  # bytes of all strings that are no images
    number: int = 64  # characters
    depth: int = 48
    values: int = 100_000  # in all objects and arrays
    error_body: int = 256 * 1024
    seconds: float = 1800.0  # of the whole call


def is_within(value: float | None, highest: float, lowest: float = 0) -> bool:
    """Whether a number lies between two bounds, both included; False for None, NaN and infinity."""
    return value is not None and lowest <= value <= highest


def limit_count(value: int) -> int:
    """A count of tokens, or 0 for one that no service can have counted."""
    return value if is_within(value, MAX_TOKENS) else 0


def check_values(value: object) -> None:
    """Raise `ValueError` for a value that no database or file name can hold, anywhere in a record."""
    if isinstance(value, dict):
        for entry in cast("dict[str, object]", value).items():
            check_values(list(entry))
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            check_values(item)
    elif isinstance(value, str):
        if "\0" in value or len(value) > MAX_TEXT:
            raise ValueError("a text that cannot be kept")
    elif isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) <= MAX_INTEGER):
        raise ValueError("a number that cannot be kept")
