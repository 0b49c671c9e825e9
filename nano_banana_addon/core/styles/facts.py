# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a scene as words. Names in a file may come from anybody: they are shortened, cleaned and quoted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

MAX_NAMES, MAX_NAME_LENGTH = 8, 40
#: Degrees of the sun above the horizon, from which on it is this time.
_DAYTIMES = ((45.0, "around noon"), (20.0, "morning or afternoon"), (5.0, "low sun, early morning or late afternoon"))
_HORIZON = -6.0  # below it the sky is dark


def quote(name: str) -> str:
    """A name as data in a prompt: in quotation marks, on one line, without the marks and braces of templates."""
    plain = "".join(letter if letter.isprintable() else " " for letter in name[: 4 * MAX_NAME_LENGTH])
    plain = re.sub(r"_{2,}", "_", re.sub(r'["“”„«»`{}|\\<>\[\]]', "'", plain))
    plain = " ".join(plain.split())
    return f'"{plain if len(plain) <= MAX_NAME_LENGTH else plain[: MAX_NAME_LENGTH - 1] + "…"}"'


def list_names(names: Iterable[str]) -> str:
    """Names in quotation marks, each once, the first ones and how many more there are; "" for none."""
    quoted = list(dict.fromkeys(map(quote, names)))
    more = [f"{len(quoted) - MAX_NAMES} more"] if len(quoted) > MAX_NAMES else []
    return ", ".join([*quoted[:MAX_NAMES], *more])


def describe_daytime(elevation: float) -> str:
    """The time of day for the sun's angle above the horizon, in degrees. Morning and evening look the same."""
    if elevation < _HORIZON:
        return "night"
    word = next((word for lowest, word in _DAYTIMES if elevation >= lowest), "sunrise or sunset")
    return f"{word}, the sun {elevation:.0f}° above the horizon" if elevation >= 0 else "twilight"


def describe_side(right: float, backward: float) -> str:
    """From where light comes, by its direction along the camera's axes to the right and backward."""
    angle = math.degrees(math.atan2(right, backward))  # 0: from behind the camera
    names = ("behind the camera", "the right", "the front", "the left")
    return f"from {names[round(angle / 90) % 4]}"
