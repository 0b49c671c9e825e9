# SPDX-License-Identifier: GPL-3.0-or-later
"""How well each of some views would see a surface, before anything is painted or paid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.scene.capture import View
from ...imaging.arrays import Floats, Mask, Pixels
from ..host.gpu import initialise_gpu
from .batches import surface_batch
from .mesh import Geometry
from .project import draw_surface_mask, draw_texels, project_view
from .view_pass import PaintedView, measure_density, prepare_view
from .view_uniforms import Weighting

LONGER_EDGE = 384
_FINE_EDGE = 1024


def measure_view_quality(
    geometry: Geometry,
    views: Sequence[View],
    *,
    poses: Sequence[Geometry] = (),
    least_cosine: float = 0.17,
    edge: int = 128,
    longer_edge: int = LONGER_EDGE,
    both_sides: bool = False,
) -> Floats:
    """The quality (views, samples) float32, 0 ... 1, with which views see samples, for `views.greedy`.

    0: the view does not see the sample; 1: no view sees it better. The samples are the texels of the targets' maps at
    `edge` x `edge`; the views' longer edge has `longer_edge` pixels: a pixel or two beside each outline count as
    unseen. `both_sides`: faces that are seen from behind count, too. `poses` gives the geometry as each view sees it,
    where that differs. Raises as `bake` does.
    """
    initialise_gpu()
    shapes = (geometry, *poses)
    batches = {s: surface_batch(s) for s in dict.fromkeys(s for shape in shapes for s in shape.surfaces)}
    targets = dict.fromkeys(s for shape in shapes for s in shape.targets)
    texels = {surface: draw_texels(batches[surface], (edge, edge)) for surface in targets}
    rows: list[Floats] = []
    for view, shape in zip(views, poses or [geometry] * len(views), strict=True):
        picture = PaintedView(view, _create_blank_picture(view, longer_edge))
        view_pass = prepare_view(picture, [batches[surface] for surface in shape.surfaces], shape.origin)
        weighting = Weighting(
            least_cosine=least_cosine,
            sharpness=1.0,
            density=measure_density(view_pass, shape),
            both_sides=both_sides,
        )
        weights = [project_view(texels[surface], view_pass, weighting)[..., 3] for surface in shape.targets]
        rows.append(np.stack(weights).reshape(-1))
    quality = np.stack(rows)
    on_surface = np.stack([draw_surface_mask(batches[s], (edge, edge)) for s in geometry.targets]).reshape(-1)
    return np.clip(quality[:, on_surface], 0, 1)


def find_seen(geometry: Geometry, view: View, edge: int, *, both_sides: bool = False) -> tuple[Mask, Mask]:
    """Of the texels (targets, edge * edge) of the maps: those that a view would give a colour, and all of the surface.

    As fine as a bake of a usual image. Raises as `bake` does.
    """
    initialise_gpu()
    surface = np.stack([draw_surface_mask(surface_batch(s), (edge, edge)).reshape(-1) for s in geometry.targets])
    seen = np.zeros_like(surface)
    seen[surface] = (
        measure_view_quality(geometry, [view], edge=edge, longer_edge=_FINE_EDGE, both_sides=both_sides)[0] > 0
    )
    return seen, surface


def _create_blank_picture(view: View, longer_edge: int) -> Pixels:
    """A white picture of the view's shape."""
    shape = abs(view.projection[1][1] / view.projection[0][0])
    width, height = (longer_edge, longer_edge / shape) if shape > 1 else (longer_edge * shape, longer_edge)
    return np.full((max(8, round(height)), max(8, round(width)), 3), 255, np.uint8)
