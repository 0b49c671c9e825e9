# SPDX-License-Identifier: GPL-3.0-or-later
"""Returned images, aligned to the guides of their views, with their drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np

from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.guides.draw import GuideKind, draw_guides, draw_silhouette
from ....core.constants import DRIFT_LIMIT
from ....core.errors import InputError
from ....core.request import View, ViewTile
from ....core.result import Generation
from ....core.texture import LOWEST_CONFIDENCE, require_texture_context
from ....imaging.arrays import Doubles, Pixels

#: Guides that images are compared with need not be finer: half of 2K finds a tenth of a pixel.
COMPARED_EDGE = 1400
#: A smaller image is enlarged to this, so that its shape can be the view's.
SMALLEST_EDGE = 256


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of a returned view: median distances from its guide, before alignment and after.

    In pixels of the view's canvas. `confidence` 0 ... 1; below `LOWEST_CONFIDENCE` the view was not moved.
    """

    index: int
    name: str
    generation: str
    before: float
    after: float
    confidence: float
    limit: float = DRIFT_LIMIT

    @property
    def trusted(self) -> bool:
        """Whether the shapes of the guide were found in the image."""
        return self.confidence >= LOWEST_CONFIDENCE

    @property
    def too_far(self) -> bool:
        """Whether the view should be generated again."""
        return not self.trusted or self.after > self.limit

    def describe(self) -> str:
        """The drift as text, for the panel and the command line."""
        if not self.trusted:
            return "could not be aligned to its guide"
        return f"{self.before:.1f} px off, {self.after:.1f} px after aligning"


@dataclass(frozen=True, slots=True, eq=False)
class AlignedView:
    """A view that can be projected."""

    painted_view: PaintedView
    drift: Drift


def align_views(geometry: Geometry, generation: Generation) -> list[AlignedView]:
    """The views in an image, each aligned to its guide. Raises `InputError` for an image that cannot be read."""
    part = require_texture_context(generation.request)
    picture = read_picture(generation)
    return [_align_view(geometry, generation, picture, tile, part.drift_limit) for tile in part.shown]


def read_picture(generation: Generation) -> Pixels:
    """The result's pixels (h, w, 3), display values, top row first."""
    from ....imaging.formats.open_image import (
        open_image,  # Pillow: not while the add-on is being enabled
    )

    result = generation.picture
    if result is None:
        raise InputError("This view has no image.", next_step="Generate it again.")
    with open_image(Path(result.path)) as picture:
        return np.asarray(picture.convert("RGB"))


def _align_view(
    geometry: Geometry,
    generation: Generation,
    picture: Pixels,
    tile: ViewTile,
    limit: float,
) -> AlignedView:
    aligned_image = align_image(geometry, tile.view, tile.size, crop(picture, tile.box))
    name = tile.view.camera or f"View {tile.index + 1}"
    drift = Drift(
        tile.index, name, generation.id, aligned_image.before, aligned_image.after, aligned_image.confidence, limit
    )
    return AlignedView(PaintedView(tile.view, aligned_image.picture, name, aligned_image.mask), drift)


@dataclass(frozen=True, slots=True, eq=False)
class AlignedImage:
    """An aligned image (h, w, 3): of the view's aspect ratio, at its own resolution.

    `mask` (h, w) is 255 where it has pixels, None: everywhere. `matrix` (2 x 3) maps pixels of the returned image to
    pixels of the view's canvas, in which drifts are measured too.
    """

    picture: Pixels
    mask: Pixels | None
    matrix: Doubles
    before: float
    after: float
    confidence: float


def align_image(geometry: Geometry, view: View, canvas: tuple[int, int], picture: Pixels) -> AlignedImage:
    """Align an image (h, w, 3) to the guide of its view. `canvas` (width, height) in pixels.

    Images of another aspect ratio than the canvas, too small or empty ones are fitted as well as possible; what does
    not show the guide's shapes is not moved (a confidence near 0). Raises as `draw_guides` does.
    """
    from ....imaging.registration.registration import compute_coverage, register, warp

    guide, silhouette = _draw_guide(geometry, view, canvas)
    registration = register(picture, guide, silhouette)
    size = _choose_size(picture.shape, canvas)
    to_size = np.array([size[0] / guide.shape[1], size[1] / guide.shape[0]])[:, None]
    matrix = np.asarray(registration.matrix, np.float64)
    warped = warp(picture, matrix * to_size, size)
    mask = None
    if _shape_differs(picture.shape, canvas):
        mask = compute_coverage(picture.shape, matrix * to_size, size)
    to_canvas = np.array([canvas[0] / guide.shape[1], canvas[1] / guide.shape[0]])[:, None]
    return AlignedImage(
        warped,
        mask,
        matrix * to_canvas,
        registration.drift_before_px * float(to_canvas[0, 0]),
        registration.drift_after_px * float(to_canvas[0, 0]),
        registration.confidence,
    )


def _shape_differs(shape: Sequence[int], canvas: tuple[int, int]) -> bool:
    from ....imaging.registration.registration import SAME_SHAPE

    return abs(log(shape[1] / shape[0] * canvas[1] / canvas[0])) > SAME_SHAPE


def _choose_size(shape: Sequence[int], canvas: tuple[int, int]) -> tuple[int, int]:
    """The size (width, height) of an image on the canvas: its own, unless that has another shape or is tiny."""
    if not _shape_differs(shape, canvas) and min(shape[:2]) >= SMALLEST_EDGE:
        return (shape[1], shape[0])
    scale = max(shape[1] / canvas[0], shape[0] / canvas[1], SMALLEST_EDGE / min(canvas))
    return (round(canvas[0] * scale), round(canvas[1] * scale))


def crop(picture: Pixels, box: Sequence[float]) -> Pixels:
    """The part of an image (h, w, 3); `box` is left, top, right, bottom from 0 to 1."""
    height, width = picture.shape[:2]
    left, right = (round(box[i] * width) for i in (0, 2))
    top, bottom = (round(box[i] * height) for i in (1, 3))
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _draw_guide(geometry: Geometry, view: View, canvas: tuple[int, int]) -> tuple[Pixels, Pixels]:
    scale = min(1.0, COMPARED_EDGE / max(canvas))
    size = (max(8, round(canvas[0] * scale)), max(8, round(canvas[1] * scale)))
    clay = draw_guides(geometry, view, size, [GuideKind.CLAY])[GuideKind.CLAY]
    return clay, draw_silhouette(geometry, view, size)
