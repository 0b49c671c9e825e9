# SPDX-License-Identifier: GPL-3.0-or-later
"""Returned images, aligned to the guides of their views, with their drift."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.host.progress_steps import ProgressStep
from ....core.constants import DRIFT_LIMIT
from ....core.errors import InputError
from ....core.result import Generation
from ....core.scene.capture import ViewTile
from ....core.texture import LOWEST_CONFIDENCE, require_texture_context
from ....imaging.arrays import Pixels
from .align_image import DOUBTFUL_CONFIDENCE, AlignedImage, align_image_steps

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
    """A view that can be projected, and how its image lies; None once detail was added to it."""

    painted_view: PaintedView
    drift: Drift
    image: AlignedImage | None = None


def align_views_steps(
    geometry: Geometry, generation: Generation, forced: Collection[str] = ()
) -> Generator[ProgressStep, None, list[AlignedView]]:
    """The views in an image, each aligned to its guide; `forced` are keys of drifts.

    Raises `InputError` for an image that cannot be read.
    """
    part = require_texture_context(generation.request)
    picture = read_picture(generation)
    views: list[AlignedView] = []
    for tile in part.shown:
        step = (len(views) / len(part.shown), f"Aligning {generation.request.shot}")
        image = yield from align_image_steps(geometry, tile.view, tile.size, crop(picture, tile.box), step)
        views.append(_describe_view(image, generation, tile, part.drift_limit, forced))
    return views


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


def _describe_view(
    image: AlignedImage, generation: Generation, tile: ViewTile, limit: float, forced: Collection[str]
) -> AlignedView:
    name = tile.view.camera or f"View {tile.index + 1}"
    drift = Drift(tile.index, name, generation.id, image.before, image.after, image.confidence, limit)
    drift = replace(
        drift, followed=image.followed, reason="" if drift.trusted else _NOT_FOUND, forced=drift.key in forced
    )
    doubtful = drift.confidence < DOUBTFUL_CONFIDENCE and not drift.forced
    painted_view = replace(
        image.paint(tile.view, name), weight=_DOUBTFUL_WEIGHT if doubtful else 1.0, forced=drift.forced
    )
    return AlignedView(painted_view, drift, image)


def crop(picture: Pixels, box: Sequence[float]) -> Pixels:
    """The part of an image (h, w, 3); `box` is left, top, right, bottom from 0 to 1."""
    height, width = picture.shape[:2]
    left, right = (round(box[i] * width) for i in (0, 2))
    top, bottom = (round(box[i] * height) for i in (1, 3))
    return np.ascontiguousarray(picture[top:bottom, left:right])
