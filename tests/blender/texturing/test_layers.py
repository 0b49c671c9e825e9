# SPDX-License-Identifier: GPL-3.0-or-later
"""Views painted one after another come together in colour, and what is painted never changes."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.bake.bake import BakeSettings
from nano_banana_addon.blender.bake.mesh import Geometry, read_geometry
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.bake.views import Lens, ring
from nano_banana_addon.blender.guides.draw import draw_maps
from nano_banana_addon.features.texture.maps.layers import Layers
from nano_banana_addon.imaging.srgb import LINEAR, to_srgb
from tests.oracle import scenes

SIZE = (256, 256)


@pytest.fixture(scope="module")
def sphere() -> Geometry:
    (shape,) = scenes.sphere()
    return read_geometry(bpy.context.evaluated_depsgraph_get(), [shape])


def truth() -> np.ndarray:
    """A map with colours of all sorts, (256, 256, 4)."""
    rows, columns = np.mgrid[0:256, 0:256] / 255
    waves = [0.45 + 0.3 * np.sin(rows * a + columns * b) for a, b in ((9, 12), (4, 25), (17, 6))]
    return np.round(np.dstack([*waves, np.ones((256, 256))]) * 255).astype(np.uint8)


def exposed(picture: np.ndarray, gain: tuple[float, float, float]) -> np.ndarray:
    return np.round(to_srgb(np.clip(LINEAR[picture] * gain, 0, 1)) * 255).astype(np.uint8)


def painted_with(geometry: Geometry, gains: list[tuple[float, float, float]]) -> Layers:
    views = ring(geometry.outline_points(), Lens(SIZE), len(gains), 10.0)
    layers = Layers(geometry, BakeSettings(size=SIZE))
    for view, gain in zip(views, gains, strict=True):
        seen = draw_maps(geometry, view, SIZE, {0: truth()})
        before = layers.maps[0].copy()
        layers.add(PaintedView(view, exposed(seen, gain)))
        held = before[..., 3] > 0
        assert (layers.maps[0][held] == before[held]).all(), "what is painted has changed"
    return layers


def off_by(layers: Layers) -> float:
    """The mean difference from the truth (of 255) on painted texels."""
    made = layers.maps[0]
    seen = made[..., 3] > 0
    return float(np.abs(made[seen][:, :3].astype(int) - truth()[seen][:, :3]).mean())


def test_a_lighter_and_a_warmer_view_are_brought_to_the_first(sphere: Geometry) -> None:
    plain = off_by(painted_with(sphere, [(1, 1, 1)] * 4))
    gains = [(1, 1, 1), (1.25, 1.25, 1.25), (1.15, 1.0, 0.8), (0.8, 0.85, 0.9)]
    assert off_by(painted_with(sphere, gains)) < plain + 1.5


def test_the_first_view_stays_as_it_was_painted(sphere: Geometry) -> None:
    layers = painted_with(sphere, [(0.7, 0.7, 0.7)])
    seen = layers.maps[0][..., 3] > 0
    darker = exposed(truth()[..., :3], (0.7, 0.7, 0.7))[seen].astype(int)
    assert np.abs(layers.maps[0][seen][:, :3] - darker).mean() < 4


def test_another_picture_is_not_taken_for_another_exposure(sphere: Geometry) -> None:
    views = ring(sphere.outline_points(), Lens(SIZE), 4, 10.0)
    layers = Layers(sphere, BakeSettings(size=SIZE))
    layers.add(PaintedView(views[0], np.full((*SIZE, 3), 250, np.uint8)))
    layers.add(PaintedView(views[1], np.full((*SIZE, 3), 20, np.uint8)))
    fresh = layers.maps[0][(layers.maps[0][..., 3] > 0) & (layers.maps[0][..., 0] < 128)]
    assert len(fresh) > 1000, "black was made white"
