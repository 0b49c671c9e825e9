# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of the command line as values. Each parser raises what `argparse` turns into a message."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...core.settings import MAX_VARIANTS

#: Items at most, so that a range of any numbers takes no memory.
_MAX_ITEMS = 10_000


def parse_count(text: str) -> int:
    """A number from 0."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("0 or more")
    return number


def parse_share(text: str) -> float:
    """A part of a whole, 0 to 1."""
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("from 0 to 1")
    return share


def parse_dollars(text: str) -> float:
    """An amount of US dollars, with or without "$"."""
    amount = float(text.removeprefix("$"))
    if not 0 <= amount < 1e9:
        raise argparse.ArgumentTypeError("an amount of US dollars")
    return amount


def parse_variants(text: str) -> int:
    """A number of variants."""
    number = int(text)
    if not 1 <= number <= MAX_VARIANTS:
        raise argparse.ArgumentTypeError(f"from 1 to {MAX_VARIANTS}")
    return number


def parse_number(text: str) -> int:
    """A number from 1 to 1000."""
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError("from 1 to 1000")
    return number


def parse_new_file(text: str) -> str:
    """A file that will be written, in a folder that is there: known before anything is generated."""
    if not (folder := Path(text).resolve().parent).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {folder}")
    return text


def parse_items(text: str) -> list[int]:
    """The numbers of "0-9", "4" or "0-3,7", in their order, each once."""
    numbers: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        if not 0 <= start <= end < _MAX_ITEMS:
            raise argparse.ArgumentTypeError(f"numbers from 0 to {_MAX_ITEMS - 1}, and ranges such as 0-9")
        numbers |= dict.fromkeys(range(start, end + 1))
    return list(numbers)


def to_flag(value: str) -> str:
    """An enum's name as it is written on the command line: LAST_RENDER becomes last-render."""
    return value.lower().replace("_", "-")


def from_flag(word: str) -> str:
    """The inverse of `to_flag`."""
    return word.upper().replace("-", "_")
