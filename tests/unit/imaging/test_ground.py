# SPDX-License-Identifier: GPL-3.0-or-later
"""Grey panels have the greys that were meant, as far as the ground around them tells."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.imaging.sheets import grey_panels, ground, sheet_layout

CANVASES = {"1:1": (1024, 1024), "16:9": (1376, 768), "21:9": (1584, 672)}


def compose(count: int = 2, seed: int = 1):
    """A sheet of panels of random even greys, with the layout and the greys."""
    layout = sheet_layout.lay_out(2 * count, (512, 512), CANVASES, pairs=True)
    draw, boxes = np.random.default_rng(seed), layout.boxes
    greys = [np.kron(draw.integers(0, 256, (4, 4)), np.ones((64, 64), int)).astype(np.uint8) for _ in boxes]
    return sheet_layout.compose([np.repeat(grey[..., None], 3, axis=2) for grey in greys], layout), boxes, greys


def cut_level(sheet, boxes):
    return [panel.pixels for panel in grey_panels.cut(sheet, boxes)]


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
    changed[~(sheet == 96).all(axis=2)] /= 2
    changed *= (gain * (1 - corners * (x * x + y * y) / 2))[..., None] * np.array([1.04, 1.0, 0.96])
    changed += np.random.default_rng(2).normal(0, 2, changed.shape)
    panels = cut_level(np.clip(np.round(changed), 0, 255).astype(np.uint8), boxes)
    assert judge(panels, greys) < 3


@pytest.mark.parametrize("other", [0, 255, None])
def test_another_ground_tells_nothing_and_changes_nothing(other):
    sheet, boxes, greys = compose()
    empty = (sheet == 96).all(axis=2)
    noise = np.random.default_rng(3).integers(0, 256, (int(empty.sum()), 1))
    sheet[empty] = noise if other is None else other
    assert judge(cut_level(sheet, boxes), greys) < 0.5


def test_colours_stay_colours_so_that_they_are_found():
    sheet, boxes, _ = compose()
    sheet[300:600, 100:400] = (220, 40, 40)
    darker = (sheet * 0.9).astype(np.uint8)
    level = ground.level_ground(darker, boxes).astype(int)
    assert np.ptp(level[400, 200]) > 120


def test_boxes_that_no_sheet_has_raise_nothing():
    sheet, _, _ = compose()
    boxes = [(-0.5, -0.5, -0.1, -0.1), (0.9, 0.9, 2.0, 2.0), (0.6, 0.6, 0.4, 0.4), (0.0, 0.0, 1.0, 1.0)]
    assert ground.level_ground(sheet, boxes).shape == sheet.shape
