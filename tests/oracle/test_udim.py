# SPDX-License-Identifier: GPL-3.0-or-later
"""An object with four UDIM tiles against the truth, and the seams between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakeResult, BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.seam_pairs import find_seam_pairs
from nano_banana_addon.features.texture.views import targets
from tests.oracle import measure
from tests.support.metrics import psnr
from tests.support.tiles import spread_over_tiles

SIZE = 512
TILES = [1001, 1002, 1011, 1012]
Baked = tuple[measure.Trial, BakeResult]


@pytest.fixture(scope="module")
def baked() -> Baked:
    """Suzanne, her left and right and her upper and lower half in tiles of their own."""
    trial = measure.paint("suzanne", pixels=SIZE)
    spread_over_tiles(trial.objects[0])
    geometry, _ = targets.read(trial.objects)
    trial = replace(trial, geometry=geometry)
    return trial, bake_geometry(geometry, trial.painted(), BakeSettings(size=(SIZE, SIZE), match_colours=False))


def test_each_tile_holds_the_truth(baked: Baked) -> None:
    trial, result = baked
    assert [surface.tile for surface in trial.geometry.targets] == TILES
    assert len({made.coverage for made in result.maps}) == 1, "the coverage is the object's"
    for made, truth in zip(result.maps, measure.truth_maps(trial, SIZE), strict=True):
        assert psnr(made.rgba[..., :3], truth[..., :3], made.painted_mask) >= 35


def test_no_seam_shows_between_tiles(baked: Baked) -> None:
    trial, result = baked
    first, second = find_seam_pairs(trial.geometry.targets, (SIZE, SIZE))
    across = first[:, 0] // (SIZE + 1) != second[:, 0] // (SIZE + 1)
    assert across.sum() > SIZE, "the tiles meet all around her"
    gap = np.zeros((1, SIZE, 3), np.uint8)
    stack = np.concatenate([part for made in result.maps for part in (made.rgba[..., :3], gap)]).astype(int)
    jump = np.abs(stack[tuple(first[across].T)] - stack[tuple(second[across].T)])
    assert jump.mean() <= 2, jump.mean()


def test_what_no_view_sees_in_a_tile_is_filled_from_the_others(baked: Baked) -> None:
    """A view of one side alone: the tiles of the other side get its colours, not black."""
    trial, _ = baked
    one = bake_geometry(trial.geometry, trial.painted()[:1], BakeSettings(size=(128, 128)))
    unseen = [made.rgba[..., :3][~made.painted_mask] for made in one.maps]
    assert all(np.median(colours) > 20 for colours in unseen)
