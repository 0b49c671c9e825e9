# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a model for the edges of a tile, which cross in the middle of the image that is sent."""

from __future__ import annotations

PROMPT = (
    "The last picture is one tile of a surface that repeats, moved by half its width and half its height: what were its"
    " edges meets in the middle, along a vertical and a horizontal line, and does not match there. Paint the"
    " cross-shaped area anew so that the surface goes on over both lines without a seam: complete what is cut in half,"
    " continue courses, joints, grain and cracks from one side to the other, in the kind, size, colour, light and"
    " sharpness of what is around. Add nothing that stands out: the tile will be seen many times side by side."
)
#: Sides of the model's image in parts of the tile's: what is smaller would be seen as a softer cross.
LEAST_SCALE = 0.75
