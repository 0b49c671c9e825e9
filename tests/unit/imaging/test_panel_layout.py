# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of grey panels: as large as they can be, apart, found again where they were put, with the greys they had."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.imaging.sheets import grey_panels, panel_layout

CANVASES = {"1:1": (1024, 1024), "16:9": (1376, 768), "21:9": (1584, 672)}


def to_pixels(layout, box):
    return [round(share * edge) for share, edge in zip(box, layout.canvas * 2, strict=True)]


@given(st.integers(1, 6), st.integers(200, 2000), st.integers(200, 2000))
def test_panels_are_alike_apart_and_in_the_shape_of_their_view(count, width, height):
    layout = panel_layout.lay_out_pairs(count, (width, height), CANVASES)
    boxes = [to_pixels(layout, box) for box in chain.from_iterable(layout.boxes)]
    assert len(boxes) == 2 * count
    assert {(right - left, bottom - top) for left, top, right, bottom in boxes} == {layout.panel}
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= layout.canvas[0]
        assert 0 <= top < bottom <= layout.canvas[1]
    for first, second in combinations(boxes, 2):
        across = first[2] < second[0] or second[2] < first[0]
        down = first[3] < second[1] or second[3] < first[1]
        assert across or down, "panels touch"
    assert layout.panel[0] / layout.panel[1] == pytest.approx(width / height, rel=0.03)


def compose(count: int = 2, seed: int = 1):
    """A sheet of panels of random even greys, with the layout and the greys."""
    layout = panel_layout.lay_out_pairs(count, (512, 512), CANVASES)
    draw, boxes = np.random.default_rng(seed), list(chain.from_iterable(layout.boxes))
    greys = [np.kron(draw.integers(0, 256, (4, 4)), np.ones((64, 64), int)).astype(np.uint8) for _ in boxes]
    images = [(np.repeat(grey[..., None], 3, axis=2), box) for grey, box in zip(greys, boxes, strict=True)]
    return panel_layout.compose_panels(layout.canvas, images), boxes, greys


def cut_level(sheet, boxes):
    return [panel.pixels for panel in grey_panels.cut(panel_layout.level_ground(sheet, boxes), boxes)]


def judge(panels, greys) -> float:
    """The mean difference, of 255, in the middle of each even area."""
    differences = []
    for panel, grey in zip(panels, greys, strict=True):
        rows, columns = ((np.arange(4) + 0.5) * edge / 4 for edge in panel.shape)
        found = panel[np.ix_(rows.astype(int), columns.astype(int))].astype(int)
        differences.append(np.abs(found - grey[32::64, 32::64]))
    return float(np.mean(differences))


def test_what_comes_back_as_it_was_is_cut_as_it_was():
    sheet, boxes, greys = compose()
    assert judge(cut_level(sheet, boxes), greys) < 0.5


@pytest.mark.parametrize(("gain", "corners"), [(0.85, 0.0), (1.12, 0.0), (0.92, 0.15), (1.0, 0.1)])
def test_greys_are_those_that_were_meant_though_the_sheet_came_back_lighter_or_darker(gain, corners):
    sheet, boxes, greys = compose(4)
    greys = [grey // 2 for grey in greys]
    height, width = sheet.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    changed = sheet.astype(np.float32)
    ground = (sheet == 96).all(axis=2)
    changed[~ground] /= 2
    changed *= (gain * (1 - corners * (x * x + y * y) / 2))[..., None] * np.array([1.04, 1.0, 0.96])
    changed += np.random.default_rng(2).normal(0, 2, changed.shape)
    panels = cut_level(np.clip(np.round(changed), 0, 255).astype(np.uint8), boxes)
    assert judge(panels, greys) < 3


@pytest.mark.parametrize("ground", [0, 255, None])
def test_another_ground_tells_nothing_and_changes_nothing(ground):
    sheet, boxes, greys = compose()
    empty = (sheet == 96).all(axis=2)
    noise = np.random.default_rng(3).integers(0, 256, (int(empty.sum()), 1))
    sheet[empty] = noise if ground is None else ground
    assert judge(cut_level(sheet, boxes), greys) < 0.5


def test_colours_stay_colours_so_that_they_are_found():
    sheet, boxes, _ = compose()
    sheet[300:600, 100:400] = (220, 40, 40)
    darker = (sheet * 0.9).astype(np.uint8)
    level = panel_layout.level_ground(darker, boxes).astype(int)
    assert np.ptp(level[400, 200]) > 120


def test_boxes_that_no_sheet_has_raise_nothing():
    sheet, _, _ = compose()
    boxes = [(-0.5, -0.5, -0.1, -0.1), (0.9, 0.9, 2.0, 2.0), (0.6, 0.6, 0.4, 0.4), (0.0, 0.0, 1.0, 1.0)]
    assert panel_layout.level_ground(sheet, boxes).shape == sheet.shape
