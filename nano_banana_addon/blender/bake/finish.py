# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left after the projection: unseen places, seams, and the borders of islands."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, eq=False)
class MapPart:
    """A projected map: `rgba` (h, w, 4) uint8 with alpha 0 where no view painted, and where its surface lies (h, w)."""

    surface: Surface
    batch: GPUBatch
    rgba: Pixels
    surface_mask: Mask


def finish_maps(parts: Sequence[MapPart], dilation: int = 8) -> Generator[ProgressStep, None, None]:
    """In steps, finish the maps of one object, one for each UDIM tile, in place; they become opaque.

    Unseen texels of the surface are filled from their neighbours on the surface, both sides of seams are blended, also
    where they lie in two maps, islands are dilated by `dilation` texels and the rest is filled smoothly. Nothing
    changes when no view painted any of them.
    """
    name, size = parts[0].surface.name, parts[0].rgba.shape[1::-1]
    stack = np.zeros((len(parts) * (size[1] + 1) - 1, size[0], 3), np.uint8)
    painted_mask = np.zeros(stack.shape[:2], bool)
    valid = np.zeros_like(painted_mask)
    places = [slice(first, first + size[1]) for first in range(0, len(stack), size[1] + 1)]
    for part, place in zip(parts, places, strict=True):
        stack[place], painted_mask[place] = part.rgba[..., :3], part.rgba[..., 3] > 0
        np.logical_or(part.surface_mask, painted_mask[place], out=valid[place])
    if not painted_mask.any():
        return
    yield 0.0, f"Filling what no view sees of {name}"
    fill_from_surface(parts, [stack[place] for place in places])
    yield 0.4, f"Bringing the seams of {name} together"
    _blend_seams([part.surface for part in parts], size, stack, painted_mask, valid)
    for number, (part, place) in enumerate(zip(parts, places, strict=True)):
        yield 0.7 + 0.3 * number / len(parts), f"Growing the islands of {name}"
        part.rgba[..., :3] = dilate(stack[place], valid[place], dilation)
        part.rgba[..., 3] = 255


def _blend_seams(
    surfaces: Sequence[Surface], size: tuple[int, int], stack: Pixels, painted_mask: Mask, valid: Mask
) -> None:
    first, second = find_seam_pairs(surfaces, size)
    if len(first):
        trust = np.stack([painted_mask[tuple(side.T)] for side in (first, second)], axis=1)
        weights = np.where(trust, 1.0, FILL_TRUST).astype(np.float32)
        reconcile_seams(stack, valid, first, second, weights)


def fill_from_surface(parts: Sequence[MapPart], colours: Sequence[Pixels]) -> None:
    """Fill the unseen texels of the surface in `colours`, (h, w, 3) for each part, in place."""
    if not any((part.surface_mask & (part.rgba[..., 3] == 0)).any() for part in parts):
        return
    height, width = parts[0].surface_mask.shape
    step = max(1, -(-max(height, width) * len(parts) ** 0.5 // FILL_EDGE))
    step = next(n for n in range(int(step), 0, -1) if not (height % n or width % n))
    size, middle = (width // step, height // step), slice(step // 2, None, step)
    places = np.concatenate([draw_positions(part.batch, size) for part in parts])
    normals = np.concatenate([draw_normals(part.batch, size) for part in parts])
    valid = places[..., 3] > 0.5
    source_mask = np.concatenate([part.rgba[middle, middle, 3] > 0 for part in parts])
    small = fill_unseen(
        np.concatenate([colour[middle, middle] for colour in colours]),
        np.ascontiguousarray(places[..., :3]),
        valid,
        source_mask & valid,
        np.ascontiguousarray(normals[..., :3]),
    )
    known = np.split(valid | source_mask, len(parts))
    for part, colour, filled, mask in zip(parts, colours, np.split(small, len(parts)), known, strict=True):
        unseen = part.surface_mask & (part.rgba[..., 3] == 0)
        enlarged = _enlarge(dilate(filled, mask, 2 * step), step) if step > 1 else filled
        colour[unseen] = enlarged[unseen]


def _enlarge(small: Pixels, step: int) -> Pixels:
    return np.repeat(np.repeat(small, step, axis=0), step, axis=1)
