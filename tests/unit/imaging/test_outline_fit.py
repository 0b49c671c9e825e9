# SPDX-License-Identifier: GPL-3.0-or-later
"""Shift and scale are undone even where parts have drifted by themselves, and nothing but the outline is known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.imaging.registration.outline import trace_outline
from nano_banana_addon.imaging.registration.registration import register

from .restyled import affine, disturbed, errors

EDGE = 640


@pytest.fixture(scope="module", params=[1, 2, 3])
def body(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """An irregular round body with unshaded detail of all sizes, and its silhouette."""
    draw = np.random.default_rng(request.param)
    y, x = np.mgrid[0:EDGE, 0:EDGE] - EDGE / 2 + 0.5
    angle = np.arctan2(y, x)
    radius = 190 + sum(draw.uniform(10, 28) * np.sin(k * angle + draw.uniform(0, 6)) for k in (2, 3, 5))
    inside = np.clip(radius - np.hypot(x, y) + 0.5, 0, 1)
    detail = np.full((EDGE, EDGE, 3), 128.0)
    for cells in (9, 30, 90, 220):
        small = draw.integers(0, 255, (cells, cells, 3), dtype=np.uint8)
        detail += (np.asarray(Image.fromarray(small).resize((EDGE, EDGE), Image.Resampling.BICUBIC)) - 127.0) * 0.45
    picture = np.clip(detail * inside[..., None] + 128 * (1 - inside[..., None]), 0, 255).astype(np.uint8)
    return picture, (inside * 255).astype(np.uint8)


def guide_of(silhouette: np.ndarray) -> np.ndarray:
    return np.where(silhouette > 127, 180, 128)[..., None].repeat(3, 2).astype(np.uint8)


def drifted(picture: np.ndarray, amplitude: float, length: float) -> np.ndarray:
    y, x = np.mgrid[0:EDGE, 0:EDGE]
    down = y + amplitude * np.sin(2 * np.pi * (0.8 * x + 0.6 * y) / length)
    across = x + amplitude * np.sin(2 * np.pi * (0.6 * x - 0.8 * y) / length + 1)
    rows, columns = (np.clip(np.rint(v), 0, EDGE - 1).astype(int) for v in (down, across))
    return picture[rows, columns]


def test_an_undisturbed_picture_with_unshaded_detail_stays_where_it_is(body):
    picture, silhouette = body
    found = register(picture, guide_of(silhouette), silhouette)
    assert np.array_equal(found.matrix, np.eye(2, 3))
    assert found.confidence > 0.8


def test_unshaded_detail_does_not_hide_the_shift(body):
    picture, silhouette = body
    truth = affine((EDGE, EDGE), (11, -9), 1.015, 0.0)
    found = register(disturbed(picture, truth), guide_of(silhouette), silhouette)
    assert np.median(errors(found.matrix, truth, silhouette)) <= 0.5
    assert found.confidence > 0.5


@pytest.mark.parametrize("length", [110.0, 180.0])
def test_the_shift_is_undone_where_parts_have_drifted_by_themselves(body, length):
    picture, silhouette = body
    truth = affine((EDGE, EDGE), (10, -8), 1.0, 0.0)
    found = register(disturbed(drifted(picture, 4.0, length), truth), guide_of(silhouette), silhouette)
    assert np.median(errors(found.matrix, truth, silhouette)) <= 2.5
    assert found.confidence >= 0.15
    assert found.drift_after_px > 0.8


def test_an_invented_background_hides_neither_the_shift_nor_another_outline(body):
    """Blocks of random colours, with stronger edges than the outline's."""
    picture, silhouette = body
    blocks = np.random.default_rng(5).integers(60, 200, (EDGE // 16, EDGE // 16, 3)).repeat(16, 0).repeat(16, 1)
    painted = np.where(silhouette[..., None] > 127, picture, blocks).astype(np.uint8)
    assert np.array_equal(register(painted, guide_of(silhouette), silhouette).matrix, np.eye(2, 3))
    truth = affine((EDGE, EDGE), (11, -9), 1.015, 0.0)
    found = register(disturbed(painted, truth), guide_of(silhouette), silhouette)
    assert np.median(errors(found.matrix, truth, silhouette)) <= 0.5
    assert found.confidence > 0.5
    mirrored = np.ascontiguousarray(painted[:, ::-1])
    assert register(mirrored, guide_of(silhouette), silhouette).confidence < 0.15


@pytest.mark.parametrize("way", ["turned", "mirrored", "far off"])
def test_a_picture_of_another_outline_is_not_trusted(body, way):
    picture, silhouette = body
    wrong = {"turned": np.rot90(picture), "mirrored": picture[:, ::-1], "far off": np.roll(picture, 70, axis=1)}[way]
    assert register(np.ascontiguousarray(wrong), guide_of(silhouette), silhouette).confidence < 0.15


def test_an_outline_lies_on_the_edge_and_points_outwards():
    y, x = np.mgrid[0:200, 0:200] - 99.5
    distance = np.hypot(x, y)
    ring = np.clip(80 - distance + 0.5, 0, 1) * np.clip(distance - 30 + 0.5, 0, 1)
    outline = trace_outline((ring * 255).astype(np.uint8))
    assert len(outline.ends) == 2
    from_centre = outline.places - 100
    radius = np.hypot(*from_centre.T)
    assert np.minimum(np.abs(radius - 80), np.abs(radius - 30)).max() < 0.3
    assert (np.sign((from_centre * outline.normals).sum(1)) == np.where(radius > 55, 1, -1)).all()
