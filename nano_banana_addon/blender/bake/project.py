# SPDX-License-Identifier: GPL-3.0-or-later
"""Views onto one object's map: sums of colour times weight, divided by the sum of weights at the end.

The weight of a view at a texel is (cosine x pixel density)^sharpness, times a soft border. With a high sharpness
the best view has it nearly to itself (a plateau), and views mix only where they are about equally good: narrow
enough that nothing ghosts, wide enough that no edge shows. Divided by their sum the weights are one everywhere, so
white views give a white map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from gpu.types import GPUBatch, GPUShader, GPUTexture
from numpy.typing import NDArray

from .batches import full_batch
from .project_shader import (
    count_shader,
    normal_shader,
    place_shader,
    project_shader,
    texel_shader,
)
from .shaders import resolve_shader
from .textures import drawing, empty, read
from .tiles import Tiles
from .view_data import Weighting
from .view_pass import ViewPass

Strip = tuple[int, int]  # first row (from the bottom) and number of rows


def strips(size: tuple[int, int], texels: int) -> Iterator[Strip]:
    """Cut a map of (width, height) into strips of at most so many texels."""
    width, height = size
    rows = max(1, min(height, texels // width))
    for first in range(0, height, rows):
        yield first, min(rows, height - first)


@dataclass(frozen=True, slots=True, eq=False)
class Texels:
    """What the texels of a map, or of a strip of it, are: places and widths (RGBA32F), normals (RGBA16F)."""

    places: GPUTexture
    normals: GPUTexture

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return (self.places.width, self.places.height)


def draw_texels(batch: GPUBatch, size: tuple[int, int], strip: Strip | None = None) -> Texels:
    """Draw a surface at its place in a map of `size` (width, height); `strip` limits the rows."""
    first, rows = strip or (0, size[1])
    texels = Texels(empty((size[0], rows), "RGBA32F"), empty((size[0], rows), "RGBA16F"))
    shader = texel_shader()
    with drawing([texels.places, texels.normals]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        shader.bind()
        shader.uniform_float("strip", _window(size[1], first, rows))
        batch.draw(shader)
    return texels


def project(
    batch: GPUBatch,
    passes: Sequence[ViewPass],
    weighting: Weighting,
    size: tuple[int, int],
    *,
    strip_texels: int = 4096 * 2048,
    tiles: Tiles | None = None,
) -> NDArray[np.uint8]:
    """The map (h, w, 4) uint8, top row first, display values; alpha 255 where any view sees the texel, else 0.

    `tiles` of that size spare what looks away. Takes 44 bytes of the GPU's memory a texel, for
    `strip_texels` at a time.
    """
    width, height = size
    result = np.empty((height, width, 4), np.uint8)
    for first, rows in strips(size, strip_texels):
        texels = draw_texels(batch, size, (first, rows))
        sums = empty((width, rows), "RGBA32F")
        with drawing([sums], blend="ADDITIVE_PREMULT") as frame:
            frame.clear(color=(0.0, 0.0, 0.0, 0.0))
            for each in passes:
                shown = full_batch() if tiles is None else tiles.facing(each.seen, (first, rows))
                if shown is not None:
                    draw_view(texels, each, weighting, shown)
        part = read(_resolved(sums, weighting.linear_light))
        result[height - first - rows : height - first] = part[::-1]
    return result


def project_alone(texels: Texels, each: ViewPass, weighting: Weighting) -> NDArray[np.float32]:
    """One view's colours times weight, and weight: (h, w, 4) float32, top row first."""
    sums = empty(texels.size, "RGBA32F")
    with drawing([sums]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        draw_view(texels, each, weighting, full_batch())
    return read(sums)[::-1].astype(np.float32)


def draw_places(
    batch: GPUBatch, size: tuple[int, int], strip: Strip | None = None
) -> NDArray[np.float32]:
    """Where each texel lies: (h, w, 4) float32, top row first: x, y, z (less the origin), 1 where there is a
    surface. `size` is the whole map's; `strip` limits the rows drawn."""
    return read(_drawn(batch, place_shader(), size, "RGBA32F", strip))[::-1]


def draw_normals(batch: GPUBatch, size: tuple[int, int]) -> NDArray[np.float32]:
    """What each texel faces: (h, w, 4) float32, top row first: a unit vector, 1 where there is a surface."""
    return read(_drawn(batch, normal_shader(), size, "RGBA32F"))[::-1]


def draw_mask(batch: GPUBatch, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which texels' centres have a surface: (h, w) bool, top row first."""
    return read(_drawn(batch, count_shader(), size, "R8"))[::-1] > 127


def _drawn(
    batch: GPUBatch, shader: GPUShader, size: tuple[int, int], kind: str, strip: Strip | None = None
) -> GPUTexture:
    first, rows = strip or (0, size[1])
    target = empty((size[0], rows), kind)
    with drawing([target]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        shader.bind()
        shader.uniform_float("strip", _window(size[1], first, rows))
        batch.draw(shader)
    return target


def draw_view(texels: Texels, each: ViewPass, weighting: Weighting, shown: GPUBatch) -> None:
    """Draw one view into the bound target, which has the texels' size, where `shown` covers it."""
    shader: GPUShader = project_shader(weighting.bicubic, weighting.linear_light)
    block = each.block(
        replace(weighting, weight=each.painted.weight)
    )  # held: bound, it is not kept alive
    shader.bind()
    shader.uniform_block("view", block)
    shader.uniform_sampler("picture", each.picture)
    shader.uniform_sampler("distances", each.distances)
    shader.uniform_sampler("borders", each.borders)
    shader.uniform_sampler("places", texels.places)
    shader.uniform_sampler("normals", texels.normals)
    shown.draw(shader)


def _window(height: int, first: int, rows: int) -> tuple[float, float, float, float]:
    """Scale and offset from UV to the clip space of a strip."""
    scale = 2.0 * height / rows
    return (2.0, scale, -1.0, -1.0 - 2.0 * first / rows)


def _resolved(sums: GPUTexture, linear_light: bool) -> GPUTexture:
    colours = empty((sums.width, sums.height), "RGBA8")
    shader = resolve_shader()
    with drawing([colours]):
        shader.bind()
        shader.uniform_sampler("sums", sums)
        shader.uniform_float("linear_light", float(linear_light))
        full_batch().draw(shader)
    return colours
