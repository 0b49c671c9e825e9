# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a model for grey maps: roughness and metallic of views of an object, or of a surface."""

from __future__ import annotations

from ..material.values import Map

#: What the two panels of a pair become, left and right.
GREY_MAPS = (Map.ROUGHNESS, Map.METALLIC)
_TURN = " Turn it into grey maps for a physically based renderer."
_MAPS = (
    "Left tile of a pair: the ROUGHNESS of each material, black (0) for a mirror, white (1) for what is fully"
    " matt. Right tile: METALLIC, white (1) where the surface is bare metal, black (0) where it is not."
)
_GREYS = (
    "Only neutral greys. No light, no shadow, no highlight, none of the painted colours: what is one material"
    " has one even grey, and the grey changes only where the material, its wear or its dirt does."
)
_PLACES = (
    "Every outline stays at its pixel, every tile where it is, in its size, and the gaps stay empty and grey."
    " No words, no numbers, no frames."
)


def compose_grey_prompt(count: int, words: str = "") -> str:
    """The prompt of the maps of `count` views in one image; `words` say what the object is."""
    pairs = "a pair of tiles: both show" if count == 1 else f"a sheet of {count} pairs of tiles: each pair shows"
    shown = f"The last picture is {pairs} the same painted view of an object twice, side by side, on grey."
    beside = " Beside the object, the tiles have the grey of the gaps."
    about = f"The object: {words.strip()}" if words.strip() else ""
    return "\n".join(part for part in (shown + _TURN, _MAPS, _GREYS + beside, about, _PLACES) if part)


def compose_surface_prompt() -> str:
    """The prompt of the maps of one surface, of which both tiles show all."""
    shown = (
        "The last picture is a pair of tiles: both show the same surface, straight on and evenly lit, side by side, on"
        " grey."
    )
    metal = " Rust and paint are no bare metal, and how bright a colour is says nothing about either map."
    return "\n".join((shown + _TURN, _MAPS, _GREYS + metal, _PLACES))
