# SPDX-License-Identifier: GPL-3.0-or-later
"""Returned images, aligned to the guides of their views, with their drift."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.guides.draw import GuideKind, draw_guides, draw_silhouette, draw_surface
from ....core.constants import DRIFT_LIMIT
from ....core.errors import InputError
from ....core.result import Generation
from ....core.scene.capture import View, ViewTile
from ....core.texture import LOWEST_CONFIDENCE, require_texture_context
from ....imaging.arrays import Doubles, Pixels

if TYPE_CHECKING:
    from ....imaging.registration.displacement import Displacement
    from ....imaging.registration.part_drift import PartDrift
    from ....imaging.registration.registration import Registration

#: Guides that images are compared with need not be finer: half of 2K finds a tenth of a pixel.
COMPARED_EDGE = 1400
#: The same for parts that moved on their own: half a pixel of 2K.
_FOLLOWED_EDGE = 1024
#: A smaller image is enlarged to this, so that its shape can be the view's.
SMALLEST_EDGE = 256


#: Of a registration; a view below it counts only where no other view sees the surface.
DOUBTFUL_CONFIDENCE = 0.3
_DOUBTFUL_WEIGHT = 1e-15
_NOT_FOUND = "it does not show the shapes of its guide"
#: Why a view that was aligned is left out all the same.
CONTRADICTS = "it contradicts the other views where they show the same surface"


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of a returned view: median distances from its guide, before alignment and after.

    In pixels of the view's canvas. `confidence` 0 ... 1; below `LOWEST_CONFIDENCE` the view was not moved. A view with
    a `reason` is wrong, and left out of the texture unless it is `forced` by the artist. `followed` is whether parts
    that the model moved on their own were followed; None where none were. `tiles` of the view were to be generated
    again for more detail; the texture shows `tiles_used` of them.
    """

    index: int
    name: str
    generation: str
    before: float
    after: float
    confidence: float
    limit: float = DRIFT_LIMIT
    reason: str = ""
    forced: bool = False
    followed: bool | None = None
    tiles: int = 0
    tiles_used: int = 0

    @property
    def trusted(self) -> bool:
        """Whether the shapes of the guide were found in the image."""
        return self.confidence >= LOWEST_CONFIDENCE

    @property
    def left_out(self) -> bool:
        """Whether the texture is made without this view."""
        return bool(self.reason) and not self.forced

    @property
    def too_far(self) -> bool:
        """Whether the view should be generated again."""
        return bool(self.reason) or not self.trusted or self.after > self.limit

    @property
    def key(self) -> str:
        """The image and the view in it: what the artist's choice to use it is kept by."""
        return f"{self.generation}:{self.index}"

    def describe(self) -> str:
        """The drift as text, for the panel and the command line."""
        if self.left_out:
            return f"was left out: {self.reason}"
        if not self.trusted:
            return "could not be aligned to its guide"
        text = f"{self.before:.1f} px off, {self.after:.1f} px after aligning"
        if self.followed is None:
            return text
        return text + (" its parts" if self.followed else ", with parts that moved on their own and were not followed")


@dataclass(frozen=True, slots=True, eq=False)
class AlignedView:
    """A view that can be projected."""

    painted_view: PaintedView
    drift: Drift


def align_views(geometry: Geometry, generation: Generation, forced: Collection[str] = ()) -> list[AlignedView]:
    """The views in an image, each aligned to its guide; `forced` are keys of drifts.

    Raises `InputError` for an image that cannot be read.
    """
    part = require_texture_context(generation.request)
    picture = read_picture(generation)
    return [_align_view(geometry, generation, picture, tile, part.drift_limit, forced) for tile in part.shown]


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
    forced: Collection[str],
) -> AlignedView:
    image = align_image(geometry, tile.view, tile.size, crop(picture, tile.box))
    name = tile.view.camera or f"View {tile.index + 1}"
    drift = Drift(tile.index, name, generation.id, image.before, image.after, image.confidence, limit)
    drift = replace(
        drift, followed=image.followed, reason="" if drift.trusted else _NOT_FOUND, forced=drift.key in forced
    )
    doubtful = drift.confidence < DOUBTFUL_CONFIDENCE and not drift.forced
    painted_view = replace(
        image.paint(tile.view, name), weight=_DOUBTFUL_WEIGHT if doubtful else 1.0, forced=drift.forced
    )
    return AlignedView(painted_view, drift)


@dataclass(frozen=True, slots=True, eq=False)
class AlignedImage:
    """An image (h, w, 3) and how it lies in its view.

    `matrix` (2 x 3) maps pixels of the returned image to pixels of the view's canvas, in which drifts are measured too;
    `placement` (2 x 3) maps places in the view to places in `picture`, both 0 ... 1 from the top left. The pixels are
    as they came: the projection reads them once, and nothing is lost.
    """

    picture: Pixels
    placement: Doubles
    matrix: Doubles
    before: float
    after: float
    confidence: float
    followed: bool | None = None
    displacement: Displacement | None = None

    def paint(self, view: View, name: str = "") -> PaintedView:
        """The image as the projection takes it."""
        return PaintedView(view, self.picture, name, placement=self.placement)


def align_image(geometry: Geometry, view: View, canvas: tuple[int, int], picture: Pixels) -> AlignedImage:
    """Align an image (h, w, 3) to the guide of its view. `canvas` (width, height) in pixels.

    Images of another aspect ratio than the canvas, too small or empty ones are fitted as well as possible; what does
    not show the guide's shapes is not moved (a confidence near 0). Raises as `draw_guides` does.
    """
    from ....imaging.registration.displacement import bend
    from ....imaging.registration.registration import register

    came = np.array(picture.shape[1::-1], np.float64)
    picture = _enlarge_tiny(picture, canvas)
    guide, silhouette = _draw_guide(geometry, view, canvas)
    found = register(picture, guide, silhouette)
    own, drawn = (np.array(pixels.shape[1::-1], np.float64) for pixels in (picture, guide))
    matrix = np.asarray(found.matrix, np.float64)
    shares = np.hstack([matrix[:, :2] * own / drawn[:, None], matrix[:, 2:] / drawn[:, None]])
    back = np.linalg.inv(shares[:, :2])
    scale = canvas[0] / drawn[0]
    moved, followed = _follow_parts(geometry, view, picture, found, (guide.shape[1], guide.shape[0]))
    return AlignedImage(
        picture if moved is None else bend(picture, moved.displacement, matrix),
        np.hstack([back, -back @ shares[:, 2:]]),
        np.hstack([shares[:, :2] / came, shares[:, 2:]]) * np.array(canvas)[:, None],
        float(found.drift_before_px * scale),
        float((found.drift_after_px if moved is None else moved.left_px) * scale),
        float(found.confidence),
        followed,
        None if moved is None else moved.displacement,
    )


def _follow_parts(
    geometry: Geometry, view: View, picture: Pixels, found: Registration, drawn: tuple[int, int]
) -> tuple[PartDrift | None, bool | None]:
    """What the map of a registration leaves, where it can be followed, and `AlignedImage.followed`.

    `drawn` (width, height) is the guide's size, in whose pixels the result is.
    """
    from ....imaging.registration.affine import build_scaling, multiply
    from ....imaging.registration.part_drift import LEAST_LEFT, follow_parts
    from ....imaging.registration.registration import warp

    if found.confidence < DOUBTFUL_CONFIDENCE:
        return None, None
    scale = min(1.0, _FOLLOWED_EDGE / max(drawn))
    size = (max(8, round(drawn[0] * scale)), max(8, round(drawn[1] * scale)))
    parts = draw_surface(geometry, view, size).parts
    off = found.drift_after_px >= LEAST_LEFT * max(drawn)
    if not off and len(np.unique(parts[parts >= 0])) < 2:
        return None, None
    guides = draw_guides(geometry, view, size, [GuideKind.CLAY, GuideKind.IDENTITY])
    laid = warp(picture, multiply(build_scaling(drawn[::-1], size[::-1]), found.matrix), size)
    moved = follow_parts(laid, np.dstack(list(guides.values())), draw_silhouette(geometry, view, size), parts)
    if moved is None:
        return None, False if off else None
    return moved.enlarge(drawn[0] / size[0]), True


def _enlarge_tiny(picture: Pixels, canvas: tuple[int, int]) -> Pixels:
    if min(picture.shape[:2]) >= SMALLEST_EDGE:
        return picture
    from PIL import Image

    scale = SMALLEST_EDGE / min(canvas)
    size = (round(canvas[0] * scale), round(canvas[1] * scale))
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BICUBIC))


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
