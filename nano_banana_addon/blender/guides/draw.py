# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides of a view, all from one pass over the geometry, on the pixel grid of its colour capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from gpu.types import GPUBatch, GPUTexture, GPUVertBuf, GPUVertFormat
from mathutils import Matrix
from numpy.typing import NDArray

from ...core.errors import InputError
from ...core.request import View
from ..bake.batches import full_batch, surface_batch
from ..bake.mesh import Geometry, Surface
from ..bake.textures import drawing, empty, packed, read, size_limit
from ..bake.view_uniforms import Sight, Weighting, sight, uniform_block
from ..host.gpu import wake_gpu
from . import shaders

FAR = 1e30
#: Above this edge the guides are drawn with one sample a pixel instead of four: time and memory.
SMOOTH_EDGE = 3072


class GuideKind(StrEnum):
    """What a guide shows."""

    CLAY = "CLAY"  # a plain sculpture under even light
    DEPTH = "DEPTH"  # near is white; the range fits what is seen
    NORMAL = "NORMAL"  # camera space: right is red, up is green, towards the camera is blue
    LINES = "LINES"  # black on white: silhouettes, creases, borders between objects and materials
    IDENTITY = "IDENTITY"  # one flat colour for each object's material


SOURCES: dict[GuideKind, str] = {
    GuideKind.CLAY: shaders.CLAY,
    GuideKind.DEPTH: shaders.DEPTH,
    GuideKind.NORMAL: shaders.NORMAL,
    GuideKind.LINES: shaders.LINES,
    GuideKind.IDENTITY: shaders.IDENTITY,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """The geometry as a view sees it."""

    normals: GPUTexture
    distances: GPUTexture
    identities: GPUTexture
    seen: Sight
    grain: int


def draw_guides(
    geometry: Geometry, view: View, canvas: tuple[int, int], kinds: Sequence[GuideKind]
) -> dict[GuideKind, NDArray[np.uint8]]:
    """The guides as (h, w, 3) uint8, display values, top row first, of `canvas` (width, height) pixels.

    Raises `InputError` where nothing can be drawn or the canvas is larger than the GPU takes.
    """
    wake_gpu()
    if max(canvas) > size_limit():
        raise InputError(f"This GPU draws up to {size_limit()} px.", next_step="Choose a smaller size.")
    seen_pass = _draw_geometry(geometry, view, canvas)
    depth_range = _range(seen_pass)
    return {kind: _guide(seen_pass, SOURCES[kind], depth_range, canvas) for kind in kinds}


def draw_silhouette(geometry: Geometry, view: View, canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """(h, w) uint8, top row first: 255 where a surface is, smooth at its outline."""
    wake_gpu()
    seen_pass = _draw_geometry(geometry, view, canvas)
    covered = read(seen_pass.normals)[::-1, :, 3].astype(np.float32)
    grain = seen_pass.grain
    blocks = covered.reshape(canvas[1], grain, canvas[0], grain)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)


def draw_painted(
    geometry: Geometry,
    view: View,
    canvas: tuple[int, int],
    maps: Mapping[int, NDArray[np.uint8]],
    key: tuple[float, float, float] = (1.0, 0.0, 1.0),
    background: tuple[float, float, float] = (0.5, 0.5, 0.5),
    plain: float = 1.0,
) -> NDArray[np.uint8]:
    """What is painted already: (h, w, 3) uint8, top row first.

    `maps` gives the maps (h, w, 4) of targets by their index; empty texels (alpha below 255) show the `key` colour,
    surfaces without a map a plain grey (`plain` 0: black). Not smoothed at outlines: the key colour stays pure.
    """
    wake_gpu()
    seen = sight(view, geometry.origin)
    block = uniform_block(seen, canvas, canvas, Weighting())
    colours, depth = empty(canvas, "RGBA8"), empty(canvas, "DEPTH_COMPONENT32F")
    blank = packed(np.zeros((1, 1, 4), np.uint8))
    shader = shaders.painted_shader()
    with drawing([colours], depth) as frame:
        frame.clear(color=(*background, 1.0), depth=1.0)
        shader.bind()
        shader.uniform_block("view", block)
        shader.uniform_float("to_camera", Matrix(view.world).inverted())
        for index, surface in enumerate(geometry.surfaces):
            own = maps.get(index) if index < len(geometry.targets) else None
            texture = blank if own is None else packed(own)
            shader.uniform_sampler("map", texture)
            shader.uniform_float("key", (*key, float(own is not None or plain <= 0)))
            surface_batch(surface).draw(shader)
    return read(colours)[::-1, :, :3].copy()


def draw_mask(geometry: Geometry, view: View, canvas: tuple[int, int], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey picture (h, w) uint8 (top row first) that was painted on the targets' UV maps, as the view sees it:
    (h, w, 3) uint8, black on everything else."""
    grey = np.dstack([mask, mask, mask, np.full_like(mask, 255)])
    maps = dict.fromkeys(range(len(geometry.targets)), grey)
    return draw_painted(geometry, view, canvas, maps, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), plain=0.0)


def _draw_geometry(geometry: Geometry, view: View, canvas: tuple[int, int]) -> _Pass:
    grain = 2 if max(canvas) <= min(SMOOTH_EDGE, size_limit() // 2) else 1
    size = (canvas[0] * grain, canvas[1] * grain)
    seen = sight(view, geometry.origin)
    block = uniform_block(seen, size, size, Weighting())
    normals, distances = empty(size, "RGBA8"), empty(size, "R32F")
    identities, depth = empty(size, "R32F"), empty(size, "DEPTH_COMPONENT32F")
    _clear(distances, FAR)
    _clear(identities, -1.0)
    _clear(normals, 0.0)
    shader = shaders.geometry_shader()
    with drawing([normals, distances, identities], depth) as frame:
        frame.clear(depth=1.0)
        shader.bind()
        shader.uniform_block("view", block)
        shader.uniform_float("to_camera", Matrix(view.world).inverted())
        for surface in geometry.surfaces:
            _batch(surface).draw(shader)
    return _Pass(normals, distances, identities, seen, grain)


def _clear(texture: GPUTexture, value: float) -> None:
    texture.clear(format="FLOAT", value=(value,) * (4 if texture.format == "RGBA8" else 1))


def _batch(surface: Surface) -> GPUBatch:
    layout = GPUVertFormat()
    for name, length in (("position", 3), ("normal", 3), ("identity", 1)):
        layout.attr_add(id=name, comp_type="F32", len=length, fetch_mode="FLOAT")
    count = surface.triangle_count * 3
    vertices = GPUVertBuf(layout, count)
    vertices.attr_fill("position", surface.corners.reshape(count, 3))
    vertices.attr_fill("normal", surface.normals.reshape(count, 3))
    vertices.attr_fill("identity", np.repeat(identities_of(surface), 3).reshape(count, 1))
    return GPUBatch(type="TRIS", buf=vertices)


def identities_of(surface: Surface) -> NDArray[np.float32]:
    """One number for each object's material, per triangle."""
    return (surface.identity * 61 + surface.materials % 61).astype(np.float32)


def _range(seen_pass: _Pass) -> tuple[float, float, float, float]:
    distances = read(seen_pass.distances)
    near = distances[distances < FAR / 10]
    low, high = (float(near.min()), float(near.max())) if near.size else (0.0, 1.0)
    width = seen_pass.seen.pixel_width(seen_pass.distances.height)
    return (low, high, float(seen_pass.seen.orthographic), width)


def _guide(
    seen_pass: _Pass,
    source: str,
    depth_range: tuple[float, float, float, float],
    canvas: tuple[int, int],
) -> NDArray[np.uint8]:
    target, shader, batch = empty(canvas, "RGBA8"), shaders.guide_shader(source), full_batch()
    with drawing([target]):
        shader.bind()
        shader.uniform_sampler("normals", seen_pass.normals)
        shader.uniform_sampler("distances", seen_pass.distances)
        shader.uniform_sampler("identities", seen_pass.identities)
        if shaders.needs_range(source):
            shader.uniform_float("depth_range", depth_range)
        shader.uniform_int("grain", [seen_pass.grain])
        batch.draw(shader)
    return read(target)[::-1, :, :3].copy()
