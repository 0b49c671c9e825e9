# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera's frame and the pixels of the API: one rectangle each, and the exact map between them.

The *frame* is what the artist composed: the render's resolution (with its pixel aspect), or the 3D view's region. The
*canvas* is the image that the API takes and returns, for example 1376 x 768, which is not exactly 16:9. The map between
them has one scale for both axes, so that nothing is stretched.

Frame coordinates are (u, v) with (0, 0) at the top left and (1, 1) at the bottom right corner of the frame. Canvas
coordinates are pixels from the top left corner; a pixel's centre has .5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, log

from ..catalogue.image_model import SCALE, ImageModel
from .fit import Fit

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Framing:
    """How one frame lies on one canvas.

    `frame` is in pixels (already multiplied by the pixel aspect, so the pixels are square), `canvas` in pixels,
    `window` is the part of the frame's plane that the canvas shows: left, top, right, bottom in frame coordinates. It
    reaches outside 0...1 where the canvas shows more than the frame.
    """

    frame: tuple[float, float]
    canvas: tuple[int, int]
    ratio: str
    size: str
    fit: Fit
    window: Rectangle

    @property
    def scale(self) -> float:
        """Canvas pixels per frame pixel."""
        return self.canvas[0] / ((self.window[2] - self.window[0]) * self.frame[0])

    def to_canvas(self, u: float, v: float) -> tuple[float, float]:
        """Frame coordinates to canvas pixels."""
        left, top, right, bottom = self.window
        return (
            (u - left) / (right - left) * self.canvas[0],
            (v - top) / (bottom - top) * self.canvas[1],
        )


def find_nearest_ratio(width: float, height: float, model: ImageModel) -> str:
    """The model's ratio whose real pixels come nearest to a shape, by the logarithm of the ratio.

    Raises `ValueError` for a shape without area.
    """
    _check_area(width, height)
    shape = log(width / height)

    def measure_distance(ratio: str) -> float:
        across, down = model.find_pixel_size(ratio, model.sizes[0])
        return abs(log(across / down) - shape)

    return min(model.ratios, key=measure_distance)


def _check_area(width: float, height: float) -> None:
    if not (isfinite(width) and isfinite(height) and width > 0 and height > 0):
        raise ValueError("a frame needs a width and a height above 0")


def fit_frame(
    frame: tuple[float, float],
    model: ImageModel,
    size: str,
    ratio: str | None = None,
    fit: Fit = Fit.EXTEND,
) -> Framing:
    """Lay a frame on the canvas of a model's size and ratio (None: the frame's own, or the nearest), centred.

    EXTEND and PAD choose the smallest window that holds the whole frame, CROP the largest window inside it. A model of
    exact sizes may lack the size: what is captured is often smaller than the result. Raises `ValueError` for a frame
    without area, `KeyError` for a ratio or size that the model lacks.
    """
    _check_area(*frame)
    if size not in (SCALE if model.rule else model.sizes):
        raise KeyError(size)
    ratio_name = ratio or model.follow_frame(*frame) or find_nearest_ratio(frame[0], frame[1], model)
    canvas = model.find_pixel_size(ratio_name, size)
    scales = (canvas[0] / frame[0], canvas[1] / frame[1])
    scale = max(scales) if fit is Fit.CROP else min(scales)
    half = (canvas[0] / (2 * scale * frame[0]), canvas[1] / (2 * scale * frame[1]))
    window = (0.5 - half[0], 0.5 - half[1], 0.5 + half[0], 0.5 + half[1])
    return Framing(frame, canvas, ratio_name, size, fit, window)


def build_window_matrix(window: Rectangle) -> tuple[tuple[float, ...], ...]:
    """The 4 x 4 matrix (rows) that goes *before* a camera's projection matrix, to show the window, not the frame.

    It is an affine map of normalised device coordinates.

    Frame coordinates run down, normalised device coordinates up: x = 2u - 1, y = 1 - 2v.
    """
    left, top, right, bottom = window
    across, down = 1 / (right - left), 1 / (bottom - top)
    return (
        (across, 0.0, 0.0, across * (1 - left - right)),
        (0.0, down, 0.0, down * (top + bottom - 1)),
        (0.0, 0.0, 1.0, 0.0),
        (0.0, 0.0, 0.0, 1.0),
    )


def multiply_matrices(a: Iterable[Iterable[float]], b: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    """The product of two matrices given as rows."""
    columns = list(zip(*[list(row) for row in b], strict=True))
    return tuple(
        tuple(sum(x * y for x, y in zip(row, column, strict=True)) for column in columns)
        for row in [list(row) for row in a]
    )
