# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of arrays, by what their values are. What shape they have, each function says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import typing as npt

#: Colours or grey values, 0 ... 255: (height, width, channels) or (height, width).
Pixels = npt.NDArray[np.uint8]
#: Red, green, blue, 0 ... 255.
Colour = tuple[int, int, int]
#: True where something holds, mostly one value for each pixel: (height, width).
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
#: Floating-point numbers of either precision.
Reals = npt.NDArray[np.floating]
#: Positions in other arrays.
Indices = npt.NDArray[np.intp]
#: Points in space: (n, 3).
Points = Doubles


@dataclass(frozen=True, slots=True, eq=False)
class SeenSurface:
    """What each pixel of a view sees.

    `normals` (h, w, 3) float32: unit vectors towards which the surface faces, z to the camera; `parts` (h, w): a number
    for each object's material, negative where there is nothing.
    """

    normals: Floats
    parts: Reals
