# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left after the projection: unseen places, seams, and the borders of islands."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from gpu.types import GPUBatch

from ...imaging.arrays import Floats, Indices, Mask, Pixels
from ...imaging.texture_fill.dilation import dilate, dilate_in_place
from ...imaging.texture_fill.fill import fill_unseen
from ...imaging.texture_fill.seams import reconcile_seams
from ..host.progress_steps import ProgressStep, run_in_thread, run_in_threads
from .mesh import Surface
from .project import draw_normals, draw_positions
from .seam_pairs import find_seam_pairs

#: Unseen places get smooth colours, so they are worked out at this edge at most: a sixteenth of the memory at 8192.
FILL_EDGE = 2048
#: How much the colours of a filled place count against painted ones where they meet at a seam.
FILL_TRUST = 0.05
_ROWS = 256
#: Tiles whose islands are grown at once: NumPy lets threads work side by side, and each takes memory.
_THREADS = 2


@dataclass(frozen=True, slots=True, eq=False)
class MapPart:
    """A projected map: `rgba` (h, w, 4) uint8 with alpha 0 where no view painted, and where its surface lies (h, w).

    Finishing changes both in place.
    """

    surface: Surface
    batch: GPUBatch
    rgba: Pixels
    surface_mask: Mask


def finish_maps(parts: Sequence[MapPart], dilation: int = 8) -> Generator[ProgressStep, None, None]:
    """In steps, in threads, finish the maps of one object, one for each UDIM tile, in place; they become opaque.

    Unseen texels of the surface are filled from their neighbours on the surface, both sides of seams are blended, also
    where they lie in two maps, islands are dilated by `dilation` texels and the rest is filled smoothly. Nothing
    changes when no view painted any of them.
    """
    name, size = parts[0].surface.name, parts[0].rgba.shape[1::-1]
    if not any(part.rgba[..., 3].any() for part in parts):
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        step = (0.0, f"Filling what no view sees of {name}")
        yield step
        if any((part.surface_mask & (part.rgba[..., 3] == 0)).any() for part in parts):
            yield from run_in_thread(pool, partial(_fill_from_surface, parts, *_draw_reduced(parts)), step)
        for part in parts:  # in place: a mask of 8192 x 8192 texels takes 64 MB
            np.logical_or(part.surface_mask, part.rgba[..., 3] > 0, out=part.surface_mask)
        step = (0.4, f"Bringing the seams of {name} together")
        yield from run_in_thread(pool, partial(_blend_seams, parts, size), step)
        works = [partial(_grow_islands, part, dilation) for part in parts]
        yield from run_in_threads(pool, works, (0.7, f"Growing the islands of {name}"))


def _grow_islands(part: MapPart, dilation: int) -> None:
    dilate_in_place(part.rgba[..., :3], part.surface_mask, dilation)
    part.rgba[..., 3] = 255


def _blend_seams(parts: Sequence[MapPart], size: tuple[int, int]) -> None:
    """Map by map: changes do not go from one to another, but for the colours on both sides of a seam."""
    first, second = find_seam_pairs([part.surface for part in parts], size)
    if len(first):
        trust = np.stack([_look_up_alpha(parts, side) > 0 for side in (first, second)], axis=1)
        weights = np.where(trust, 1.0, FILL_TRUST).astype(np.float32)
        reconcile_seams([p.rgba for p in parts], [p.surface_mask for p in parts], first, second, weights)


def _look_up_alpha(parts: Sequence[MapPart], texels: Indices) -> Pixels:
    """The alpha (n,) of texels (n, 2) as `find_seam_pairs` numbers them."""
    number, row = np.divmod(texels[:, 0], parts[0].rgba.shape[0] + 1)
    found = np.zeros(len(texels), np.uint8)
    for index, part in enumerate(parts):
        own = number == index
        found[own] = part.rgba[row[own], texels[own, 1], 3]
    return found


def _draw_reduced(parts: Sequence[MapPart]) -> tuple[Floats, Floats]:
    """Places and normals (h, w, 4) of all parts below one another, reduced by a whole number."""
    height, width = parts[0].surface_mask.shape
    step = max(1, -(-max(height, width) * len(parts) ** 0.5 // FILL_EDGE))
    step = next(n for n in range(int(step), 0, -1) if not (height % n or width % n))
    size = (width // step, height // step)
    places = np.concatenate([draw_positions(part.batch, size) for part in parts])
    return places, np.concatenate([draw_normals(part.batch, size) for part in parts])


def _fill_from_surface(parts: Sequence[MapPart], places: Floats, normals: Floats) -> None:
    """Fill the colours of the unseen texels of the surface in place; their alpha stays 0."""
    step = parts[0].surface_mask.shape[1] // places.shape[1]
    middle = slice(step // 2, None, step)
    valid = places[..., 3] > 0.5
    source_mask = np.concatenate([part.rgba[middle, middle, 3] > 0 for part in parts])
    small = fill_unseen(
        np.concatenate([part.rgba[middle, middle, :3] for part in parts]),
        np.ascontiguousarray(places[..., :3]),
        valid,
        source_mask & valid,
        np.ascontiguousarray(normals[..., :3]),
    )
    known = np.split(valid | source_mask, len(parts))
    for part, filled, mask in zip(parts, np.split(small, len(parts)), known, strict=True):
        _write_unseen(part, dilate(filled, mask, 2 * step) if step > 1 else filled, step)


def _write_unseen(part: MapPart, small: Pixels, step: int) -> None:
    """Enlarge the colours by `step` into the unseen texels of the surface, some rows at a time."""
    for first in range(0, len(small), _ROWS):
        band = slice(first * step, (first + _ROWS) * step)
        rgba = part.rgba[band]
        unseen = part.surface_mask[band] & (rgba[..., 3] == 0)
        enlarged = np.repeat(np.repeat(small[first : first + _ROWS], step, axis=0), step, axis=1)
        rgba[unseen, :3] = enlarged[unseen]
