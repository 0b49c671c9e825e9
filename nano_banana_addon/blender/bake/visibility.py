# SPDX-License-Identifier: GPL-3.0-or-later
"""How well each of some views would see a surface, before anything is painted or paid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.request import View
from ...imaging.arrays import Floats, Pixels
from ..host.gpu import initialise_gpu
from .batches import surface_batch
from .mesh import Geometry
from .project import draw_surface_mask, draw_texels, project_view
from .view_pass import PaintedView, prepare_view
from .view_uniforms import Weighting

LONGER_EDGE = 384


def measure_view_quality(
    geometry: Geometry,
    views: Sequence[View],
    *,
    least_cosine: float = 0.17,
    edge: int = 128,
    longer_edge: int = LONGER_EDGE,
    both_sides: bool = False,
) -> Floats:
    """The quality (views, samples) float32, 0 ... 1, with which views see samples, for `views.greedy`.

    0: the view does not see the sample; 1: no view sees it better. The samples are the texels of the targets' maps at
    `edge` x `edge`; the views' longer edge has `longer_edge` pixels: a pixel or two beside each outline count as
    unseen. `both_sides`: faces that are seen from behind count, too. Raises as `bake` does.
    """
    initialise_gpu()
    batches = [surface_batch(surface) for surface in geometry.surfaces]
    targets = batches[: len(geometry.targets)]
    texels = [draw_texels(batch, (edge, edge)) for batch in targets]
    centre = np.mean(geometry.bounds(), axis=0) - np.array(geometry.origin)
    rows: list[Floats] = []
    for view in views:
        view_pass = prepare_view(PaintedView(view, _create_blank_picture(view, longer_edge)), batches, geometry.origin)
        density = view_pass.matrices.density(centre, view_pass.distances.height)
        weighting = Weighting(least_cosine=least_cosine, sharpness=1.0, density=density, both_sides=both_sides)
        rows.append(np.concatenate([project_view(t, view_pass, weighting)[..., 3].reshape(-1) for t in texels]))
    quality = np.stack(rows)
    on_surface = np.concatenate([draw_surface_mask(batch, (edge, edge)).reshape(-1) for batch in targets])
    return np.clip(quality[:, on_surface], 0, 1)


def _create_blank_picture(view: View, longer_edge: int) -> Pixels:
    """A white picture of the view's shape."""
    shape = abs(view.projection[1][1] / view.projection[0][0])
    width, height = (longer_edge, longer_edge / shape) if shape > 1 else (longer_edge * shape, longer_edge)
    return np.full((max(8, round(height)), max(8, round(width)), 3), 255, np.uint8)
