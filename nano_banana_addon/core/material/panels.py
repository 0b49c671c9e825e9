# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a model for the roughness and the metallic of a surface: two grey panels in one image."""

from __future__ import annotations

#: Roughness, metallic.
COUNT = 2
PROMPT = (
    "The last picture is a sheet that shows the same surface twice, side by side on grey, seen straight on and evenly"
    " lit. Turn it into two grey panels: maps of a physically based material. The left panel is the roughness of the"
    " surface: black is smooth as a mirror, white is fully rough. The right panel is its metalness: white is bare"
    " metal, black is everything else, rust and paint included. Use pure greys only, no colour, no light and no"
    " shading: how bright the surface is says nothing about either. Keep every shape of the surface exactly where it"
    " is in its panel, pixel for pixel, and the grey gap around the panels."
)
