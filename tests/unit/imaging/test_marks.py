# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks on a copy of an image: each is seen, none covers another or a point, and the rest of the image stays."""

from __future__ import annotations

from itertools import combinations
from math import hypot

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.imaging import marks
from nano_banana_addon.imaging.marks import Stroke, draw_marks

GROUND = 90


def draw(*points: tuple[int, float, float], size: tuple[int, int] = (640, 360), strokes: tuple[Stroke, ...] = ()):
    return draw_marks(Image.new("RGB", size, (GROUND,) * 3), points, strokes)


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.0, 0.0), (1.0, 1.0), (0.999, 0.02)])
def test_a_mark_is_small_and_its_leader_ends_at_the_point(place: tuple[float, float]) -> None:
    drawn = draw((7, *place))
    changed = (drawn != GROUND).any(axis=2)
    x, y = min(round(place[0] * 640), 639), min(round(place[1] * 360), 359)
    assert changed[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].any()
    assert 0.0005 < changed.mean() < 0.012
    rows, columns = np.nonzero(changed)
    assert hypot(np.ptp(rows), np.ptp(columns)) < 110, "near its point"


def test_the_discs_of_near_points_do_not_cover_each_other_or_a_point() -> None:
    targets = [(300.0 + 9 * n, 180.0) for n in range(6)] + [(5.0, 5.0)]
    centres = marks._arrange_discs(targets, 10.0, (640, 360))
    assert all(hypot(a[0] - b[0], a[1] - b[1]) >= 20 for a, b in combinations(centres, 2))
    assert all(hypot(c[0] - t[0], c[1] - t[1]) >= 14 for c in centres for t in targets)
    assert all(10 <= x <= 630 and 10 <= y <= 350 for x, y in centres)


def test_a_hundred_points_at_one_place_still_end() -> None:
    assert draw(*[(n, 0.5, 0.5) for n in range(1, 100)]).shape == (360, 640, 3)


def test_a_large_image_is_halved() -> None:
    assert draw((1, 0.5, 0.5), size=(2752, 1536)).shape == (768, 1376, 3)


def test_a_stroke_has_its_colour_and_a_dot_is_a_point() -> None:
    line = Stroke(((0.1, 0.5), (0.9, 0.5)), 9.0, (0, 255, 0))
    dot = Stroke(((0.5, 0.9),), 30.0, (0, 0, 255))
    drawn = draw(strokes=(line, dot))
    assert tuple(drawn[180, 320]) == (0, 255, 0)
    assert tuple(drawn[324, 320]) == (0, 0, 255)
    assert tuple(drawn[100, 320]) == (GROUND,) * 3
