# SPDX-License-Identifier: GPL-3.0-or-later
"""A view as the shaders take it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from gpu.types import GPUUniformBuf

from ...core.scene.capture import View
from ...imaging.arrays import Doubles


@dataclass(frozen=True, slots=True, eq=False)
class ViewMatrices:
    """The matrices and vectors of a view.

    `clip` (4, 4) float64 maps world space less the origin to clip space; `eye`; the unit direction `forward`; the width
    of a pixel (of `height` in all) per unit of distance, or of length for an orthographic view.
    """

    clip: Doubles
    eye: Doubles
    forward: Doubles
    orthographic: bool
    tangent: float  # half the picture's height, at distance 1 (or in all, orthographic)

    def pixel_width(self, height: float) -> float:
        """A pixel's width on a surface facing the view, at distance 1, for a picture of `height` pixels."""
        return 2 * self.tangent / height

    def density(self, place: Doubles, height: float, nearest: float = 1e-6) -> float:
        """Pixels per unit of length at a place (less the origin), which counts as no nearer than `nearest`."""
        distance = 1.0 if self.orthographic else max(float((place - self.eye) @ self.forward), nearest, 1e-6)
        return 1 / (self.pixel_width(height) * distance)


def view_matrices(view: View, origin: tuple[float, float, float]) -> ViewMatrices:
    """The numbers of a view."""
    world = np.array(view.world, dtype=np.float64)
    projection = np.array(view.projection, dtype=np.float64)
    world[:3, 3] -= origin
    forward = -world[:3, 2] / np.linalg.norm(world[:3, 2])
    return ViewMatrices(
        clip=projection @ np.linalg.inv(world),
        eye=world[:3, 3].copy(),
        forward=forward,
        orthographic=view.orthographic,
        tangent=1 / abs(float(projection[1, 1])),
    )


@dataclass(frozen=True, slots=True)
class Weighting:
    """How much a view counts where it sees; see `shaders.VIEW_STRUCT`."""

    least_cosine: float = 0.15
    sharpness: float = 12.0
    density: float = 1.0
    weight: float = 1.0
    soft_border: float = 16.0
    samples: int = 4
    bicubic: bool = False
    both_sides: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """How a picture lies in its view, and how its colours are mixed.

    `matrix` (2, 3) maps places in the view to places in the picture, both 0 ... 1 from the left and from the *bottom*;
    `scale` is how many pixels of the picture a pixel of the distances has; `mix` (3, 3) multiplies display values.
    """

    matrix: Doubles = field(default_factory=lambda: np.eye(2, 3))
    scale: float = 1.0
    mix: Doubles = field(default_factory=lambda: np.eye(3))


def create_uniform_block(
    matrices: ViewMatrices,
    picture: tuple[int, int],
    distances: tuple[int, int],
    weighting: Weighting,
    placement: Placement | None = None,
) -> GPUUniformBuf:
    """The uniform buffer `ViewData`; sizes are (width, height)."""
    w, place = weighting, placement or Placement()
    rows: list[float] = [
        *matrices.clip.T.reshape(-1),
        *matrices.eye,
        float(matrices.orthographic),
        *matrices.forward,
        matrices.pixel_width(distances[1]),
        *picture,
        *distances,
        w.least_cosine,
        w.sharpness,
        w.density,
        w.weight,
        w.soft_border,
        float(w.samples),
        place.scale,
        float(w.both_sides),
    ]
    for row in (*place.matrix, *place.mix):
        rows += [*row, 0.0]
    return GPUUniformBuf(np.array(rows, dtype=np.float32))
