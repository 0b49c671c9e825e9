# SPDX-License-Identifier: GPL-3.0-or-later
"""A view added to an existing texture: what it sees clearly changes, every other texel stays as it is stored."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ....blender.bake.bake import BakedMap, BakeSettings, bake_geometry_steps
from ....blender.bake.batches import surface_batch
from ....blender.bake.mesh import Geometry
from ....blender.bake.project import draw_surface_mask
from ....blender.bake.seam_pairs import find_seam_pairs
from ....blender.bake.view_pass import PaintedView
from ....blender.guides.draw import draw_maps
from ....blender.host.progress_steps import ProgressStep, scale_progress
from ....core.errors import InputError
from ....core.request import TextureContext
from ....imaging.arrays import Floats, Mask, Pixels
from ....imaging.texture_fill.dilation import dilate
from ....imaging.texture_fill.soft_border import find_holes, soften
from .base_texture import BaseMap, read_base_maps

if TYPE_CHECKING:
    from ....blender.deliver.datablocks.texels import Texels

#: Longer edge at which the view's brightness is compared with the present look.
_COMPARED_EDGE = 1024
#: Stands for what is no part of the texture.
_KEY = np.array((255, 0, 255), np.uint8)
#: Of the logarithm of the brightness: more is what was asked for, less is another exposure of the same.
_SAME = 0.12
#: The part of what is seen that must look the same for the exposure to be told.
_LEAST_SAME = 0.2
_PREPARE_END = 0.2
_HEAT_EDGE = 256


def change_steps(
    geometry: Geometry, part: TextureContext, painted: PaintedView, blend_path: str
) -> Generator[ProgressStep, None, tuple[BakedMap, ...]]:
    """In steps, the maps of the targets with what a view changes.

    `part.base` is the texture. The texels (`BakedMap.texels`) have its size, depth and channels; those that the view
    does not change are equal to it. Raises `InputError` for a texture that is gone or cannot be changed, and for a view
    that changes nothing.
    """
    from ....blender.guides.clear_area import draw_clear_area  # Pillow: not while the add-on is being enabled

    if part.base is None:
        raise ValueError("not a view of an existing texture")
    yield 0.0, "Reading the texture"
    bases = read_base_maps(part.base, geometry, blend_path)
    height, width = bases[0].texels.shape[:2]
    yield _PREPARE_END / 2, "Finding what the view sees clearly"
    sizes = [(width, height)] * len(bases)
    weighing = _weigh(painted, draw_clear_area(geometry, painted, sizes, both_sides=part.both_sides))
    painted = _match_exposure(geometry, painted, bases)
    settings = BakeSettings((width, height), finish=False, match_colours=False, heat_size=0, both_sides=part.both_sides)
    new = yield from scale_progress(bake_geometry_steps(geometry, [painted], settings), _PREPARE_END, 0.6)
    smooth = replace(settings, bicubic=False)  # it would ring beside the border
    weights = yield from scale_progress(bake_geometry_steps(geometry, [weighing], smooth), 0.6, 0.9)
    yield 0.9, f"Changing {geometry.name_targets()}"
    return _change_maps(geometry, bases, new.maps, weights.maps)


def _weigh(painted: PaintedView, area: Pixels) -> PaintedView:
    """The view with an area (h, w) in place of its image, as large as that: the projection then refuses the same."""
    from PIL import Image

    height = painted.picture.shape[0]
    enlarged = Image.fromarray(area).resize((max(1, round(height * painted.aspect)), height), Image.Resampling.BICUBIC)
    return replace(painted, picture=_repeat(np.asarray(enlarged)), placement=None)


def _change_maps(
    geometry: Geometry, bases: Sequence[BaseMap], new: Sequence[BakedMap], weighed: Sequence[BakedMap]
) -> tuple[BakedMap, ...]:
    """All maps of the object at once, with a row between them: seams go from one to another."""
    size = bases[0].texels.shape[1::-1]
    surfaces = [draw_surface_mask(surface_batch(surface), size) for surface in geometry.targets]
    surface = _stack(surfaces)
    seen = _stack([(a.rgba[..., 3] > 0) & (b.rgba[..., 3] > 0) for a, b in zip(new, weighed, strict=True)])
    weights = np.where(seen, _stack([each.rgba[..., 0] for each in weighed]), 0).astype(np.uint8)
    old, painted = (_stack([each[..., :3] for each in maps]) for maps in _list_colours(bases, new))
    colours = np.where(seen[..., None], painted, old)
    holes = find_holes(weights, surface)
    if holes.any():
        colours = dilate(colours, ~holes, 1, background=False)
        weights = dilate(_repeat(weights), ~holes, 1, background=False)[..., 0]
    shares = soften(weights, surface, *find_seam_pairs(geometry.targets, size))
    if not (shares[surface] > 0).any():
        raise InputError(
            f"The view sees no part of {geometry.name_targets()} clearly enough to change its texture.",
            next_step="Move closer, or look at it less from the side.",
        )
    coverage = float((shares[surface] > 0).mean())
    shares, colours = _grow(shares, colours, surface | seen)
    maps: list[BakedMap] = []
    for number, base in enumerate(bases):
        place = slice(number * (size[1] + 1), number * (size[1] + 1) + size[1])
        texels, rgba = (mix_texels(each, colours[place], shares[place]) for each in (base.texels, base.colours))
        heat = _reduce(shares[place])[None]
        changed = replace(new[number], rgba=rgba, texels=texels, weights=heat, painted_mask=shares[place] > 0)
        maps.append(replace(changed, coverage=coverage))
    return tuple(maps)


def _list_colours(bases: Sequence[BaseMap], new: Sequence[BakedMap]) -> tuple[list[Pixels], list[Pixels]]:
    return [base.colours for base in bases], [baked.rgba for baked in new]


def _stack(maps: Sequence[Pixels | Mask]) -> Pixels | Mask:
    """Maps (h, w) or (h, w, k) below one another, with an empty row between them."""
    gap = np.zeros_like(maps[0][:1])
    return np.concatenate([part for each in maps for part in (each, gap)][:-1])


def _grow(shares: Floats, colours: Pixels, islands: Mask) -> tuple[Floats, Pixels]:
    """Beside islands as on them, or their old colours would show along the seams."""
    weights = dilate(_repeat(np.round(shares * 255).astype(np.uint8)), islands, background=False)[..., 0]
    beside = ~islands & _reach(shares > 0)
    grown = np.where(islands, shares, np.where(beside, weights / np.float32(255), np.float32(0)))
    return grown, dilate(colours, islands, background=False)


def _repeat(plane: Pixels) -> Pixels:
    return np.repeat(plane[..., None], 3, axis=2)


def _reach(mask: Mask, texels: int = 8) -> Mask:
    """The mask and what lies within some texels of it."""
    return dilate(_repeat(mask * np.uint8(255)), mask, texels, background=False)[..., 0] > 0


def mix_texels(base: Texels, colours: Pixels, shares: Floats) -> Texels:
    """A copy of texels (h, w, 3 or 4) with colours (h, w, 3) uint8 mixed in by `shares` (h, w), 0 ... 1.

    Texels of share 0 are equal to those of `base`; alpha stays everywhere.
    """
    result = base.copy()
    changed = shares > 0
    share = shares[changed][:, None]
    scale = np.float32(np.iinfo(base.dtype).max / 255)
    old = base[changed][:, :3].astype(np.float32)
    result[changed, :3] = np.rint(old + (colours[changed] * scale - old) * share).astype(base.dtype)
    return result


def _match_exposure(geometry: Geometry, painted: PaintedView, bases: Sequence[BaseMap]) -> PaintedView:
    """The view with the exposure of the present look, as far as both show the same."""
    from PIL import Image

    from ....imaging.edit.seam import match_brightness

    height, width = painted.picture.shape[:2]
    scale = min(1.0, _COMPARED_EDGE / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    look = _draw_look(geometry, painted, bases, size)
    small = np.asarray(Image.fromarray(painted.picture[..., :3]).resize(size, Image.Resampling.BOX), np.float32)
    seen = (look != _KEY).any(axis=2)
    ratio = np.log((look.astype(np.float32) + 8) / (small + 8)).mean(axis=2)
    same = seen & (np.abs(ratio) < _SAME)
    if same.sum() < _LEAST_SAME * max(1, int(seen.sum())):
        return painted
    factors = (match_brightness(small, look.astype(np.float32), same) + 1) / (small + 1)
    planes = [Image.fromarray(np.ascontiguousarray(factors[..., k], np.float32)) for k in range(3)]
    enlarged = [np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR)) for plane in planes]
    matched = painted.picture[..., :3] * np.stack(enlarged, axis=-1)
    return replace(painted, picture=np.clip(np.rint(matched), 0, 255).astype(np.uint8))


def _draw_look(geometry: Geometry, painted: PaintedView, bases: Sequence[BaseMap], size: tuple[int, int]) -> Pixels:
    """The present look (h, w, 3) on the grid of the view's image, reduced to `size`; `_KEY` beside it."""
    from ....imaging.registration.registration import warp

    canvas = (size[0], max(8, round(size[0] / painted.aspect)))
    maps = {number: base.colours for number, base in enumerate(bases)}
    key = (1.0, 0.0, 1.0)
    look = draw_maps(geometry, painted.view, canvas, maps, key, key)
    placement = np.eye(2, 3) if painted.placement is None else np.asarray(painted.placement, np.float64)
    matrix = placement * np.array(size)[:, None]
    matrix[:, :2] /= np.array(canvas)
    return warp(look, matrix, size)


def _reduce(shares: Floats) -> Floats:
    rows, columns = (np.arange(_HEAT_EDGE) * length // _HEAT_EDGE for length in shares.shape)
    return shares[np.ix_(rows, columns)]
