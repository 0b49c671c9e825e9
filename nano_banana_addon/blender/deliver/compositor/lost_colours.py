# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours that a scene's view transform cannot show, whatever light is given to it."""

from __future__ import annotations

import bpy
import numpy as np

from ....imaging.arrays import Mask, Pixels
from . import colour, exact_view

#: Where AgX is more than 10 of 255 off: a bit for each of 8 x 8 x 8 boxes of display values, blue fastest. Measured
#: by sending all colours through Blender's inverse of AgX and through AgX itself.
_AGX = bytes.fromhex(
    "0f030100000000c10f030100000000c007030101000000e007030100000000e0"
    "07010100000000e003030101000080e007030101000080f09f87838181c0e0f8"
)
#: Khronos PBR Neutral mixes very bright colours with white: above this a colour needs a share of it, too.
_NEUTRAL_BRIGHT, _NEUTRAL_WHITE = 240, 75
#: The part of an image that is worth a note.
_NOTABLE = 0.02
_ADVICE = "Choose Standard in Render > Color Management to see them as generated."
_EXACT_ADVICE = "Switch on Exact Colours in Applied to This Scene to see them as generated."
_EDGE = 128  # pixels of the image that is looked at


def describe_lost_colours(scene: bpy.types.Scene, path: str) -> str:
    """How much of an image the scene's view transform shows differently, or "".

    `path` is the file of its thumbnail ("" for none): decoding a 4K image would hold up Blender for a moment.
    """
    view, _display = colour.find_view(scene)
    find_lost = {"AgX": _find_lost_in_agx, "Khronos PBR Neutral": _find_lost_in_neutral}.get(view.view_transform)
    if find_lost is None or not path:
        return ""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (_EDGE, _EDGE))
            pixels = np.asarray(picture.convert("RGB").resize((_EDGE, _EDGE), Image.Resampling.NEAREST))
    except OSError:
        return ""
    part = float(find_lost(pixels).mean())
    if part < _NOTABLE:
        return ""
    return (
        f"{part:.0%} of the image are vivid colours that the view transform {view.view_transform} cannot show."
        f" {_ADVICE if exact_view.find_blocker(scene) else _EXACT_ADVICE}"
    )


def _find_lost_in_agx(pixels: Pixels) -> Mask:
    boxes = (pixels >> 5).astype(np.intp)
    number = boxes[..., 0] * 64 + boxes[..., 1] * 8 + boxes[..., 2]
    return np.unpackbits(np.frombuffer(_AGX, np.uint8))[number] > 0


def _find_lost_in_neutral(pixels: Pixels) -> Mask:
    return (pixels.max(axis=-1) > _NEUTRAL_BRIGHT) & (pixels.min(axis=-1) < _NEUTRAL_WHITE)
