# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an image's outline lies from its guide's, place by place; and anew, once the image is bent.

Across its normal an outline lies as far off as the place of it has moved only to first order: a displacement turns and
bends the outline, too. Measured again in the image as the displacement lays it, little is left of that error
(Gauss-Newton).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Doubles, Floats, Indices, Mask, Pixels, Reals
from ..registration.edges import smooth_plane
from ..registration.outline import Outline, trace_outline
from ..registration.outline_fit import GROWTH, LEFT_REACH, measure_across, measure_outline
from .displacement import Displacement
from .joint_solve import Evidence, measure_stretch

#: Pixels from the outline, within which only the outline is measured.
INSIDE = 3
#: Places on the outline that are held back together.
ARC = 12
_HELD_BACK = 4  # every so many arcs one is held back
_SMALLEST = 128  # pixels: an image in which less can be told than its noise moves
_FAINT, _CLEAR = 0.3, 1.8  # evidence for a place of the outline
_WEIGHT, _WEIGHT_AGAIN = 0.3, 0.6  # inverse variances, at first and anew; neighbouring places err together
_REACH_AGAIN = 8  # pixels across the outline


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """The `outline` of a guide, distances of an image's across it (n,), inverse variances (n,).

    `parts` (n,) are the numbers of the parts, `held` (n,) which places are held back for checking.
    """

    outline: Outline
    distances: Reals
    weights: Reals
    parts: Indices
    held: Mask

    @property
    def places(self) -> Reals:
        """Those of the outline (n, 2)."""
        return self.outline.places

    @property
    def normals(self) -> Reals:
        """Those of the outline (n, 2)."""
        return self.outline.normals


def measure_contour(laid: Pixels, silhouette: Pixels, numbers: Indices) -> Contour | None:
    """Measure an image (h, w, 3) that is laid on its guide; None where the outline is too short or the image too small.

    `silhouette` (h, w) is above 127 on the object, `numbers` (h, w) are those of the parts, -1 beside them.
    """
    outline = trace_outline(silhouette, LEFT_REACH)
    if len(outline.places) < 4 * ARC or min(silhouette.shape) < _SMALLEST:
        return None
    distances, evidence = measure_outline(smooth_plane(laid.astype(np.float32)), outline)
    weights = _weigh(outline, evidence, silhouette.shape) * _WEIGHT
    arcs = np.arange(len(distances)) // ARC % _HELD_BACK == 0
    parts = _read(numbers, outline.places - INSIDE * outline.normals)
    return Contour(outline, distances, weights, parts, arcs)


def _weigh(outline: Outline, evidence: Reals, shape: tuple[int, ...]) -> Reals:
    """How far the evidence counts (n,), 0 ... 1: on the border of the image an outline is the image's own."""
    inside = ((outline.places > INSIDE) & (outline.places < np.array(shape[1::-1]) - INSIDE)).all(axis=1)
    return np.clip((evidence - _FAINT) / (_CLEAR - _FAINT), 0, 1) * inside


def _read(numbers: Indices, places: Reals) -> Indices:
    """The numbers (h, w) at places (n, 2)."""
    columns, rows = (np.clip(places[:, i].astype(np.intp), 0, numbers.shape[1 - i] - 1) for i in (0, 1))
    return numbers[rows, columns]


@dataclass(frozen=True, slots=True, eq=False)
class BentContour:
    """What was measured again: across the outline in an image that `move` laid (n,), and how far it counts (n,)."""

    told: Evidence
    move: Displacement
    distances: Reals
    weights: Reals


def measure_again(bent: Floats, told: Evidence, move: Displacement) -> BentContour:
    """Measure the outline in an image (h, w, 3) as `move` lays it, of which edges `told` something before."""
    distances, evidence = measure_across(smooth_plane(bent), told.outline, _REACH_AGAIN)
    return BentContour(told, move, distances, _weigh(told.outline, evidence, bent.shape))


def tell_again(contours: Sequence[BentContour]) -> list[Evidence]:
    """What edges tell now, with the outlines as they were measured again.

    What one model makes larger all around it does in all images: less is taken for that than in each alone.
    """
    if not contours:
        return []
    grown = np.median(np.concatenate([each.distances for each in contours]))
    return [_tell(each, float(np.clip(grown, -GROWTH, GROWTH))) for each in contours]


def _tell(contour: BentContour, grown: float) -> Evidence:
    """The place of the image's outline that was found for each of the guide's, and its normal there."""
    told, outline, count = contour.told, contour.told.outline, len(contour.distances)
    across: Doubles = (contour.distances - grown)[:, None] * outline.normals
    found = outline.places + across
    turned = np.linalg.solve(measure_stretch(contour.move, found).transpose(0, 2, 1), outline.normals[..., None])[
        ..., 0
    ]
    normals = turned / np.hypot(*turned.T)[:, None]
    values = ((across + contour.move.evaluate(found)) * normals).sum(axis=1)
    return replace(
        told,
        normals=np.concatenate([normals, told.normals[count:]]),
        values=np.concatenate([values, told.values[count:]]),
        weights=np.concatenate([contour.weights * _WEIGHT_AGAIN, told.weights[count:]]),
    )
