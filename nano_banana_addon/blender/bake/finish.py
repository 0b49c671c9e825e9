# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left after the projection: unseen places, seams, and the borders of islands."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from gpu.types import GPUBatch

from ...imaging.arrays import Mask, Pixels
from ...imaging.texture_fill.dilation import dilate
from ...imaging.texture_fill.fill import fill_unseen
from ...imaging.texture_fill.seams import reconcile_seams
from ..host.progress_steps import ProgressStep
from .mesh import Surface
from .project import draw_normals, draw_positions
from .seam_pairs import find_seam_pairs

#: Unseen places get smooth colours, so they are worked out at this edge at most: a sixteenth of the memory at 8192.
FILL_EDGE = 2048
#: How much the colours of a filled place count against painted ones where they meet at a seam.
FILL_TRUST = 0.05


def finish_map(
    surface: Surface,
    batch: GPUBatch,
    rgba: Pixels,
    surface_mask: Mask,
    dilation: int = 8,
) -> Generator[ProgressStep, None, Pixels]:
    """In steps, the finished map (h, w, 4) uint8, opaque.

    Unseen texels of the surface are filled from their neighbours on the surface, both sides of seams are blended,
    islands are dilated by `dilation` texels and the rest is filled smoothly.
    """
    painted_mask = rgba[..., 3] > 0
    colour = np.ascontiguousarray(rgba[..., :3])
    if not painted_mask.any():
        return rgba
    yield 0.0, f"Filling what no view sees of {surface.name}"
    fill_from_surface(batch, colour, painted_mask, surface_mask)
    valid = surface_mask | painted_mask
    yield 0.4, f"Bringing the seams of {surface.name} together"
    first, second = find_seam_pairs(surface, (rgba.shape[1], rgba.shape[0]))
    if len(first):
        trust = np.stack([painted_mask[tuple(side.T)] for side in (first, second)], axis=1)
        weights = np.where(trust, 1.0, FILL_TRUST).astype(np.float32)
        colour = reconcile_seams(colour, valid, first, second, weights)
    yield 0.7, f"Growing the islands of {surface.name}"
    dilated_colour = dilate(colour, valid, dilation)
    return np.dstack([dilated_colour, np.full(dilated_colour.shape[:2], 255, np.uint8)])


def fill_from_surface(
    batch: GPUBatch,
    colour: Pixels,
    painted_mask: Mask,
    surface_mask: Mask,
) -> None:
    """Fill the unseen texels of the surface in `colour` (h, w, 3), in place."""
    unseen = surface_mask & ~painted_mask
    if not unseen.any():
        return
    height, width = painted_mask.shape
    step = max(1, -(-max(height, width) // FILL_EDGE))
    while height % step or width % step:
        step -= 1
    size = (width // step, height // step)
    middle = slice(step // 2, None, step)
    places, normals = draw_positions(batch, size), draw_normals(batch, size)
    valid, source_mask = places[..., 3] > 0.5, painted_mask[middle, middle]
    small = fill_unseen(
        np.ascontiguousarray(colour[middle, middle]),
        np.ascontiguousarray(places[..., :3]),
        valid,
        source_mask & valid,
        np.ascontiguousarray(normals[..., :3]),
    )
    if step > 1:
        small = _enlarge(dilate(small, valid | source_mask, 2 * step), step)
    colour[unseen] = small[unseen]


def _enlarge(small: Pixels, step: int) -> Pixels:
    return np.repeat(np.repeat(small, step, axis=0), step, axis=1)
