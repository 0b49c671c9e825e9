# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of an image that is sent for a masked edit: the mask with its surroundings, of a shape that the model knows.

A model re-frames what has not exactly one of its pixel sizes; so the crop is a rectangle of such a size's shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from ...core.errors import InputError
from ...core.scene.frames import Rectangle
from ..arrays import Pixels

_LEAST_CONTEXT = 64  # pixels around the mask; also half its mean side and a sixteenth of the longer side of the image
_LARGEST_SCALE = 4.0  # canvas pixels for a pixel of the image: more shows the model nothing more
_LEAST_BORDER = 2  # pixels: what rounding leaves of a ratio is nothing to extend
_NEARLY_WHOLE = 0.75  # of the canvas: a crop as large as this is sent pixel for pixel


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of the image in its pixels, and the canvas of the model (width, height) on which it is sent.

    Both have the same shape. The rectangle reaches beyond an image that is smaller than the context needs.
    """

    box: Rectangle
    canvas: tuple[int, int]
    ratio: str = ""

    @property
    def scale(self) -> float:
        """Canvas pixels for a pixel of the image."""
        return self.canvas[0] / (self.box[2] - self.box[0])


def find_bounds(mask: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what a mask (height, width) has above 0. Raises `InputError` for an empty one."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        raise InputError(
            "The mask is empty.", next_step="Mark what should change: white, or any brightness above black."
        )
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def extend_canvas(original: Pixels, ratio: str) -> tuple[Pixels, Pixels]:
    """The image (h, w, c) on the smallest canvas of a ratio, such as "16:9", that holds it, and its mask (h, w).

    The image is in the middle, the border repeats its border pixels; the mask, uint8, is 255 there. Raises `InputError`
    for an image that has the ratio.
    """
    height, width = original.shape[:2]
    across, down = (float(part) for part in ratio.split(":"))
    added = (max(0, round(height * across / down) - width), max(0, round(width * down / across) - height))
    if max(added) < _LEAST_BORDER:
        raise InputError(
            f"The image has {width} x {height} pixels, which is {ratio} already.",
            next_step="Choose another aspect ratio to extend it to.",
        )
    left, top = added[0] // 2, added[1] // 2
    margins = [(top, added[1] - top), (left, added[0] - left)]
    mask = np.pad(np.zeros((height, width), np.uint8), margins, constant_values=255)
    return np.pad(original, [*margins, (0, 0)], mode="edge"), mask


def choose_crop(mask: Pixels, canvases: Mapping[str, tuple[int, int]]) -> Crop:
    """The crop for a mask (height, width) of the image's size, out of canvases by their ratios.

    Of the canvases, the one that shows least beyond the image, then least of the image. Raises `InputError` for an
    empty mask.
    """
    height, width = mask.shape
    left, top, right, bottom = find_bounds(mask)
    context = max(_LEAST_CONTEXT, (right - left + bottom - top) / 4, max(width, height) / 16)
    # No more context than there is.
    wanted = (
        max(0.0, left - context),
        max(0.0, top - context),
        min(width, right + context),
        min(height, bottom + context),
    )
    return enclose(wanted, (width, height), canvases, _LARGEST_SCALE)


def enclose(
    wanted: Rectangle, image: tuple[int, int], canvases: Mapping[str, tuple[int, int]], largest_scale: float = inf
) -> Crop:
    """The crop around a rectangle of an image (width, height), out of canvases by their ratios.

    Of the canvases, the one that shows least beyond the image, then least of the image. A crop has at most
    `largest_scale` canvas pixels for one of the image.
    """
    crops = [_lay_crop(wanted, image, canvas, ratio, largest_scale) for ratio, canvas in canvases.items()]
    return min(crops, key=lambda crop: _measure_waste(crop, *image))


def _lay_crop(
    wanted: Rectangle, image: tuple[int, int], canvas: tuple[int, int], ratio: str, largest_scale: float
) -> Crop:
    """The smallest rectangle of a canvas's shape around `wanted`, moved into the image as far as it can be."""
    scale = min(canvas[0] / (wanted[2] - wanted[0]), canvas[1] / (wanted[3] - wanted[1]), largest_scale)
    if 1.0 <= scale <= 1 / _NEARLY_WHOLE and canvas[0] <= image[0] and canvas[1] <= image[1]:
        scale = 1.0
    starts = [
        _place(wanted[axis], wanted[axis + 2], canvas[axis] / scale, image[axis], whole=scale == 1.0) for axis in (0, 1)
    ]
    box = (starts[0], starts[1], starts[0] + canvas[0] / scale, starts[1] + canvas[1] / scale)
    return Crop(box, canvas, ratio)


def _place(start: float, end: float, length: float, limit: int, *, whole: bool) -> float:
    """Where an interval of `length` around [start, end] begins, inside 0 ... limit where it fits."""
    begin = (start + end - length) / 2
    begin = (limit - length) / 2 if length > limit else min(max(begin, 0.0), limit - length)
    return float(round(begin)) if whole else begin


def _measure_waste(crop: Crop, width: int, height: int) -> tuple[float, float]:
    left, top, right, bottom = crop.box
    inside = (min(right, width) - max(left, 0.0)) * (min(bottom, height) - max(top, 0.0))
    area = (right - left) * (bottom - top)
    return round(1 - inside / area, 2), area
