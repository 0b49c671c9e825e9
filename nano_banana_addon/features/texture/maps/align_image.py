# SPDX-License-Identifier: GPL-3.0-or-later
"""An image aligned to the guide of its view: computed in a thread, drawn in Blender's."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import FAR, PaintedView
from ....blender.guides.draw import GuideKind, draw_depth, draw_guides, draw_silhouette, draw_surface
from ....blender.guides.posed_depth import draw_posed_depth
from ....blender.host.progress_steps import ProgressStep, run_all, run_in_thread
from ....core.scene.capture import View
from ....imaging.arrays import Doubles, Mask, Pixels, Reals

if TYPE_CHECKING:
    from ....imaging.displacement.displacement import Displacement
    from ....imaging.displacement.joint_displacement import Followed
    from ....imaging.displacement.joint_solve import Evidence
    from ....imaging.displacement.part_drift import PartDrift
    from ....imaging.registration.registration import Registration

#: Guides that images are compared with need not be finer: half of 2K finds a tenth of a pixel.
_COMPARED_EDGE = 1400
#: The same for parts that moved on their own: half a pixel of 2K.
_FOLLOWED_EDGE = 1024
#: A smaller image is enlarged to this, so that its shape can be the view's.
_SMALLEST_EDGE = 256
#: Of a registration; a view below it counts only where no other view sees the surface.
DOUBTFUL_CONFIDENCE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class KeptView:
    """What is left of aligning a view on its own: the image (h, w, 3) as it came, and reduced as its map laid it.

    `matrix` (2, 3) maps its pixels to those of the guide of size `drawn` (width, height) that it was registered to.
    `displacement` and `evidence` are in pixels of `laid`; without them it lies right, and holds what is aligned to it
    where it is `shown` (h, w; None: everywhere).
    """

    geometry: Geometry
    view: View
    picture: Pixels
    laid: Pixels
    matrix: Reals
    drawn: tuple[int, int]
    displacement: Displacement | None = None
    evidence: Evidence | None = None
    shown: Mask | None = None

    def draw(self, *, is_posed: bool) -> Followed:
        """What the views are aligned to each other by: with the depth that the view sees.

        `is_posed`: others see the surface in other poses.
        """
        from ....imaging.displacement.joint_displacement import Followed, LaidView

        height, width = self.laid.shape[:2]
        draw_seen = draw_posed_depth if is_posed else draw_depth
        depth = draw_seen(self.geometry, self.view, (width, height))
        if self.shown is not None:
            depth = replace(depth, distances=np.where(self.shown, depth.distances, np.float32(FAR)))
        laid = LaidView(self.laid, depth, self.displacement, self.evidence)
        return Followed(self.picture, self.matrix, laid, self.drawn[0] / width)

    def hold(self, laid: Pixels, shown: Mask) -> KeptView:
        """The same view with what lies right in it: `laid` (h, w, 3), where that is `shown` (h, w)."""
        return replace(self, picture=laid, laid=laid, shown=shown, displacement=None, evidence=None)


@dataclass(frozen=True, slots=True, eq=False)
class AlignedImage:
    """An image (h, w, 3) and how it lies in its view.

    `matrix` (2 x 3) maps pixels of the returned image to pixels of the view's canvas, in which drifts are measured too;
    `placement` (2 x 3) maps places in the view to places in `picture`, both 0 ... 1 from the top left. The pixels are
    as they came: the projection reads them once, and nothing is lost. `kept`: what aligning views to each other needs.
    """

    picture: Pixels
    placement: Doubles
    matrix: Doubles
    before: float
    after: float
    confidence: float
    followed: bool | None = None
    displacement: Displacement | None = None
    kept: KeptView | None = None

    def paint(self, view: View, name: str = "") -> PaintedView:
        """The image as the projection takes it."""
        return PaintedView(view, self.picture, name, placement=self.placement)


def align_image(geometry: Geometry, view: View, canvas: tuple[int, int], picture: Pixels) -> AlignedImage:
    """An image (h, w, 3) aligned by all steps of `align_image_steps` at once. Raises as that does."""
    return run_all(align_image_steps(geometry, view, canvas, picture))


def align_image_steps(
    geometry: Geometry,
    view: View,
    canvas: tuple[int, int],
    picture: Pixels,
    step: ProgressStep = (0.0, "Aligning"),
) -> Generator[ProgressStep, None, AlignedImage]:
    """Align an image (h, w, 3) to the guide of its view. `canvas` (width, height) in pixels; `step` is yielded.

    Images of any shape are fitted; what does not show the guide's shapes is not moved. Raises as `draw_guides` does.
    """
    from ....imaging.displacement.part_drift import follow_parts
    from ....imaging.registration.registration import register

    came = picture.shape
    picture = _enlarge_tiny(picture, canvas)
    guide, silhouette = _draw_guide(geometry, view, canvas)
    moved, followed, bent, kept = None, None, picture, None
    with ThreadPoolExecutor(1) as pool:
        found = yield from run_in_thread(pool, partial(register, picture, guide, silhouette), step)
        guides = _draw_parts(geometry, view, found, (guide.shape[1], guide.shape[0]))
        if guides is not None:
            laid = yield from run_in_thread(pool, partial(guides.lay, picture, found.matrix), step)
            moved = yield from run_in_thread(pool, partial(follow_parts, laid, *guides.planes), step)
            followed = True if moved else False if guides.is_off else None
            kept = _keep(geometry, view, (picture, laid), guides, (found, moved))
            moved = moved and moved.enlarge(guides.scale)
        if moved is not None:
            bent = yield from run_in_thread(pool, partial(moved.bend, picture, found.matrix), step)
    scale = canvas[0] / guide.shape[1]
    return AlignedImage(
        bent,
        *_place(found.matrix, (picture.shape, guide.shape, came), canvas),
        float(found.drift_before_px * scale),
        float((found.drift_after_px if moved is None else moved.left_px) * scale),
        float(found.confidence),
        followed,
        None if moved is None else moved.displacement,
        kept,
    )


def _place(
    matrix: Reals, shapes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], canvas: tuple[int, int]
) -> tuple[Doubles, Doubles]:
    """An aligned image's `placement` and `matrix` from a registration's map (2, 3).

    `shapes` are those of the image that was registered, of its guide, and of the image as it came.
    """
    own, drawn, came = (np.array(shape[1::-1], np.float64) for shape in shapes)
    matrix = np.asarray(matrix, np.float64)
    shares = np.hstack([matrix[:, :2] * own / drawn[:, None], matrix[:, 2:] / drawn[:, None]])
    back = np.linalg.inv(shares[:, :2])
    placement = np.hstack([back, -back @ shares[:, 2:]])
    return placement, np.hstack([shares[:, :2] / came, shares[:, 2:]]) * np.array(canvas)[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class _PartGuides:
    """What parts that moved on their own are followed by: guide (h, w, channels), silhouette and parts (h, w).

    `drawn` (width, height) is the size of the guide that the image was registered to. `is_off`: that left something.
    """

    planes: tuple[Pixels, Pixels, Reals]
    drawn: tuple[int, int]
    is_off: bool

    @property
    def scale(self) -> float:
        """How much larger that guide is."""
        return self.drawn[0] / self.planes[1].shape[1]

    def lay(self, picture: Pixels, matrix: Reals) -> Pixels:
        """An image as a registration's map (2, 3) lays it on the guide."""
        from ....imaging.registration.affine import build_scaling, multiply
        from ....imaging.registration.registration import warp

        height, width = self.planes[1].shape
        return warp(picture, multiply(build_scaling(self.drawn[::-1], (height, width)), matrix), (width, height))


def _draw_parts(geometry: Geometry, view: View, found: Registration, drawn: tuple[int, int]) -> _PartGuides | None:
    """What is needed to follow parts after a registration to a guide of size `drawn`; None where none is to be."""
    from ....imaging.displacement.part_drift import LEAST_LEFT

    if found.confidence < DOUBTFUL_CONFIDENCE:
        return None
    scale = min(1.0, _FOLLOWED_EDGE / max(drawn))
    size = (max(8, round(drawn[0] * scale)), max(8, round(drawn[1] * scale)))
    parts = draw_surface(geometry, view, size).parts
    is_off = found.drift_after_px >= LEAST_LEFT * max(drawn)
    if not is_off and len(np.unique(parts[parts >= 0])) < 2:
        return None
    guides = draw_guides(geometry, view, size, [GuideKind.CLAY, GuideKind.IDENTITY])
    planes = (np.dstack(list(guides.values())), draw_silhouette(geometry, view, size), parts)
    return _PartGuides(planes, drawn, is_off)


def _keep(
    geometry: Geometry,
    view: View,
    pictures: tuple[Pixels, Pixels],
    guides: _PartGuides,
    found: tuple[Registration, PartDrift | None],
) -> KeptView | None:
    """What aligning views to each other needs of one; `pictures` are as it came and as laid.

    None for a view that is known to lie wrong, and for one whose parts moved as wholes: it lies right already.
    """
    registration, moved = found
    if guides.is_off if moved is None else moved.evidence is None:
        return None
    kept = KeptView(geometry, view, *pictures, registration.matrix, guides.drawn)
    return kept if moved is None else replace(kept, displacement=moved.displacement, evidence=moved.evidence)


def _enlarge_tiny(picture: Pixels, canvas: tuple[int, int]) -> Pixels:
    if min(picture.shape[:2]) >= _SMALLEST_EDGE:
        return picture
    from PIL import Image

    scale = _SMALLEST_EDGE / min(canvas)
    size = (round(canvas[0] * scale), round(canvas[1] * scale))
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.BICUBIC))


def _draw_guide(geometry: Geometry, view: View, canvas: tuple[int, int]) -> tuple[Pixels, Pixels]:
    scale = min(1.0, _COMPARED_EDGE / max(canvas))
    size = (max(8, round(canvas[0] * scale)), max(8, round(canvas[1] * scale)))
    clay = draw_guides(geometry, view, size, [GuideKind.CLAY])[GuideKind.CLAY]
    return clay, draw_silhouette(geometry, view, size)
