# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a view may change a texture: what it sees clearly, fading to nothing before anything that it does not see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.scene.capture import View
from ...imaging.arrays import Doubles, Mask, Pixels
from ...imaging.registration.edges import blur
from ..bake.batches import surface_batch
from ..bake.mesh import Geometry
from ..bake.textures import read_texture
from ..bake.view_pass import PaintedView, prepare_view
from ..host.gpu import initialise_gpu
from .draw import draw_map_places, draw_surface

#: Edge of the grid of the area, if the targets fill the view; larger where they fill a part of it.
_USUAL_GRID = 352
_LARGEST_GRID, _SMALLEST_GRID = 1024, 48
#: Pixels of the grid: radius of the four box blurs, and how far they reach together.
_RADIUS = 2
_REACH = 4 * _RADIUS
#: Cosine of the angle at which a surface is seen, below which it is not changed.
_LEAST_COSINE = 0.2
#: Texels for each pixel of the grid at least: the fading is then ten texels long, and no step of it shows.
_TEXELS_PER_PIXEL = 0.6


def draw_clear_area(
    geometry: Geometry, painted: PaintedView, map_sizes: Sequence[tuple[int, int]], *, both_sides: bool = False
) -> Pixels:
    """How much a view counts where it sees the targets: (h, w) uint8, top row first; 0 at every border of what it sees.

    `map_sizes` (width, height) are those of the targets' maps: the fading is made long enough for coarse ones. The area
    has the shape of the view; beyond its image nothing is seen. Raises as `draw_guides` does.
    """
    initialise_gpu()
    view, aspect = painted.view, painted.aspect
    size = _fit(_choose_grid(geometry, view, aspect, map_sizes), aspect)
    clear = _find_unhidden(geometry, painted, size)
    clear &= _find_facing(geometry, view, size, both_sides=both_sides)
    clear &= _find_in_image(size, painted.placement)
    area = _erode(clear).astype(np.float32)
    for _ in range(2):  # each is two box blurs
        area = np.asarray(blur(area, _RADIUS), np.float32)
    return np.round(np.clip(area, 0, 1) * 255).astype(np.uint8)


def _fit(edge: float, aspect: float) -> tuple[int, int]:
    """Width and height of a grid with that longer edge."""
    longer = max(aspect, 1.0)
    return max(8, round(edge * aspect / longer)), max(8, round(edge / longer))


def _choose_grid(geometry: Geometry, view: View, aspect: float, map_sizes: Sequence[tuple[int, int]]) -> float:
    """So fine that the fading is short beside the targets, but no finer than the texels where they are seen largest."""
    places = draw_map_places(geometry, view, _fit(_USUAL_GRID, aspect))
    target = np.where(places[..., 3] > 0, places[..., 2], -1).astype(np.intp)
    target[target >= len(map_sizes)] = -1
    seen = np.argwhere(target >= 0)
    if not len(seen):
        return _SMALLEST_GRID
    extent = float(np.ptp(seen, axis=0).max()) / _USUAL_GRID
    finest = min(_LARGEST_GRID, _USUAL_GRID / max(extent, 1e-3))
    sizes = np.array(map_sizes, np.float32)
    for axis in (0, 1):
        steps = np.diff(places[..., :2], axis=axis)
        first, second = (np.take(target, range(k, target.shape[axis] - 1 + k), axis) for k in (0, 1))
        own = (first == second) & (first >= 0)
        texels = np.linalg.norm(steps[own] * sizes[first[own]], axis=1)
        if texels.size:
            finest = min(finest, _USUAL_GRID * float(np.percentile(texels, 5)) / _TEXELS_PER_PIXEL)
    return max(_SMALLEST_GRID, finest)


def _find_unhidden(geometry: Geometry, painted: PaintedView, size: tuple[int, int]) -> Mask:
    """Where targets are seen, and all of a pixel is used by the projection: no silhouette, nothing hidden, no frame."""
    from PIL import Image

    seen = prepare_view(painted, [surface_batch(s) for s in geometry.surfaces], geometry.origin)
    used = (read_texture(seen.borders)[::-1] > 0).astype(np.float32)
    shares = np.asarray(Image.fromarray(used).resize(size, Image.Resampling.BOX))
    places = draw_map_places(geometry, painted.view, size)
    return (shares > 0.999) & (places[..., 3] > 0) & (places[..., 2] < len(geometry.targets))


def _find_facing(geometry: Geometry, view: View, size: tuple[int, int], *, both_sides: bool) -> Mask:
    """Where the surface is not seen at a grazing angle."""
    surface = draw_surface(geometry, view, size)
    projection = np.array(view.projection, np.float64)
    x = (np.arange(size[0]) + 0.5) / size[0] * 2 - 1
    y = 1 - (np.arange(size[1]) + 0.5) / size[1] * 2
    sight = np.zeros((size[1], size[0], 3))
    sight[..., 2] = 1.0
    if not view.orthographic:
        sight[..., 0] = -((x + projection[0, 2]) / projection[0, 0])[None, :]
        sight[..., 1] = -((y + projection[1, 2]) / projection[1, 1])[:, None]
        sight /= np.linalg.norm(sight, axis=2, keepdims=True)
    cosine = (surface.normals * sight).sum(axis=2)
    return (np.abs(cosine) if both_sides else cosine) > _LEAST_COSINE


def _find_in_image(size: tuple[int, int], placement: Doubles | None) -> Mask:
    if placement is None:
        return np.ones(size[::-1], bool)
    x, y = (np.arange(size[0]) + 0.5) / size[0], (np.arange(size[1]) + 0.5) / size[1]
    places = [row[0] * x[None, :] + row[1] * y[:, None] + row[2] for row in placement]
    return np.all([(place > 0) & (place < 1) for place in places], axis=0)


def _erode(mask: Mask) -> Mask:
    """Less by the reach of the blurs; the grid's edge is a border of what is seen."""
    outside = np.pad(~mask, 2 * _REACH, constant_values=True).astype(np.float32)
    width = 2 * _REACH
    near = np.asarray(blur(outside, _REACH // 2))[width:-width, width:-width]
    return near < 1e-6
