# SPDX-License-Identifier: GPL-3.0-or-later
"""What a view sees of a surface that others see in other poses: its places are those in the map, which moves along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.scene.capture import View
from ...imaging.arrays import Doubles, Floats, Mask
from ...imaging.displacement.overlaps import STEP, SeenDepth
from ..bake.batches import surface_batch
from ..bake.mesh import Geometry
from ..bake.project import draw_positions
from .draw import draw_depth, draw_map_places

#: Texels of all maps of a pose together, and of the edge of one; 16 bytes each.
_MOST_TEXELS, _LONGEST = 2**20, 1024
#: Of four texels around a place: less of them on the surface says nothing.
_LEAST = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class PosedDepth(SeenDepth):
    """A `SeenDepth` whose places (..., 3) are u, v and the number of the target.

    `places` (h, w, 4) are those of the pixels, the last 1 where there is one; `positions` give for each target where
    its texels (s, s, 4), top row first, lie in this pose: x, y and z less the `origin`, and 1 on a surface.
    """

    places: Floats
    positions: tuple[Floats, ...]
    origin: Doubles

    def locate(self) -> tuple[Doubles, Mask]:
        """The place (h, w, 3) that every second pixel shows, and whether it is seen from the front."""
        _, front = SeenDepth.locate(self)
        shown = self.places[::STEP, ::STEP]
        is_target = (shown[..., 3] > 0.5) & (shown[..., 2] < len(self.positions) - 0.5)
        return shown[..., :3].astype(np.float64), front & is_target

    def project(self, places: Doubles) -> tuple[Doubles, Doubles]:
        """Where places (n, 3) lie: pixels (n, 2) and distances (n,), -1 where that is not known."""
        world, is_known = np.zeros_like(places), np.zeros(len(places), bool)
        numbers = np.round(places[:, 2]).astype(np.intp)
        for number, texels in enumerate(self.positions):
            own = np.flatnonzero(numbers == number)
            if len(own):
                world[own], is_known[own] = _look_up(texels, places[own, :2])
        spots, distances = SeenDepth.project(self, world + self.origin)
        spots[~is_known], distances[~is_known] = -1e6, -1.0
        return spots, distances


def draw_posed_depth(geometry: Geometry, view: View, canvas: tuple[int, int]) -> PosedDepth:
    """As `draw_depth`, of a geometry in one of its poses. Raises `InputError` where nothing can be drawn."""
    seen = draw_depth(geometry, view, canvas)
    edge = min(_LONGEST, int((_MOST_TEXELS / len(geometry.targets)) ** 0.5))
    positions = tuple(draw_positions(surface_batch(surface), (edge, edge)) for surface in geometry.targets)
    places = draw_map_places(geometry, view, canvas)
    fields = (seen.world, seen.projection, seen.distances, seen.normals)
    return PosedDepth(*fields, places, positions, np.array(geometry.origin))


def _look_up(texels: Floats, places: Doubles) -> tuple[Doubles, Mask]:
    """Where places (n, 2) of a map lie (n, 3): between its texels; and whether all of these are on the surface."""
    edge = texels.shape[0]
    spots = np.stack([places[:, 0], 1 - places[:, 1]], axis=-1) * edge - 0.5
    corner = np.clip(np.floor(spots).astype(np.intp), 0, edge - 2)
    right, below = np.clip(spots - corner, 0, 1).T[..., None]
    column, row = corner.T
    upper = texels[row, column] * (1 - right) + texels[row, column + 1] * right
    lower = texels[row + 1, column] * (1 - right) + texels[row + 1, column + 1] * right
    found = upper * (1 - below) + lower * below
    return found[:, :3].astype(np.float64), found[:, 3] > _LEAST
