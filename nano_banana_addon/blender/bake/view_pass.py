# SPDX-License-Identifier: GPL-3.0-or-later
"""What a view sees: its picture, the distances along its pixels, and where those jump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from gpu.types import GPUBatch, GPUShader, GPUTexture, GPUUniformBuf

from ...core.errors import InputError
from ...core.scene.capture import View
from ...imaging.arrays import Doubles, Floats, Pixels
from .batches import full_batch
from .mesh import Geometry
from .project_shader import blur_shader, cell_shader
from .shaders import (
    border_shader,
    distance_shader,
    jump_shader,
    near_across_shader,
    near_down_shader,
)
from .textures import create_texture, draw_into, pack_pixels
from .view_uniforms import Placement, ViewMatrices, Weighting, create_uniform_block, view_matrices

#: The distances need not be finer than this; a 4K picture keeps its own resolution for colours.
DISTANCE_EDGE = 2048
FAR = 1e30
#: Cells along a view's longer edge that its coarse band has: an alignment's error is a share of the edge, too.
COARSE_EDGE = 256
#: Of the targets' diagonal: a view may stand amid its targets, whose middle then tells nothing of their distance.
_NEAREST = 0.05
#: Of views one after another, where they see a texel equally well: one must win, or all of a wall would be doubled.
_PREFERENCES = (1.0, 0.8, 0.64)


@dataclass(frozen=True, slots=True, eq=False)
class PaintedView:
    """A picture and where it was seen from.

    `picture` (h, w, 3 or 4) uint8, display values (sRGB), top row first, of the shape of the view's canvas (any
    resolution), unless `placement` (2, 3) maps places in the view to places in the picture (both 0 ... 1 from the top
    left); pixels with alpha below 255, or `mask` (h, w) uint8 below 128, are not used. `weight` favours a view over
    others; below 1 it is doubtful and takes no part in matching the colours. A view that is `forced` is used even where
    it contradicts the others. `pose` is the geometry as the view saw it, where that is not the one that is baked: the
    same targets in the same order, moved or deformed, with the same UVs and origin.
    """

    view: View
    picture: Pixels
    name: str = ""
    mask: Pixels | None = None
    weight: float = 1.0
    placement: Doubles | None = None
    forced: bool = False
    pose: Geometry | None = None

    @property
    def is_masked(self) -> bool:
        """Whether some of the picture's pixels may not be used."""
        return self.mask is not None or self.picture.shape[2] == 4

    @property
    def aspect(self) -> float:
        """The view's width / height, in square pixels."""
        across, down = (abs(float(self.view.projection[i][i])) for i in (0, 1))
        return down / across

    def check(self) -> None:
        """Raise `InputError` for arrays that are no picture, or whose shape is not the view's."""
        shape = self.picture.shape
        if self.picture.dtype != np.uint8 or len(shape) != 3 or shape[2] not in (3, 4) or min(shape) < 1:
            raise InputError(f"The image of view {self.name or '?'} is not an 8-bit RGB or RGBA image.")
        if self.mask is not None and self.mask.shape != shape[:2]:
            raise InputError(f"The mask of view {self.name or '?'} has another size than its image.")
        if self.placement is None and abs(np.log(shape[1] / shape[0] / self.aspect)) > 0.01:
            raise InputError(
                f"The image of view {self.name or '?'} has the shape {shape[1]} x {shape[0]}, its camera"
                f" {self.aspect:.3f} : 1.",
                next_step="Use the image as it was generated for this view, neither cropped nor stretched.",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """How a view's picture is mixed in two bands; see `split_bands`.

    `coarse` holds its coarse band. With a share below `least_share` of a texel's weights it adds nothing to the fine
    band; the others are multiplied by `preference` and raised to a high power.
    """

    coarse: GPUTexture
    least_share: float
    preference: float


@dataclass(frozen=True, slots=True, eq=False)
class ViewPass:
    """A view on the GPU, ready to be projected."""

    painted_view: PaintedView
    matrices: ViewMatrices
    picture: GPUTexture
    distances: GPUTexture
    borders: GPUTexture
    placement: Placement = field(default_factory=Placement)
    bands: Bands | None = None

    @property
    def picture_height(self) -> float:
        """How many pixels of the picture the view's height has."""
        return self.distances.height * self.placement.scale

    def limit_weights(self, most: Floats, weighting: Weighting) -> Doubles:
        """The largest weights (n,) where cosines divided by distances are at most `most` (n,)."""
        width = self.matrices.pixel_width(self.distances.height) * weighting.density
        return self.painted_view.weight * (most.astype(np.float64) / width) ** weighting.sharpness

    def create_block(self, weighting: Weighting) -> GPUUniformBuf:
        """The uniform buffer of the projection."""
        return create_uniform_block(
            self.matrices,
            (self.picture.width, self.picture.height),
            (self.distances.width, self.distances.height),
            weighting,
            self.placement,
        )


def prepare_view(
    painted_view: PaintedView,
    batches: Sequence[GPUBatch],
    origin: tuple[float, float, float],
    soft_border: float = 16.0,
) -> ViewPass:
    """Draw what the view sees of all `batches`, and load its picture. The GPU must be awake.

    `soft_border` is the width in pixels (at most 16) over which a view fades in from a silhouette.
    """
    painted_view.check()
    size, placement = _place(painted_view)
    matrices = view_matrices(painted_view.view, origin)
    distances = draw_distances(matrices, size, batches)
    picture = pack_pixels(painted_view.picture, painted_view.mask)
    return ViewPass(
        painted_view, matrices, picture, distances, draw_borders(matrices, distances, soft_border), placement
    )


def measure_density(view_pass: ViewPass, geometry: Geometry) -> float:
    """Pixels per unit of length in the middle of the targets, or near a view that stands amid them."""
    low, high = geometry.bounds
    middle, nearest = (low + high) / 2 - np.array(geometry.origin), _NEAREST * float(np.linalg.norm(high - low))
    return view_pass.matrices.density(middle, view_pass.distances.height, nearest)


def _place(painted_view: PaintedView) -> tuple[tuple[int, int], Placement]:
    """The size (width, height) of a view's distances, and how its picture lies in it."""
    height, width = (float(length) for length in painted_view.picture.shape[:2])
    matrix = np.eye(2, 3)
    if painted_view.placement is not None:
        (a, b, c), (d, e, f) = painted_view.placement
        matrix = np.array([[a, -b, b + c], [-d, e, 1 - e - f]])  # from the bottom instead of the top
        height *= abs(float(e))
        width = height * painted_view.aspect
    scale = min(1.0, DISTANCE_EDGE / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return size, Placement(matrix, height / size[1])


def draw_distances(matrices: ViewMatrices, size: tuple[int, int], batches: Sequence[GPUBatch]) -> GPUTexture:
    """The distance along the line of sight per pixel (R32F), `FAR` where there is nothing."""
    distances, depth = create_texture(size, "R32F"), create_texture(size, "DEPTH_COMPONENT32F")
    shader = distance_shader()
    block = create_uniform_block(matrices, size, size, Weighting())  # held here: bound, it is not kept alive
    with draw_into([distances], depth) as frame:
        frame.clear(color=(FAR, FAR, FAR, FAR), depth=1.0)
        shader.bind()
        shader.uniform_block("view", block)
        for batch in batches:
            batch.draw(shader)
    return distances


def draw_borders(matrices: ViewMatrices, distances: GPUTexture, soft_border: float) -> GPUTexture:
    """How far pixels are inside (R16F, half resolution): 0.01 ... 1, negative beside a jump of the distance."""
    size = (distances.width, distances.height)
    half = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    quarter = ((size[0] + 3) // 4, (size[1] + 3) // 4)
    jumps, across, near = create_texture(half, "R8"), create_texture(quarter, "R16F"), create_texture(quarter, "R16F")
    borders = create_texture(half, "R16F")
    block = create_uniform_block(matrices, size, size, Weighting(soft_border=soft_border))
    run_full_screen(jump_shader(), {"distances": distances}, jumps, block)
    run_full_screen(near_across_shader(), {"jumps": jumps}, across)
    run_full_screen(near_down_shader(), {"across": across}, near)
    run_full_screen(border_shader(), {"jumps": jumps, "near": near}, borders, block)
    return borders


def split_bands(passes: Sequence[ViewPass]) -> list[ViewPass]:
    """The views, to be mixed in two bands, as by Burt and Adelson (1983).

    What is coarse in their pictures is mixed by soft weights, so that no edge shows; what is fine by steep ones, so
    that nothing that two views show a little apart is doubled or blurred.
    """
    least = 0.5 / max(1, len(passes))  # the best of them has twice as much
    return [
        # Divided by the root, the highest power of what is left neither overflows nor vanishes.
        replace(each, bands=Bands(_draw_coarse(each), least, _PREFERENCES[index % len(_PREFERENCES)] / least**0.5))
        for index, each in enumerate(passes)
    ]


def _draw_coarse(view_pass: ViewPass) -> GPUTexture:
    """What is coarser than some pixels in a view's picture (packed as that is), without what lies behind or in front.

    A texel of it is a cell of the view, `COARSE_EDGE` along its longer edge.
    """
    width, height = view_pass.distances.width, view_pass.distances.height
    scale = min(1.0, COARSE_EDGE / max(width, height))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    cells, depths, coarse = (create_texture(size, kind) for kind in ("RGBA16F", "R32F", "R32F"))
    block = view_pass.create_block(Weighting())
    shader = cell_shader()
    with draw_into([cells, depths]):
        shader.bind()
        shader.uniform_block("view_block", block)
        shader.uniform_float("cell_count", size)
        for name in ("picture", "distances", "borders"):
            shader.uniform_sampler(name, getattr(view_pass, name))
        full_batch().draw(shader)
    run_full_screen(blur_shader(), {"cells": cells, "cell_depths": depths}, coarse, block)
    return coarse


def run_full_screen(
    shader: GPUShader,
    textures: dict[str, GPUTexture],
    target: GPUTexture,
    block: GPUUniformBuf | None = None,
) -> None:
    """Run a full-screen shader over `target`."""
    batch = full_batch()
    with draw_into([target]):
        shader.bind()
        if block is not None:
            shader.uniform_block("view_block", block)
        for name, texture in textures.items():
            shader.uniform_sampler(name, texture)
        batch.draw(shader)
