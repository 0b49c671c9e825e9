# SPDX-License-Identifier: GPL-3.0-or-later
"""Which earlier frames a shot is generated with, and what it takes from each."""

from __future__ import annotations

from enum import StrEnum

from ...light_dataclass import light_dataclass
from ..options import Item, list_options, option


class Strength(StrEnum):
    """What a shot takes from an earlier frame."""

    OFF = "OFF"
    PARTLY = "PARTLY"  # who is in it and the look, not the light, the place or the moment
    FULL = "FULL"


STRENGTH_ITEMS = (
    Item(Strength.OFF, "Off", "Do not send it", 1),
    Item(Strength.PARTLY, "Partly", "Take only who is in it and the look from it, not its light, place or moment", 2),
    Item(Strength.FULL, "Full", "Keep its look, its light and whoever is in it", 3),
)


@light_dataclass(frozen=True)
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


CONTINUITY_OPTIONS = list_options(Continuity)
