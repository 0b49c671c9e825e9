# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of a box or of points, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

import numpy as np

from nano_banana_addon.blender.bake.views import Lens, fit_view, number_views
from nano_banana_addon.core.scene.capture import View
from nano_banana_addon.imaging.arrays import Points


def box_points(low: Sequence[float], high: Sequence[float]) -> Points:
    """The eight corners (8, 3) of a box."""
    return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


def zigzag(points: Points, lens: Lens, count: int = 8, elevation: float = 25.0) -> tuple[View, ...]:
    """A ring whose views look alternately from above and from below: more is seen by as many views."""
    views = []
    for index in range(count):
        turn, height = radians(-90.0 + 360.0 * index / count), radians(elevation) * (-1) ** index
        direction = (cos(height) * cos(turn), cos(height) * sin(turn), sin(height))
        views.append(fit_view(direction, points, lens))
    return number_views(views, "Ring")
