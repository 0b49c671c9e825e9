# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides of a view, all from one pass over the geometry, on the pixel grid of its colour capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from gpu.types import GPUBatch, GPUTexture
from mathutils import Matrix

from ...core.errors import InputError
from ...core.scene.capture import View
from ...imaging.arrays import Floats, Pixels, SeenSurface
from ...imaging.displacement.overlaps import SeenDepth
from ..bake.batches import full_batch, surface_batch, surface_vertices
from ..bake.mesh import Geometry, Surface
from ..bake.textures import create_texture, draw_into, pack_pixels, read_texture, size_limit
from ..bake.view_pass import FAR
from ..bake.view_uniforms import ViewMatrices, Weighting, create_uniform_block, view_matrices
from ..host.gpu import initialise_gpu
from . import shaders

#: Above this edge the guides are drawn with one sample a pixel instead of four: time and memory.
SMOOTH_EDGE = 3072
_SAME_DISTANCE = 1e-5  # as part of the distance: the same triangles, drawn twice


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
class _GeometryPass:
    """The geometry as a view sees it."""

    normals: GPUTexture
    distances: GPUTexture
    identities: GPUTexture
    matrices: ViewMatrices
    grain: int


def draw_guides(
    geometry: Geometry, view: View, canvas: tuple[int, int], kinds: Sequence[GuideKind]
) -> dict[GuideKind, Pixels]:
    """The guides as (h, w, 3) uint8, display values, top row first, of `canvas` (width, height) pixels.

    Raises `InputError` where nothing can be drawn or the canvas is larger than the GPU takes.
    """
    initialise_gpu()
    if max(canvas) > size_limit():
        raise InputError(f"This GPU draws up to {size_limit()} px.", next_step="Choose a smaller size.")
    geometry_pass = _draw_geometry(geometry, view, canvas)
    depth_range = _find_depth_range(geometry_pass)
    return {kind: _draw_guide(geometry_pass, SOURCES[kind], depth_range, canvas) for kind in kinds}


def draw_silhouette(geometry: Geometry, view: View, canvas: tuple[int, int]) -> Pixels:
    """(h, w) uint8, top row first: 255 where a surface is, smooth at its outline."""
    initialise_gpu()
    geometry_pass = _draw_geometry(geometry, view, canvas)
    coverage = read_texture(geometry_pass.normals)[::-1, :, 3].astype(np.float32)
    grain = geometry_pass.grain
    blocks = coverage.reshape(canvas[1], grain, canvas[0], grain)
    return np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)


def draw_surface(geometry: Geometry, view: View, canvas: tuple[int, int]) -> SeenSurface:
    """What each pixel of a view sees, its normals in camera space; one sample for each pixel.

    Raises `InputError` where nothing can be drawn.
    """
    initialise_gpu()
    geometry_pass = _draw_geometry(geometry, view, canvas, grain=1)
    normals = read_texture(geometry_pass.normals)[::-1, :, :3].astype(np.float32) / np.float32(127.5) - 1
    return SeenSurface(normals, read_texture(geometry_pass.identities)[::-1].reshape(canvas[::-1]))


def draw_depth(geometry: Geometry, view: View, canvas: tuple[int, int]) -> SeenDepth:
    """How far what each pixel of a view sees is, and what it faces; one sample for each pixel.

    Raises `InputError` where nothing can be drawn.
    """
    initialise_gpu()
    geometry_pass = _draw_geometry(geometry, view, canvas, grain=1)
    normals = read_texture(geometry_pass.normals)[::-1, :, :3].astype(np.float32) / np.float32(127.5) - 1
    distances = read_texture(geometry_pass.distances)[::-1].reshape(canvas[::-1])
    return SeenDepth(np.array(view.world), np.array(view.projection), distances, normals)


def draw_visible(part: Geometry, whole: Geometry, view: View, canvas: tuple[int, int]) -> Pixels:
    """(h, w) uint8, top row first: 255 where a view of the `whole` geometry sees a `part` of it, smooth at its outline.

    Both have the same origin. Raises `InputError` where nothing can be drawn.
    """
    initialise_gpu()
    passes = [_draw_geometry(geometry, view, canvas) for geometry in (part, whole)]
    own, nearest = (read_texture(each.distances)[::-1].reshape(each.distances.height, -1) for each in passes)
    seen = (own < FAR / 10) & (own <= nearest * (1 + _SAME_DISTANCE))
    grain = passes[0].grain
    blocks = seen.reshape(canvas[1], grain, canvas[0], grain)
    return np.round(blocks.mean(axis=(1, 3)) * 255).astype(np.uint8)


def draw_maps(
    geometry: Geometry,
    view: View,
    canvas: tuple[int, int],
    maps: Mapping[int, Pixels],
    key: tuple[float, float, float] = (1.0, 0.0, 1.0),
    background: tuple[float, float, float] = (shaders.GROUND,) * 3,
    plain: float = 1.0,
) -> Pixels:
    """What is painted already: (h, w, 3) uint8, top row first.

    `maps` gives the maps (h, w, 4) of targets by their index; empty texels (alpha below 255) show the `key` colour,
    surfaces without a map a plain grey (`plain` 0: black). Not smoothed at outlines: the key colour stays pure.
    """
    initialise_gpu()
    matrices = view_matrices(view, geometry.origin)
    block = create_uniform_block(matrices, canvas, canvas, Weighting())
    colours, depth = create_texture(canvas, "RGBA8"), create_texture(canvas, "DEPTH_COMPONENT32F")
    blank = pack_pixels(np.zeros((1, 1, 4), np.uint8))
    shader = shaders.map_shader()
    with draw_into([colours], depth) as frame:
        frame.clear(color=(*background, 1.0), depth=1.0)
        shader.bind()
        shader.uniform_block("view", block)
        shader.uniform_float("to_camera", Matrix(view.world).inverted())
        for index, surface in enumerate(geometry.surfaces):
            target_map = maps.get(index) if index < len(geometry.targets) else None
            texture = blank if target_map is None else pack_pixels(target_map)
            shader.uniform_sampler("map", texture)
            shader.uniform_float("key", (*key, float(target_map is not None or plain <= 0)))
            surface_batch(surface).draw(shader)
    return read_texture(colours)[::-1, :, :3].copy()


def draw_map_places(geometry: Geometry, view: View, canvas: tuple[int, int]) -> Floats:
    """What a view sees: (h, w, 4) float32, top row first: place in the map (u, v), number of the target, 1.

    All 0 where nothing is seen. Numbers from the count of the targets on are those of occluders.
    """
    initialise_gpu()
    block = create_uniform_block(view_matrices(view, geometry.origin), canvas, canvas, Weighting())
    places, depth = create_texture(canvas, "RGBA32F"), create_texture(canvas, "DEPTH_COMPONENT32F")
    shader = shaders.map_place_shader()
    with draw_into([places], depth) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0), depth=1.0)
        shader.bind()
        shader.uniform_block("view", block)
        for index, surface in enumerate(geometry.surfaces):
            shader.uniform_float("key", (float(index), 0.0, 0.0, 0.0))
            surface_batch(surface).draw(shader)
    return read_texture(places)[::-1]


def draw_mask_guide(geometry: Geometry, view: View, canvas: tuple[int, int], mask: Pixels) -> Pixels:
    """A mask (h, w) uint8, top row first, painted on the targets' UV maps, as the view sees it.

    Returns (h, w, 3) uint8, black on everything else.
    """
    grey = np.dstack([mask, mask, mask, np.full_like(mask, 255)])
    maps = dict.fromkeys(range(len(geometry.targets)), grey)
    return draw_maps(geometry, view, canvas, maps, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), plain=0.0)


def _draw_geometry(geometry: Geometry, view: View, canvas: tuple[int, int], grain: int = 0) -> _GeometryPass:
    grain = grain or (2 if max(canvas) <= min(SMOOTH_EDGE, size_limit() // 2) else 1)
    size = (canvas[0] * grain, canvas[1] * grain)
    matrices = view_matrices(view, geometry.origin)
    block = create_uniform_block(matrices, size, size, Weighting())
    normals, distances = create_texture(size, "RGBA8"), create_texture(size, "R32F")
    identities, depth = create_texture(size, "R32F"), create_texture(size, "DEPTH_COMPONENT32F")
    _clear_texture(distances, FAR)
    _clear_texture(identities, -1.0)
    _clear_texture(normals, 0.0)
    shader = shaders.geometry_shader()
    with draw_into([normals, distances, identities], depth) as frame:
        frame.clear(depth=1.0)
        shader.bind()
        shader.uniform_block("view", block)
        shader.uniform_float("to_camera", Matrix(view.world).inverted())
        for surface in geometry.surfaces:
            _create_batch(surface).draw(shader)
    return _GeometryPass(normals, distances, identities, matrices, grain)


def _clear_texture(texture: GPUTexture, value: float) -> None:
    texture.clear(format="FLOAT", value=(value,) * (4 if texture.format == "RGBA8" else 1))


def _create_batch(surface: Surface) -> GPUBatch:
    identities = np.repeat(identities_of(surface), 3)[:, None]
    return GPUBatch(type="TRIS", buf=surface_vertices(surface, identity=identities))


def identities_of(surface: Surface) -> Floats:
    """A number for each object's material, per triangle (n,)."""
    return (surface.identity * 61 + surface.materials % 61).astype(np.float32)


def _find_depth_range(geometry_pass: _GeometryPass) -> tuple[float, float, float, float]:
    distances = read_texture(geometry_pass.distances)
    near = distances[distances < FAR / 10]
    low, high = (float(near.min()), float(near.max())) if near.size else (0.0, 1.0)
    width = geometry_pass.matrices.pixel_width(geometry_pass.distances.height)
    return (low, high, float(geometry_pass.matrices.orthographic), width)


def _draw_guide(
    geometry_pass: _GeometryPass,
    source: str,
    depth_range: tuple[float, float, float, float],
    canvas: tuple[int, int],
) -> Pixels:
    target, shader, batch = create_texture(canvas, "RGBA8"), shaders.guide_shader(source), full_batch()
    with draw_into([target]):
        shader.bind()
        shader.uniform_sampler("normals", geometry_pass.normals)
        shader.uniform_sampler("distances", geometry_pass.distances)
        shader.uniform_sampler("identities", geometry_pass.identities)
        if shaders.needs_range(source):
            shader.uniform_float("depth_range", depth_range)
        shader.uniform_int("grain", [geometry_pass.grain])
        batch.draw(shader)
    return read_texture(target)[::-1, :, :3].copy()
