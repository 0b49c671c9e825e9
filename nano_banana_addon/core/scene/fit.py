# SPDX-License-Identifier: GPL-3.0-or-later
"""How a frame is fitted onto a canvas of another shape."""

from enum import StrEnum


class Fit(StrEnum):
    """How a frame of another shape comes onto the canvas."""

    EXTEND = "EXTEND"  # show more of the scene around the frame: nothing cropped, nothing barred
    CROP = "CROP"  # cut the frame's longer side
    PAD = "PAD"  # bars around the frame
