# SPDX-License-Identifier: GPL-3.0-or-later
"""Grey maps that a model generated side by side in one image: cut apart, and laid onto the colour they belong to.

panels = cut(sheet, layout.boxes)
found = register(panels, colour)
roughness, metallic = found.planes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...core.errors import InputError
from ...core.texture import LOWEST_CONFIDENCE
from ..arrays import Floats, Pixels, Reals
from ..registration.affine import build_scaling, invert, multiply
from ..registration.alignment import align_either
from ..registration.edges import blur
from ..registration.registration import register as register_images
from ..registration.registration import warp
from .ground import level_ground
from .sheet_layout import Box

_MOST_COLOURED = 20.0  # of 255: the mean difference of the channels of what still counts as grey
_ALIKE = 0.5  # the agreement of what is bright where the colour is bright, or where it is dark
_SAME_PLACE = 2.0  # pixels
_INSIDE = 1  # pixels from a panel's edge
_PLAIN = 12.0  # of 255: a panel that varies less has no edges to follow
_RADIUS, _FLATNESS = 2, 2e-4  # of the guided filter: pixels of the panel, and variance that is no detail


@dataclass(frozen=True, slots=True, eq=False)
class GreyPanel:
    """A panel (height, width), uint8, and the whole sheet it stands in from `left` and `top` on, in pixels.

    What a model moved out of the panel's box is found again in the sheet.
    """

    pixels: Pixels
    sheet: Pixels
    left: int
    top: int


@dataclass(frozen=True, slots=True, eq=False)
class RegisteredPanels:
    """The panels as planes (height, width), 0 ... 1, of the colour's size.

    `drift_px`: how far the model had moved them, in pixels of the sheet. `confidence`: 0 ... 1; below
    `core.texture.LOWEST_CONFIDENCE` the planes are only scaled, and lie wherever they lie.
    """

    planes: tuple[Floats, ...]
    drift_px: float
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class _Drift:
    """The map (2, 3) from where the pixels of a sheet are to where they belong, and how sure it is, 0 ... 1."""

    matrix: Reals
    confidence: float


def cut(sheet: Pixels, boxes: Sequence[Box]) -> list[GreyPanel]:
    """The panels of an image (height, width, 3), uint8, of any size; boxes as in a `SheetLayout`, parts of the image.

    Their greys are those that were meant, as far as the ground between the boxes tells. Raises `InputError` for an
    answer that is coloured: those are no maps.
    """
    sheet = level_ground(sheet, boxes)
    colours = sheet.astype(np.int16)
    panels: list[GreyPanel] = []
    grey = np.asarray(Image.fromarray(np.ascontiguousarray(sheet)).convert("L"))
    height, width = grey.shape
    for box in boxes:
        left, top = (min(round(part * side), side - 1) for part, side in zip(box[:2], (width, height), strict=True))
        right, bottom = max(round(box[2] * width), left + 1), max(round(box[3] * height), top + 1)
        inside = colours[top:bottom, left:right]
        if float(np.ptp(inside, axis=2).mean()) > _MOST_COLOURED:
            raise InputError(
                "The answer shows colours where grey maps belong.",
                next_step="Generate the maps again, or use the free ones.",
            )
        panels.append(GreyPanel(grey[top:bottom, left:right], grey, left, top))
    return panels


def register(panels: Sequence[GreyPanel], colour: Pixels) -> RegisteredPanels:
    """The panels of one sheet, aligned to the colour (height, width, 3), uint8, that they are maps of.

    A panel without edges of its own, such as one that is black, moves as the surest of the others. Enlarged ones
    get the colour's finest detail, by the slope of the guided filter (He, Sun and Tang, 2010): nothing else changes.
    """
    found = [_find_drift(panel, colour) for panel in panels]
    surest = max((each for each in found if each), key=lambda each: each.confidence, default=_Drift(np.eye(2, 3), 1.0))
    planes = [_lay_on(panel, _choose(own, surest, panel), colour) for panel, own in zip(panels, found, strict=True)]
    return RegisteredPanels(tuple(planes), _measure(surest.matrix, np.eye(2, 3), panels[0]), surest.confidence)


def _find_drift(panel: GreyPanel, colour: Pixels) -> _Drift | None:
    """How the sheet moved by one panel; None for one that is the same all over.

    Where the panel is as bright as the colour, or as dark as that is bright, this says more than the edges do; along
    the fibres of wood it alone says something.
    """
    low, high = np.percentile(panel.pixels, (1, 99))
    if high - low <= _PLAIN:
        return None
    size = (colour.shape[1], colour.shape[0])
    fitted = np.asarray(Image.fromarray(panel.pixels).resize(size, Image.Resampling.BICUBIC))
    used = np.ones(colour.shape[:2], bool)
    best = align_either(_as_image(fitted), colour, used)
    to_colour = _place(panel, colour)
    if best.agreement >= _ALIKE:
        return _Drift(multiply(invert(to_colour), multiply(best.matrix, to_colour)), best.agreement)
    found = register_images(_as_image(panel.pixels), colour)
    back = multiply(invert(to_colour), found.matrix)
    back = multiply(back, np.array([[1, 0, -panel.left], [0, 1, -panel.top]], np.float64))
    return _Drift(back, found.confidence)


def _place(panel: GreyPanel, colour: Pixels) -> Reals:
    """The map (2, 3) from the sheet to the colour, if nothing moved."""
    from_sheet = np.array([[1, 0, -panel.left], [0, 1, -panel.top]], np.float64)
    return multiply(build_scaling(panel.pixels.shape, colour.shape), from_sheet)


def _as_image(grey: Pixels) -> Pixels:
    return np.repeat(grey[..., None], 3, axis=2)


def _choose(own: _Drift | None, surest: _Drift, panel: GreyPanel) -> Reals:
    """Models move a whole sheet; where a panel says nearly the same as the surest, that is the more exact."""
    if own is None or own.confidence < LOWEST_CONFIDENCE or _measure(own.matrix, surest.matrix, panel) <= _SAME_PLACE:
        return surest.matrix
    return own.matrix


def _measure(first: Reals, second: Reals, panel: GreyPanel) -> float:
    """How far two maps (2, 3) of a sheet differ, in its pixels and the mean of a panel's corners."""
    height, width = panel.pixels.shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    corners += np.array((panel.left, panel.top), np.float64)
    difference = first - second
    return float(np.hypot(*(corners @ difference[:, :2].T + difference[:, 2]).T).mean())


def _lay_on(panel: GreyPanel, drift: Reals, colour: Pixels) -> Floats:
    """The plane (height, width), 0 ... 1, of a panel whose sheet moved by a map (2, 3)."""
    height, width = colour.shape[:2]
    matrix = multiply(_place(panel, colour), drift)
    back = invert(matrix)
    corners = np.array([[0, 0], [width, height]], np.float64) @ back[:, :2].T + back[:, 2]
    # The outermost pixels have some of the ground around them, so those inside are repeated instead.
    limits = np.array(panel.sheet.shape[::-1])
    first = np.clip(np.ceil(corners[0]) + _INSIDE, 0, limits - 1).astype(np.intp)
    last = np.clip(np.floor(corners[1]) - _INSIDE, first + 1, limits).astype(np.intp)
    part = panel.sheet[first[1] : last[1], first[0] : last[0]]
    to_sheet = np.column_stack([np.eye(2), first])
    placed = warp(part, multiply(matrix, to_sheet), (width, height)).astype(np.float32) / np.float32(255)
    scale = max(height, width) / max(panel.pixels.shape)
    return placed if scale <= 1 else _follow_edges(placed, colour, scale)


def _follow_edges(plane: Floats, colour: Pixels, scale: float) -> Floats:
    """A plane that was enlarged by `scale`, with edges as sharp as those of the colour."""
    guide = np.asarray(Image.fromarray(np.ascontiguousarray(colour)).convert("L"), np.float32) / 255
    full = (guide.shape[1], guide.shape[0])
    small = (max(round(full[0] / scale), 1), max(round(full[1] / scale), 1))
    coarse_guide, coarse = _resize(guide, small), _resize(plane, small)
    mean, guide_mean = blur(coarse, _RADIUS), blur(coarse_guide, _RADIUS)
    shared = blur(coarse * coarse_guide, _RADIUS) - mean * guide_mean
    variance = blur(coarse_guide**2, _RADIUS) - guide_mean**2
    slope = _resize(blur(shared / (variance + _FLATNESS), _RADIUS), full)
    return np.clip(plane + slope * (guide - _resize(coarse_guide, full)), 0, 1).astype(np.float32)


def _resize(plane: Reals, size: tuple[int, int]) -> Floats:
    image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))
