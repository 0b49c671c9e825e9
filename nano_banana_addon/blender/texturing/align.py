# SPDX-License-Identifier: GPL-3.0-or-later
"""Returned pictures, laid onto the guides of their views again, with how far off they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.errors import InputError
from ...core.request import ShownView
from ...core.result import Generation
from ...core.texturing import LOWEST_CONFIDENCE
from ..bake.mesh import Geometry
from ..bake.view_pass import PaintedView
from ..guides.draw import GuideKind, draw_guides, draw_silhouette
from .plan import part_of

#: Guides that pictures are compared with need not be finer: half of 2K finds a tenth of a pixel.
COMPARED_EDGE = 1400


@dataclass(frozen=True, slots=True)
class Drift:
    """How a returned view lay on its guide: median distances in pixels of the view's canvas, before it was aligned
    and after. `confidence` 0 ... 1; below `LOWEST_CONFIDENCE` the view was left where it was."""

    index: int
    name: str
    generation: str
    before: float
    after: float
    confidence: float
    limit: float = 3.0

    @property
    def trusted(self) -> bool:
        """Whether the shapes of the guide were found in the picture."""
        return self.confidence >= LOWEST_CONFIDENCE

    @property
    def too_far(self) -> bool:
        """Whether the view should be painted again."""
        return not self.trusted or self.after > self.limit

    def words(self) -> str:
        """For the panel and the command line."""
        if not self.trusted:
            return "does not show the shapes of the guide"
        return f"{self.before:.1f} px off, {self.after:.1f} px after aligning"


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A view that can be projected."""

    painted: PaintedView
    drift: Drift


def aligned(geometry: Geometry, generation: Generation) -> list[Aligned]:
    """The views in a picture, each laid onto its guide. Raises `InputError` for a picture that cannot be read."""
    part = part_of(generation.request)
    picture = read_picture(generation)
    return [_one(geometry, generation, picture, shown, part.drift_limit) for shown in part.shown]


def read_picture(generation: Generation) -> NDArray[np.uint8]:
    """The result's pixels (h, w, 3), display values, top row first."""
    from ...imaging.opening import opened  # Pillow: not while the add-on is being enabled

    result = generation.answer.result if generation.answer else None
    if result is None:
        raise InputError("There is no picture for this view.", next_step="Paint it again.")
    with opened(Path(result.path)) as picture:
        return np.asarray(picture.convert("RGB"))


def _one(
    geometry: Geometry,
    generation: Generation,
    picture: NDArray[np.uint8],
    shown: ShownView,
    limit: float,
) -> Aligned:
    from ...imaging.registration import register, warp

    tile = cut(picture, shown.box)
    guide, silhouette = _guide(geometry, shown)
    found = register(tile, guide, silhouette)
    size = (tile.shape[1], tile.shape[0])
    scale = np.array([size[0] / guide.shape[1], size[1] / guide.shape[0]])[:, None]
    placed = warp(tile, np.asarray(found.matrix, np.float64) * scale, size)
    canvas = shown.size[0] / guide.shape[1]
    name = shown.view.camera or f"View {shown.index + 1}"
    drift = Drift(
        shown.index, name, generation.id, found.drift_before_px * canvas, found.drift_after_px * canvas,
        found.confidence, limit,
    )  # fmt: skip
    return Aligned(PaintedView(shown.view, placed, name), drift)


def cut(picture: NDArray[np.uint8], box: Sequence[float]) -> NDArray[np.uint8]:
    """The part of a picture; `box` is left, top, right, bottom from 0 to 1."""
    height, width = picture.shape[:2]
    left, right = (round(box[i] * width) for i in (0, 2))
    top, bottom = (round(box[i] * height) for i in (1, 3))
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _guide(geometry: Geometry, shown: ShownView) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    scale = min(1.0, COMPARED_EDGE / max(shown.size))
    size = (max(8, round(shown.size[0] * scale)), max(8, round(shown.size[1] * scale)))
    clay = draw_guides(geometry, shown.view, size, [GuideKind.CLAY])[GuideKind.CLAY]
    return clay, draw_silhouette(geometry, shown.view, size)
