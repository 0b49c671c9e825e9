# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps that are painted view by view: what is painted once never changes afterwards."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ....blender.bake.bake import BakedMap, BakeSettings, bake_geometry
from ....blender.bake.batches import surface_batch
from ....blender.bake.finish import finish_map
from ....blender.bake.mesh import Geometry
from ....blender.bake.project import draw_surface_mask
from ....blender.bake.uv_checks import check_uvs
from ....blender.bake.view_pass import PaintedView
from ....blender.host.gpu import initialise_gpu
from ....blender.host.progress_steps import ProgressStep, scale_progress
from ....imaging.colour_match import Overlap, apply_match, match_colours
from ....imaging.srgb import LINEAR

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating]
_NOBODY = 255
#: Texels that a view must share with what is painted to be compared with it, and how many of them are looked at.
_ENOUGH, _COMPARED = 64, 20_000
#: A view that differs more is not another exposure, but another picture.
_MOST_GAIN, _MOST_OFFSET = 1.6, 0.08


class Layers:
    """The maps so far, one (h, w, 4) uint8 for each target: alpha 255 where a view has painted, else 0."""

    def __init__(self, geometry: Geometry, settings: BakeSettings) -> None:
        width, height = settings.size
        self._geometry = geometry
        self._settings = replace(settings, finish=False, match_colours=False, heat_size=0)
        self._dilation, self._heat = settings.dilation, settings.heat_size
        self.maps: list[Pixels] = [np.zeros((height, width, 4), np.uint8) for _ in geometry.targets]
        self._owners: list[Pixels] = [np.full((height, width), _NOBODY, np.uint8) for _ in geometry.targets]
        self._count = 0

    def add(self, painted: PaintedView) -> None:
        """Paint what the view sees and nobody has painted yet, in the light of what is there: where the view shows
        painted texels again, its exposure and tint are compared with theirs."""
        result = bake_geometry(self._geometry, [painted], self._settings)
        pixels = [new.rgba for new in result.maps]
        gains, offsets = self._match(pixels)
        for held, owners, new in zip(self.maps, self._owners, pixels, strict=True):
            fresh = (held[..., 3] == 0) & (new[..., 3] > 0)
            held[fresh, :3] = apply_match(new[fresh][:, :3], gains, offsets)
            held[fresh, 3] = new[fresh][:, 3]
            owners[fresh] = self._count
        self._count += 1

    def _match(self, pixels: Sequence[Pixels]) -> tuple[Floats, Floats]:
        """What brings a new view to the painted texels: gains and offsets (3,) in linear light."""
        both = [(held[..., 3] > 0) & (new[..., 3] > 0) for held, new in zip(self.maps, pixels, strict=True)]
        there, anew = (
            np.concatenate([one[seen][:, :3] for one, seen in zip(maps, both, strict=True)])
            for maps in (self.maps, pixels)
        )
        if len(there) < _ENOUGH:
            return np.ones(3), np.zeros(3)
        step = max(1, len(there) // _COMPARED)
        colours = LINEAR[there[::step]], LINEAR[anew[::step]]
        found = match_colours(2, [Overlap(0, 1, *colours, np.ones(len(colours[0])))])
        # Both were moved towards each other; what is painted stays, so that the new view goes all the way.
        gains = np.clip(found.gains[1] / found.gains[0], 1 / _MOST_GAIN, _MOST_GAIN)
        offsets = (found.offsets[1] - found.offsets[0]) / found.gains[0]
        return gains, np.clip(offsets, -_MOST_OFFSET, _MOST_OFFSET)

    def current_maps(self) -> dict[int, Pixels]:
        """The maps by the number of their target, as `draw_painted` takes them."""
        return dict(enumerate(self.maps))

    def finish_steps(self) -> Generator[ProgressStep, None, tuple[BakedMap, ...]]:
        """In steps, the rest filled and the islands dilated; painted texels as they are."""
        initialise_gpu()
        made: list[BakedMap] = []
        for number in range(len(self.maps)):
            first, last = (n / len(self.maps) for n in (number, number + 1))
            made.append((yield from scale_progress(self._finish_map_steps(number), first, last)))
        return tuple(made)

    def _finish_map_steps(self, number: int) -> Generator[ProgressStep, None, BakedMap]:
        surface, held = self._geometry.targets[number], self.maps[number]
        batch = surface_batch(surface)
        mask = draw_surface_mask(batch, (held.shape[1], held.shape[0]))
        seen = held[..., 3] > 0
        rgba = yield from finish_map(surface, batch, held.copy(), mask, self._dilation)
        rgba[seen] = held[seen]  # bringing both sides of a seam together would change them
        coverage = float((seen & mask).sum() / max(1, mask.sum()))
        weights = _shares(self._owners[number], self._count, self._heat)
        return BakedMap(surface.name, surface.uv_map, rgba, seen, coverage, weights, check_uvs(surface))


def _shares(owners: Pixels, count: int, edge: int) -> NDArray[np.float32]:
    """Who painted each texel, at a small size: (views, edge, edge), 0 or 1."""
    height, width = owners.shape
    rows = (np.arange(edge) + 0.5) * height / max(edge, 1)
    columns = (np.arange(edge) + 0.5) * width / max(edge, 1)
    small = owners[np.ix_(rows.astype(int), columns.astype(int))]
    return np.stack([(small == view) for view in range(count)]).astype(np.float32)
