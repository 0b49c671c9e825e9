# SPDX-License-Identifier: GPL-3.0-or-later
"""Which earlier frames a shot is generated with, and what it takes from each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ..options import Item, list_options, option


class Strength(StrEnum):
    """What a shot takes from an earlier frame."""

    OFF = "OFF"
    PARTLY = "PARTLY"  # who is in it and the look, not the light, the place or the moment
    FULL = "FULL"


STRENGTH_ITEMS = (
    Item(Strength.OFF, "Off", "Do not send it", 0),
    Item(Strength.PARTLY, "Partly", "Take only who is in it and the look from it, not its light, place or moment", 1),
    Item(Strength.FULL, "Full", "Keep its look, its light and whoever is in it", 2),
)


@dataclass(frozen=True, repr=False)
class Continuity:
    """The strength of each earlier frame. The defaults are those of scenes without a list of shots."""

    anchor: str = option(
        Strength.OFF.value,
        "Anchor",
        "Send the frame of one shot, by default the first, with each other. All others are generated at once after it",
        items=STRENGTH_ITEMS,
    )
    previous: str = option(
        Strength.FULL.value,
        "Previous",
        "Send the frame of the shot before. The shots are then generated one after another",
        items=STRENGTH_ITEMS,
    )
    sheet: str = option(
        Strength.OFF.value,
        "Sheet",
        "Send a sheet of the frames that the nine shots before have already. No shot waits for it",
        items=STRENGTH_ITEMS,
    )

    def override(self, values: Mapping[str, Any]) -> Continuity:
        """A copy with what one shot has of its own; "" is as here."""
        return replace(self, **{name: value for name, value in values.items() if value})


CONTINUITY_OPTIONS = list_options(Continuity)
