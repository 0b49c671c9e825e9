# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left after the projection: unseen places, seams, and the borders of islands."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from gpu.types import GPUBatch
from numpy.typing import NDArray

from ...imaging.texture_fill.dilation import dilate
from ...imaging.texture_fill.fill import fill_unseen
from ...imaging.texture_fill.seams import reconcile_seams
from ..host.progress_steps import Step
from .mesh import Surface
from .project import draw_normals, draw_places
from .seam_pairs import seam_pairs

#: Unseen places get smooth colours, so they are worked out at this edge at most: a sixteenth of the memory at 8192.
FILL_EDGE = 2048
#: How much the colours of a filled place count against painted ones where they meet at a seam.
TRUST_IN_FILLED = 0.05


def finish_map(
    surface: Surface,
    batch: GPUBatch,
    rgba: NDArray[np.uint8],
    surface_mask: NDArray[np.bool_],
    dilation: int = 8,
) -> Generator[Step, None, NDArray[np.uint8]]:
    """In steps, the finished map (h, w, 4) uint8, opaque: unseen texels of the surface filled from their neighbours on
    the surface, both sides of seams brought together, islands grown by `dilation` texels and the rest filled smoothly.

    `rgba` (h, w, 4) has alpha above 0 where a view painted; `surface_mask` (h, w) is True where there is a surface.
    """
    seen = rgba[..., 3] > 0
    colour = np.ascontiguousarray(rgba[..., :3])
    if not seen.any():
        return rgba
    yield 0.0, f"Filling what no view sees of {surface.name}"
    fill_from_surface(batch, colour, seen, surface_mask)
    valid = surface_mask | seen
    yield 0.4, f"Bringing the seams of {surface.name} together"
    first, second = seam_pairs(surface, (rgba.shape[1], rgba.shape[0]))
    if len(first):
        trust = np.stack([seen[tuple(side.T)] for side in (first, second)], axis=1)
        weights = np.where(trust, 1.0, TRUST_IN_FILLED).astype(np.float32)
        colour = reconcile_seams(colour, valid, first, second, weights)
    yield 0.7, f"Growing the islands of {surface.name}"
    grown = dilate(colour, valid, dilation)
    return np.dstack([grown, np.full(grown.shape[:2], 255, np.uint8)])


def fill_from_surface(
    batch: GPUBatch,
    colour: NDArray[np.uint8],
    seen: NDArray[np.bool_],
    surface_mask: NDArray[np.bool_],
) -> None:
    """Fill the unseen texels of the surface in `colour` (h, w, 3), in place."""
    unseen = surface_mask & ~seen
    if not unseen.any():
        return
    height, width = seen.shape
    step = max(1, -(-max(height, width) // FILL_EDGE))
    while height % step or width % step:
        step -= 1
    size = (width // step, height // step)
    middle = slice(step // 2, None, step)
    places, normals = draw_places(batch, size), draw_normals(batch, size)
    valid, known = places[..., 3] > 0.5, seen[middle, middle]
    small = fill_unseen(
        np.ascontiguousarray(colour[middle, middle]),
        np.ascontiguousarray(places[..., :3]),
        valid,
        known & valid,
        np.ascontiguousarray(normals[..., :3]),
    )
    if step > 1:
        small = _enlarged(dilate(small, valid | known, 2 * step), step)
    colour[unseen] = small[unseen]


def _enlarged(small: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    return np.repeat(np.repeat(small, step, axis=0), step, axis=1)
