# SPDX-License-Identifier: GPL-3.0-or-later
"""Views onto one object's map: sums of colour times weight, divided by the sum of weights at the end.

The weight of a view at a texel is (cosine x pixel density)^sharpness, times a soft border. With a high sharpness the
best view has it nearly to itself (a plateau), and views mix only where they are about equally good: wide enough that no
edge shows. Views split into two bands mix what is fine far more narrowly, so that nothing ghosts. Divided by their sum
the weights are one everywhere, so white views give a white map.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from gpu.types import GPUBatch, GPUShader, GPUTexture

from ...imaging.arrays import Doubles, Floats, Mask, Pixels
from ..host.progress_steps import ProgressStep
from .batches import full_batch
from .project_shader import (
    MEAN,
    ONE,
    Band,
    Sampling,
    count_shader,
    least_shader,
    normal_shader,
    place_shader,
    project_shader,
    texel_shader,
)
from .shaders import resolve_shader
from .textures import create_texture, draw_into, read_texture
from .tiles import TILE, FacingTiles, Strip, Tiles
from .view_pass import ViewPass, run_full_screen
from .view_uniforms import Weighting

#: Small enough for the processor's cache, where the GPU is software.
STRIP_TEXELS = 4096 * 256
#: Views that can weigh so much of what the best of a tile can are drawn before it is known what they all see.
_FIRST_SHARE = 1 / 16
#: What views of this share would change is a hundredth of a level of 255.
_NEGLIGIBLE_SHARE = 2.0**-15


def cut_strips(size: tuple[int, int], texels: int) -> Iterator[Strip]:
    """Cut a map of (width, height) into strips of at most so many texels, all of the same number of rows.

    Strips consist of whole tiles where that is possible. The last may extend beyond the map.
    """
    width, height = size
    rows = max(1, min(height, texels // width))
    if rows > TILE:
        rows -= rows % TILE
    for first in range(0, height, rows):
        yield first, rows


@dataclass(frozen=True, slots=True, eq=False)
class Texels:
    """What the texels of a map, or of a strip of it, are: places and widths (RGBA32F), normals (RGBA16F)."""

    places: GPUTexture
    normals: GPUTexture

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return (self.places.width, self.places.height)


def draw_texels(batch: GPUBatch, size: tuple[int, int]) -> Texels:
    """Draw a surface at its place in a map of `size` (width, height)."""
    texels = _create_texels(size)
    _draw_texels(texels, batch, size[1], (0, size[1]))
    return texels


def project_views(
    poses: Mapping[Tiles, Sequence[ViewPass]], weighting: Weighting, strip_texels: int = STRIP_TEXELS
) -> Generator[ProgressStep, None, Pixels]:
    """The map (h, w, 4) uint8, top row first, display values; alpha 255 where any view sees the texel, else 0.

    `poses` gives the tiles of the surface in each of its poses, and the views that saw it so. Works on `strip_texels`
    at a time, which take 60 bytes of the GPU's memory each; one step for each strip.
    """
    shapes = [_Pose.measure(tiles, passes, weighting) for tiles, passes in poses.items()]
    name, (width, height) = shapes[0].tiles.name, shapes[0].tiles.size
    result = np.empty((height, width, 4), np.uint8)
    two_bands = all(each.bands is not None for shape in shapes for each in shape.passes)
    buffers: _StripBuffers | None = None
    for first, rows in cut_strips((width, height), strip_texels):
        yield first / height, f"Projecting onto {name}"
        buffers = buffers or _StripBuffers.allocate((width, rows), two_bands=two_bands)
        _draw_strip(buffers, shapes, weighting, (first, rows))
        _resolve(buffers)
        row_count = min(rows, height - first)
        result[height - first - row_count : height - first] = read_texture(buffers.colours)[:row_count][::-1]
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Pose:
    """A pose of the surface, the views that saw it so, and what each may see of each tile.

    `most` (views, tiles) float64: the largest weight that a view can have in a tile, 0 where it sees nothing.
    """

    tiles: Tiles
    passes: Sequence[ViewPass]
    facing: Sequence[FacingTiles]
    most: Doubles

    @classmethod
    def measure(cls, tiles: Tiles, passes: Sequence[ViewPass], weighting: Weighting) -> _Pose:
        least, both_sides = weighting.least_cosine, weighting.both_sides
        facing = [tiles.find_facing(p.matrices, p.picture_height, least, both_sides=both_sides) for p in passes]
        most = [p.limit_weights(found.most, weighting) for p, found in zip(passes, facing, strict=True)]
        return cls(tiles, passes, facing, np.stack(most))


def _draw_strip(buffers: _StripBuffers, shapes: Sequence[_Pose], weighting: Weighting, strip: Strip) -> None:
    """Add up all views, the best of each tile first: what they weigh tells which of the others matter there."""
    band, sums = (Band.WHOLE if buffers.details is None else Band.COARSE), buffers.sums
    best = np.max([shape.most.max(axis=0) for shape in shapes], axis=0) * _FIRST_SHARE
    _fill_texels(buffers.texels, shapes[0].tiles, strip)
    _clear(sums)
    _add_views(buffers, shapes, weighting, strip, band, [shape.most >= best for shape in shapes])
    least = _measure_least_sums(buffers, shapes[0].tiles, strip)
    rest = [(shape.most < best) & (shape.most > least * _NEGLIGIBLE_SHARE) for shape in shapes]
    _add_views(buffers, shapes, weighting, strip, band, rest)
    if buffers.details is not None:
        _clear(buffers.details)
        shares = [[[each.bands.least_share if each.bands else 0.0] for each in shape.passes] for shape in shapes]
        fine = [shape.most >= least * share for shape, share in zip(shapes, shares, strict=True)]
        _add_views(buffers, shapes, weighting, strip, Band.FINE, fine)


def _clear(target: GPUTexture) -> None:
    with draw_into([target]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))


def _measure_least_sums(buffers: _StripBuffers, tiles: Tiles, strip: Strip) -> Doubles:
    """The least sum of weights that a texel of the surface has, by number of tile; infinite outside the strip."""
    width, rows = buffers.texels.size
    least = create_texture((-(-width // TILE), rows), "R32F")
    run_full_screen(least_shader(), {"sums": buffers.sums, "places": buffers.texels.places}, least)
    return tiles.find_least(read_texture(least), strip)


def _add_views(
    buffers: _StripBuffers,
    shapes: Sequence[_Pose],
    weighting: Weighting,
    strip: Strip,
    band: Band,
    chosen: Sequence[Mask],
) -> None:
    """Add a band of the views in those tiles that are `chosen` (views, tiles) for each pose."""
    sums = buffers.sums if band is Band.FINE else None
    for shape, mask in zip(shapes, chosen, strict=True):
        squares = [
            (each, kind, batch)
            for each, facing, own in zip(shape.passes, shape.facing, mask & (shape.most > 0), strict=True)
            for kind, is_coarse in ((ONE, False), (MEAN, True))
            if (batch := shape.tiles.square_batch(np.flatnonzero(own & (facing.is_coarse == is_coarse)), strip))
        ]
        if squares and len(shapes) > 1:
            _fill_texels(buffers.texels, shape.tiles, strip)
        with draw_into([buffers.target(band)], blend="ADDITIVE_PREMULT"):
            for each, kind, batch in squares:
                draw_view(buffers.texels, each, weighting, batch, kind, band=band, sums=sums)


@dataclass(frozen=True, slots=True, eq=False)
class _StripBuffers:
    """The textures of one strip, used again for the next: new memory costs more than what is drawn into it."""

    texels: Texels
    sums: GPUTexture
    colours: GPUTexture
    details: GPUTexture | None

    @classmethod
    def allocate(cls, size: tuple[int, int], *, two_bands: bool) -> _StripBuffers:
        details = create_texture(size, "RGBA32F") if two_bands else None
        return cls(_create_texels(size), create_texture(size, "RGBA32F"), create_texture(size, "RGBA8"), details)

    def target(self, band: Band) -> GPUTexture:
        """What a band of the views is added to."""
        return self.details if band is Band.FINE and self.details is not None else self.sums


def _create_texels(size: tuple[int, int]) -> Texels:
    return Texels(create_texture(size, "RGBA32F"), create_texture(size, "RGBA16F"))


def _fill_texels(texels: Texels, tiles: Tiles, strip: Strip) -> None:
    _draw_texels(texels, tiles.triangle_batch(strip), tiles.size[1], strip)


def _draw_texels(texels: Texels, batch: GPUBatch | None, height: int, strip: Strip) -> None:
    """Draw what the texels of a strip of a map of `height` rows are."""
    shader = texel_shader()
    with draw_into([texels.places, texels.normals]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        if batch is not None:
            shader.bind()
            shader.uniform_float("strip", _compute_strip_transform(height, *strip))
            batch.draw(shader)


def project_view(texels: Texels, view_pass: ViewPass, weighting: Weighting) -> Floats:
    """One view's colours times weight, and weight: (h, w, 4) float32, top row first."""
    sums = create_texture(texels.size, "RGBA32F")
    with draw_into([sums]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        draw_view(texels, view_pass, weighting, full_batch())
    return read_texture(sums)[::-1].astype(np.float32)


def draw_positions(batch: GPUBatch, size: tuple[int, int], strip: Strip | None = None) -> Floats:
    """The position of each texel: (h, w, 4) float32, top row first: x, y, z (less the origin), and 1 on a surface.

    `size` is the whole map's; `strip` limits the rows drawn.
    """
    return read_texture(_draw_target(batch, place_shader(), size, "RGBA32F", strip))[::-1]


def draw_normals(batch: GPUBatch, size: tuple[int, int]) -> Floats:
    """What each texel faces: (h, w, 4) float32, top row first: a unit vector, 1 where there is a surface."""
    return read_texture(_draw_target(batch, normal_shader(), size, "RGBA32F"))[::-1]


def draw_surface_mask(batch: GPUBatch, size: tuple[int, int]) -> Mask:
    """Which texels' centres have a surface: (h, w) bool, top row first."""
    return read_texture(_draw_target(batch, count_shader(), size, "R8"))[::-1] > 127


def _draw_target(
    batch: GPUBatch, shader: GPUShader, size: tuple[int, int], kind: str, strip: Strip | None = None
) -> GPUTexture:
    first, rows = strip or (0, size[1])
    target = create_texture((size[0], rows), kind)
    with draw_into([target]) as frame:
        frame.clear(color=(0.0, 0.0, 0.0, 0.0))
        shader.bind()
        shader.uniform_float("strip", _compute_strip_transform(size[1], first, rows))
        batch.draw(shader)
    return target


def draw_view(
    texels: Texels,
    view_pass: ViewPass,
    weighting: Weighting,
    batch: GPUBatch,
    sampling: Sampling = MEAN,
    *,
    band: Band = Band.WHOLE,
    sums: GPUTexture | None = None,
) -> None:
    """Draw one view, or a band of it, into the bound target, which has the texels' size, where `batch` covers it.

    `sums` are those of all views' coarse bands; the fine band needs them.
    """
    bands = view_pass.bands
    shader = project_shader(sampling, weighting.bicubic, band, is_masked=view_pass.painted_view.is_masked)
    block = view_pass.create_block(
        replace(weighting, weight=view_pass.painted_view.weight)
    )  # held: bound, it is not kept alive
    shader.bind()
    shader.uniform_block("view_block", block)
    shader.uniform_sampler("picture", view_pass.picture)
    shader.uniform_sampler("distances", view_pass.distances)
    shader.uniform_sampler("borders", view_pass.borders)
    shader.uniform_sampler("places", texels.places)
    shader.uniform_sampler("normals", texels.normals)
    if bands is not None and band is not Band.WHOLE:
        shader.uniform_sampler("coarse", bands.coarse)
    if bands is not None and sums is not None:
        shader.uniform_sampler("sums", sums)
        shader.uniform_float("fine_share", (bands.least_share, bands.preference))
    batch.draw(shader)


def _compute_strip_transform(height: int, first: int, rows: int) -> tuple[float, float, float, float]:
    """Scale and offset from UV to the clip space of a strip."""
    scale = 2.0 * height / rows
    return (2.0, scale, -1.0, -1.0 - 2.0 * first / rows)


def _resolve(buffers: _StripBuffers) -> None:
    textures = {"sums": buffers.sums}
    if buffers.details is not None:
        textures["details"] = buffers.details
    run_full_screen(resolve_shader(two_bands=buffers.details is not None), textures, buffers.colours)
