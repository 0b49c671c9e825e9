# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt of a sheet of grey maps."""

from __future__ import annotations


def compose_grey_prompt(words: str, count: int) -> str:
    """The prompt of the roughness and metallic of `count` views in one image; `words` say what the object is."""
    pairs = "a pair of tiles: both show" if count == 1 else f"a sheet of {count} pairs of tiles: each pair shows"
    about = f"The object: {words.strip()}" if words.strip() else ""
    return "\n".join(
        part
        for part in (
            f"The last picture is {pairs} the same painted view of an object twice, side by side, on grey. Turn it into"
            " grey maps for a physically based renderer.",
            "Left tile of a pair: the ROUGHNESS of each material, black (0) for a mirror, white (1) for what is fully"
            " matt. Right tile: METALLIC, white (1) where the surface is bare metal, black (0) where it is not.",
            "Only neutral greys. No light, no shadow, no highlight, none of the painted colours: what is one material"
            " has one even grey, and the grey changes only where the material, its wear or its dirt does. Beside the"
            " object, the tiles have the grey of the gaps.",
            about,
            "Every outline stays at its pixel, every tile where it is, in its size, and the gaps stay empty and grey."
            " No words, no numbers, no frames.",
        )
        if part
    )
