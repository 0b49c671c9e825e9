# SPDX-License-Identifier: GPL-3.0-or-later
"""The greys of an answer that shows grey maps.

The ground between the panels is of a known grey. What the answer shows there tells how much lighter or darker the whole
sheet came back, and where, so that the panels' greys are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..arrays import Doubles, Floats, Mask, Pixels
from .sheet_layout import GROUND, Box

#: The grey of the ground may come back this much lighter or darker; else the sheet has another ground.
_MAX_GAIN = 0.3
#: Pixels of the ground that say enough, and how far from a panel they are, in parts of the sheet's shorter side.
_ENOUGH, _CLEAR = 400, 0.004
_MOST = 50_000  # pixels that are looked at
_LEVELS = 64  # pixels of the longer side, at which the ground is looked at


def level_ground(sheet: Pixels, boxes: Sequence[Box]) -> Pixels:
    """An answer (h, w, 3) with the ground's grey as it was sent; unchanged where that tells nothing.

    Least squares of a quadratic surface through the pixels of the ground that are nearly their median.
    """
    grey = sheet[..., :3].mean(axis=2, dtype=np.float32)
    gain = _measure_gain(grey, boxes)
    if gain is None:
        return sheet
    level = np.clip(np.rint(grey / gain), 0, 255).astype(np.uint8)
    # What is coloured stays so: those are no maps, and that is found later.
    shift = level.astype(np.int16) - np.rint(grey).astype(np.int16)
    return np.clip(sheet[..., :3] + shift[..., None], 0, 255).astype(np.uint8)


def _measure_gain(grey: Floats, boxes: Sequence[Box]) -> Floats | None:
    """How much lighter each pixel came back (h, w); None if the ground does not tell."""
    height, width = grey.shape
    ground = _find_ground((height, width), boxes)
    y, x = (each[:: 1 + len(each) // _MOST] for each in np.nonzero(ground))
    values = grey[y, x] / GROUND
    middle = float(np.median(values)) if len(values) else 0.0
    near = np.abs(values - middle) < _MAX_GAIN / 2
    if near.sum() < _ENOUGH or abs(middle - 1) > _MAX_GAIN:
        return None
    design = _describe_places((x[near] + 0.5) / width, (y[near] + 0.5) / height)
    found = np.linalg.lstsq(design, values[near].astype(np.float64), rcond=None)[0]
    rows, columns = np.mgrid[0.5:_LEVELS, 0.5:_LEVELS] / _LEVELS
    surface = (_describe_places(columns.ravel(), rows.ravel()) @ found).reshape(_LEVELS, _LEVELS)
    surface = np.clip(surface, 1 - _MAX_GAIN, 1 + _MAX_GAIN).astype(np.float32)
    return np.asarray(Image.fromarray(surface).resize((width, height), Image.Resampling.BILINEAR))


def _find_ground(shape: tuple[int, int], boxes: Sequence[Box]) -> Mask:
    height, width = shape
    ground = np.ones(shape, bool)
    clear = max(1, round(_CLEAR * min(shape)))
    for left, top, right, bottom in boxes:
        rows = slice(max(0, round(top * height) - clear), round(bottom * height) + clear)
        ground[rows, max(0, round(left * width) - clear) : round(right * width) + clear] = False
    return ground


def _describe_places(x: Doubles, y: Doubles) -> Doubles:
    x, y = x * 2 - 1, y * 2 - 1
    return np.stack([np.ones_like(x), x, y, x * x + y * y], axis=1)
