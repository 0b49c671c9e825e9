# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of arrays, by what their values are. What shape they have, each function says."""

from __future__ import annotations

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
