# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes with fine detail as six views see them; what their maps should hold, and how sharp they could be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray

from nano_banana_addon.blender.bake import views as view_sets
from nano_banana_addon.blender.bake.bake import BakeResult, BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.batches import surface_batch
from nano_banana_addon.blender.bake.mesh import Geometry, Surface, read_geometry
from nano_banana_addon.blender.bake.project import draw_normals, draw_positions
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.host.gpu import initialise_gpu
from nano_banana_addon.core.scene.capture import View
from nano_banana_addon.features.texture.maps.align_image import DOUBTFUL_CONFIDENCE, AlignedImage, align_image
from nano_banana_addon.features.texture.maps.align_together import align_together
from tests.oracle import detail
from tests.oracle.scenes import DETAIL_SCENES
from tests.support.metrics import psnr

Pixels = NDArray[np.uint8]
Texture = Callable[[detail.Floats], detail.Floats]
_SUPER = 2  # samples across a texel
_ACROSS = 4  # the same, where texels are wider than pixels
_AT_ONCE = 2**14  # texels


@dataclass(slots=True)
class DetailTrial:
    """A scene, its views, and where each sample of their pixels lies."""

    objects: list[bpy.types.Object]
    geometry: Geometry
    views: tuple[View, ...]
    canvas: tuple[int, int]
    places: list[detail.Floats]

    def paint(self, texture: Texture) -> list[Pixels]:
        """The views of a texture."""
        return [detail.paint(places, texture) for places in self.places]


def prepare(scene: str, pixels: int = 1024, count: int = 6) -> DetailTrial:
    """Build a scene, and look at it from a ring of views."""
    initialise_gpu()
    objects = DETAIL_SCENES[scene]()
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), objects, include_occluders=False)
    canvas = (pixels, pixels)
    views = view_sets.ring(geometry.outline_points(), view_sets.Lens(canvas), count)
    return DetailTrial(objects, geometry, views, canvas, detail.place_views(views, canvas, objects))


def align(trial: DetailTrial, pictures: Sequence[Pixels]) -> list[AlignedImage]:
    """Each picture laid onto its guide, and to the others."""
    images = [
        align_image(trial.geometry, view, trial.canvas, picture)
        for view, picture in zip(trial.views, pictures, strict=True)
    ]
    return align_together(images)


def fit_shift_and_scale(places: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """The map (2, 3) of places (n, 2) that comes nearest to their targets (n, 2), by least squares."""
    middle, goal = places.mean(axis=0), targets.mean(axis=0)
    scale = ((places - middle) * (targets - goal)).sum() / ((places - middle) ** 2).sum()
    return np.hstack([scale * np.eye(2), (goal - scale * middle)[:, None]])


def bake(trial: DetailTrial, aligned: Sequence[AlignedImage], settings: BakeSettings) -> tuple[BakeResult, list[bool]]:
    """Bake what an artist would get: without the views that are left out, which are told."""
    used = [image.confidence >= 0.15 for image in aligned]
    painted = [
        replace(image.paint(view, view.camera), weight=1.0 if image.confidence >= DOUBTFUL_CONFIDENCE else 1e-15)
        for image, view, is_used in zip(aligned, trial.views, used, strict=True)
        if is_used
    ]
    result = bake_geometry(trial.geometry, painted, settings)
    numbers = np.flatnonzero(used)
    for number in result.contradicting:
        used[int(numbers[number])] = False
    return result, used


def paint_plain(trial: DetailTrial, pictures: Sequence[Pixels]) -> list[PaintedView]:
    """The views as they are."""
    return [PaintedView(view, picture, view.camera) for view, picture in zip(trial.views, pictures, strict=True)]


def truth_maps(trial: DetailTrial, texture: Texture, size: int) -> list[Pixels]:
    """What each object's map should hold, (size, size, 3): the mean over each texel."""
    maps: list[Pixels] = []
    for surface, shape in zip(trial.geometry.targets, trial.objects, strict=True):
        result = np.zeros((size, size, 3), np.uint8)
        rows = size // 8
        for part in range(8):
            strip = ((7 - part) * rows * _SUPER, rows * _SUPER)
            places = draw_positions(surface_batch(surface), (size * _SUPER, size * _SUPER), strip)
            on = places[..., 3] > 0.5
            values = np.zeros((*on.shape, 3), np.float32)
            values[on] = texture(_to_local(trial.geometry, shape, places[on][:, :3]))
            parts = (rows, _SUPER, size, _SUPER)
            mean = values.reshape(*parts, 3).sum((1, 3)) / np.maximum(on.reshape(parts).sum((1, 3)), 1)[..., None]
            result[part * rows : (part + 1) * rows] = np.round(np.clip(mean, 0, 1) * 255)
        maps.append(result)
    return maps


def _to_local(geometry: Geometry, shape: bpy.types.Object, places: detail.Floats) -> detail.Floats:
    inverse = np.array(shape.matrix_world.inverted())
    return ((places + np.array(geometry.origin)) @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.float32)


def compare_lit(result: BakeResult, truths: Sequence[Pixels]) -> float:
    """PSNR over all seen texels up to one overall brightness, in dB."""
    got = np.concatenate([m.rgba[m.painted_mask][:, :3] for m in result.maps]).astype(np.float32)
    true = np.concatenate([t[m.painted_mask] for t, m in zip(truths, result.maps, strict=True)])
    factor = float((got * true).sum() / (got * got).sum())
    lit = np.clip(np.round(got * factor), 0, 255).astype(np.uint8)
    return psnr(lit[None], true[None])


def sharpness(trial: DetailTrial, result: BakeResult, pictures: Sequence[Pixels]) -> float:
    """How much of the contrast between neighbouring texels the maps keep: of what maps of this size can hold of the
    views' own pixels.

    That is what Lanczos' filter gets out of each texel's frontmost view: at the texel's centre; where the texel is
    wider than a pixel of the view, the mean over the part of the view that it covers. Read at its centre alone it
    would leave pixels out, and what is finer than two texels would appear as something else (aliasing). For the same
    reason the maps' differences count as far as they go the same way as the reference's (least squares): aliasing has
    contrast of its own.
    """
    kept = whole = 0.0
    for surface, baked in zip(trial.geometry.targets, result.maps, strict=True):
        ideal, valid = _reconstruct(trial, surface, baked.rgba.shape[0], pictures)
        inside = valid & baked.painted_mask
        best, got = _differences(ideal, inside), _differences(baked.rgba[..., :3], inside)
        kept += float(best @ got)
        whole += float(best @ best)
    return kept / whole


def contrast(trial: DetailTrial, result: BakeResult, pictures: Sequence[Pixels]) -> float:
    """The contrast between neighbouring texels, of what maps of this size can hold of the views `pictures` (see
    `sharpness`), wherever a detail lies: content that is left a pixel off has contrast, too, but goes another way.

    Also where two views show a texel equally well: there their mixture could blur.
    """
    own = whole = 0.0
    for surface, baked in zip(trial.geometry.targets, result.maps, strict=True):
        ideal, valid = _reconstruct(trial, surface, baked.rgba.shape[0], pictures, margin=0.0)
        inside = valid & baked.painted_mask
        best, got = _differences(ideal, inside), _differences(baked.rgba[..., :3], inside)
        own += float(got @ got)
        whole += float(best @ best)
    return (own / whole) ** 0.5


def _differences(pixels: NDArray[np.generic], inside: NDArray[np.bool_]) -> detail.Floats:
    """Between neighbours that both are `inside`, across and down, in one row."""
    values = pixels.astype(np.float32)
    across = np.diff(values, axis=1)[inside[:, 1:] & inside[:, :-1]]
    down = np.diff(values, axis=0)[inside[1:] & inside[:-1]]
    return np.concatenate([across.ravel(), down.ravel()])


def _reconstruct(
    trial: DetailTrial, surface: Surface, size: int, pictures: Sequence[Pixels], margin: float = 0.05
) -> tuple[detail.Floats, NDArray[np.bool_]]:
    """The best colours of each texel's frontmost view (see `sharpness`), and which texels have one by a `margin`."""
    places = draw_positions(surface_batch(surface), (size, size))
    normals = draw_normals(surface_batch(surface), (size, size))
    frontmost, valid = _find_frontmost(trial, surface, places, normals, margin)
    result = np.zeros((size, size, 3), np.float32)
    rows = size // 8
    for part in range(8):
        strip = ((7 - part) * rows * _ACROSS, rows * _ACROSS)
        if not valid[part * rows : (part + 1) * rows].any():
            continue
        fine = draw_positions(surface_batch(surface), (size * _ACROSS, size * _ACROSS), strip)
        samples = fine.reshape(rows, _ACROSS, size, _ACROSS, 4).swapaxes(1, 2).reshape(rows, size, -1, 4)
        of_part = slice(part * rows, (part + 1) * rows)
        for number, picture in enumerate(pictures):
            own = valid[of_part] & (frontmost[of_part] == number)
            result[of_part][own] = _best_colours(trial, number, picture, places[of_part][own], samples[own])
    return result, valid


def _find_frontmost(
    trial: DetailTrial, surface: Surface, places: detail.Floats, normals: detail.Floats, margin: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The view that shows each texel from the front, and where one does so better than the others, by a `margin`."""
    on = places[..., 3] > 0.5
    points, facing = places[on][:, :3] + np.array(trial.geometry.origin), normals[on][:, :3]
    lines = [np.array(view.world)[:3, 3] - points for view in trial.views]
    cosines = np.stack([(facing * line).sum(1) / np.linalg.norm(line, axis=1) for line in lines])
    own = _to_local(trial.geometry, trial.objects[trial.geometry.targets.index(surface)], places[on][:, :3])
    for number, seen in enumerate(cosines):
        seen[~_shows(trial, number, places[on], own)] = -1
    frontmost, valid = np.zeros(on.shape, np.intp), np.zeros(on.shape, bool)
    frontmost[on] = np.argmax(cosines, axis=0)
    cosines.sort(axis=0)
    valid[on] = (cosines[-1] > 0.5) & (cosines[-1] >= cosines[-2] + margin)
    return frontmost, valid


def _shows(trial: DetailTrial, number: int, places: detail.Floats, own: detail.Floats) -> NDArray[np.bool_]:
    """Whether a view shows these places (n, 4), in their object's own space (n, 3): there and all around, as far as
    Lanczos' filter reaches, its pixels show what is near, and not something in front of it."""
    view, shown = trial.views[number], trial.places[number]
    spots = _find_spots(trial, number, places)
    away = np.linalg.norm(places[:, :3] + np.array(trial.geometry.origin) - np.array(view.world)[:3, 3], axis=1)
    pixel = 2 * away / abs(view.projection[1][1]) / trial.canvas[1]
    result = np.ones(len(places), bool)
    for around in ((0, 0), (-3, -3), (-3, 3), (3, -3), (3, 3)):
        column, row = np.floor((spots + around) * detail.GRAIN).astype(int).T
        found = shown[np.clip(row, 0, shown.shape[0] - 1), np.clip(column, 0, shown.shape[1] - 1)]
        result &= (found[:, 3] > 0.5) & (np.linalg.norm(found[:, :3] - own, axis=1) < 12 * pixel)
    return result


def _best_colours(
    trial: DetailTrial, number: int, picture: Pixels, centres: detail.Floats, samples: detail.Floats
) -> detail.Floats:
    """Colours (n, 3) of texels by their centres (n, 4) and the samples over each, row by row (n, k, 4)."""
    colours = _lanczos(picture, _find_spots(trial, number, centres))
    last = _ACROSS - 1
    first, right, down = (_find_spots(trial, number, samples[:, corner]) for corner in (0, last, _ACROSS * last))
    sides = np.maximum(*(np.linalg.norm(end - first, axis=1) for end in (right, down))) * _ACROSS / last
    wide = np.flatnonzero((sides > 1.0) & (samples[..., 3] > 0.5).all(axis=1))
    for one in range(0, len(wide), _AT_ONCE):
        chosen = wide[one : one + _AT_ONCE]
        found = _lanczos(picture, _find_spots(trial, number, samples[chosen].reshape(-1, 4)))
        colours[chosen] = found.reshape(len(chosen), -1, 3).mean(axis=1)
    return colours


def _find_spots(trial: DetailTrial, number: int, places: detail.Floats) -> NDArray[np.float64]:
    """Where places (n, 4) lie in a view: x and y in pixels (n, 2)."""
    view = trial.views[number]
    points = np.column_stack([places[:, :3] + np.array(trial.geometry.origin), np.ones(len(places))])
    clip = points @ (np.array(view.projection) @ np.linalg.inv(np.array(view.world))).T
    x, y = clip[:, 0] / clip[:, 3], clip[:, 1] / clip[:, 3]
    return np.stack([(x * 0.5 + 0.5) * trial.canvas[0], (0.5 - y * 0.5) * trial.canvas[1]], -1)


def _lanczos(picture: Pixels, spots: NDArray[np.float64], reach: int = 3) -> detail.Floats:
    height, width = picture.shape[:2]
    corner = np.floor(spots - 0.5).astype(int)
    taps = np.arange(1 - reach, reach + 1)
    shares = []
    for axis in (0, 1):
        distance = spots[:, axis : axis + 1] - 0.5 - (corner[:, axis : axis + 1] + taps)
        share = np.sinc(distance) * np.sinc(distance / reach)
        shares.append(share / share.sum(1, keepdims=True))
    total = np.zeros((len(spots), 3))
    for j, down in enumerate(taps):
        for i, across in enumerate(taps):
            rows = np.clip(corner[:, 1] + down, 0, height - 1)
            columns = np.clip(corner[:, 0] + across, 0, width - 1)
            total += picture[rows, columns] * (shares[0][:, i] * shares[1][:, j])[:, None]
    return np.clip(total, 0, 255).astype(np.float32)
