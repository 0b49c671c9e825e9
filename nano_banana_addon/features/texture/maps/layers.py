# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps that are generated view by view; texels that a view has covered never change afterwards."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np

from ....blender.bake.bake import BakedMap, BakeSettings, bake_geometry
from ....blender.bake.batches import surface_batch
from ....blender.bake.finish import MapPart, finish_maps
from ....blender.bake.mesh import Geometry
from ....blender.bake.project import draw_surface_mask
from ....blender.bake.uv_checks import check_uvs
from ....blender.bake.view_pass import PaintedView
from ....blender.host.gpu import initialise_gpu
from ....blender.host.progress_steps import ProgressStep, scale_progress
from ....imaging.arrays import Floats, Pixels, Reals
from ....imaging.colour_match import Overlap, apply_match, match_colours
from ....imaging.srgb import LINEAR

_NO_OWNER = 255
#: How much of the work is done when the views are added.
_ADDED_SHARE = 0.6
#: Covered texels that a view must share to be compared with them, and how many of them are sampled.
_MIN_OVERLAP, _MAX_SAMPLES = 64, 20_000
#: A view that differs more is not another exposure, but another image.
_MAX_GAIN, _MAX_OFFSET = 1.6, 0.08


class Layers:
    """The maps so far, one (h, w, 4) uint8 for each target: alpha 255 where a view has covered a texel, else 0."""

    def __init__(self, geometry: Geometry, settings: BakeSettings) -> None:
        width, height = settings.size
        self._geometry = geometry
        self._settings = replace(settings, finish=False, match_colours=False, heat_size=0)
        self._dilation, self._heat, self._matches = settings.dilation, settings.heat_size, settings.match_colours
        self.maps: list[Pixels] = [np.zeros((height, width, 4), np.uint8) for _ in geometry.targets]
        self._owners: list[Pixels] = [np.full((height, width), _NO_OWNER, np.uint8) for _ in geometry.targets]
        self._count = 0

    def add(self, painted: PaintedView) -> None:
        """Add what the view sees and no earlier view has covered, matched to the existing colours if that is wanted.

        Exposure and tint are matched where the view sees covered texels again.
        """
        result = bake_geometry(self._geometry, [painted], self._settings)
        pixels = [view_map.rgba for view_map in result.maps]
        gains, offsets = self._match(pixels) if self._matches else (np.ones(3), np.zeros(3))
        for painted_map, owners, new in zip(self.maps, self._owners, pixels, strict=True):
            unpainted = (painted_map[..., 3] == 0) & (new[..., 3] > 0)
            painted_map[unpainted, :3] = apply_match(new[unpainted][:, :3], gains, offsets)
            painted_map[unpainted, 3] = new[unpainted][:, 3]
            owners[unpainted] = self._count
        self._count += 1

    def _match(self, pixels: Sequence[Pixels]) -> tuple[Reals, Reals]:
        """The correction of a new view to the covered texels: gains and offsets (3,) in linear light."""
        overlaps = [
            (painted_map[..., 3] > 0) & (view_map[..., 3] > 0)
            for painted_map, view_map in zip(self.maps, pixels, strict=True)
        ]
        painted_texels, view_texels = (
            np.concatenate([texels[overlap][:, :3] for texels, overlap in zip(maps, overlaps, strict=True)])
            for maps in (self.maps, pixels)
        )
        if len(painted_texels) < _MIN_OVERLAP:
            return np.ones(3), np.zeros(3)
        step = max(1, len(painted_texels) // _MAX_SAMPLES)
        colours = LINEAR[painted_texels[::step]], LINEAR[view_texels[::step]]
        match = match_colours(2, [Overlap(0, 1, *colours, np.ones(len(colours[0])))])
        # Both were moved towards each other; covered texels do not change, so the new view takes the whole correction.
        gains = np.clip(match.gains[1] / match.gains[0], 1 / _MAX_GAIN, _MAX_GAIN)
        offsets = (match.offsets[1] - match.offsets[0]) / match.gains[0]
        return gains, np.clip(offsets, -_MAX_OFFSET, _MAX_OFFSET)

    def current_maps(self) -> dict[int, Pixels]:
        """The maps by the number of their target, as `draw_painted` takes them."""
        return dict(enumerate(self.maps))

    def finish_steps(self) -> Generator[ProgressStep, None, tuple[BakedMap, ...]]:
        """In steps, fill the rest and dilate the islands; covered texels do not change."""
        initialise_gpu()
        finished_maps: list[BakedMap] = []
        for numbers in self._geometry.group_targets():
            first = len(finished_maps) / len(self.maps)
            steps = self._finish_object_steps(numbers)
            finished_maps += yield from scale_progress(steps, first, first + len(numbers) / len(self.maps))
        return tuple(finished_maps)

    def _finish_object_steps(self, numbers: Sequence[int]) -> Generator[ProgressStep, None, list[BakedMap]]:
        parts = [self._create_part(number) for number in numbers]
        painted_masks = [self.maps[number][..., 3] > 0 for number in numbers]
        painted_count = sum(int((p.surface_mask & (p.rgba[..., 3] > 0)).sum()) for p in parts)
        coverage = painted_count / max(1, sum(int(part.surface_mask.sum()) for part in parts))
        yield from finish_maps(parts, self._dilation)
        finished: list[BakedMap] = []
        for number, part, painted in zip(numbers, parts, painted_masks, strict=True):
            surface = part.surface
            # Bringing both sides of a seam together would change them.
            part.rgba[painted] = self.maps[number][painted]
            weights = _compute_shares(self._owners[number], self._count, self._heat)
            facts = (coverage, weights, check_uvs(surface), surface.tile)
            finished.append(BakedMap(surface.name, surface.uv_map, part.rgba, painted, *facts))
        return finished

    def _create_part(self, number: int) -> MapPart:
        surface, painted_map = self._geometry.targets[number], self.maps[number]
        batch = surface_batch(surface)
        return MapPart(surface, batch, painted_map.copy(), draw_surface_mask(batch, painted_map.shape[1::-1]))


def add_steps(
    layers: Layers, views: Sequence[tuple[PaintedView, str]]
) -> Generator[ProgressStep, None, tuple[BakedMap, ...]]:
    """In steps, add some views, each with its name, and finish."""
    for number, (view, name) in enumerate(views):
        yield _ADDED_SHARE * number / len(views), f"Adding {name}"
        layers.add(view)
    return (yield from scale_progress(layers.finish_steps(), _ADDED_SHARE, 1.0))


def _compute_shares(owners: Pixels, count: int, edge: int) -> Floats:
    """Which view covered each texel, at a small size: (views, edge, edge), 0 or 1."""
    height, width = owners.shape
    rows = (np.arange(edge) + 0.5) * height / max(edge, 1)
    columns = (np.arange(edge) + 0.5) * width / max(edge, 1)
    small = owners[np.ix_(rows.astype(int), columns.astype(int))]
    return np.stack([(small == view) for view in range(count)]).astype(np.float32)
