# SPDX-License-Identifier: GPL-3.0-or-later
"""What no one map undoes: views whose content a model moved by itself, and an object of which one part is larger.

The views are painted from places that are moved, so that they are as sharp as those that are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nano_banana_addon.blender.bake.bake import BakeResult
from nano_banana_addon.core.scene.capture import View
from nano_banana_addon.features.texture.maps.align_image import AlignedImage
from tests.oracle import detail
from tests.oracle.views_of_detail import DetailTrial

AMPLITUDE, LENGTHS = 6.0, (200.0, 400.0)  # of the waves, in pixels of a view of 1024
GROWTH = 1.03
_EVERY = 4  # pixels between two that are judged
Places = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MovedView:
    """A view (h, w, 3), and where the content of places `at` (n, 2) of the guide lies in it: `content` (n, 2)."""

    picture: NDArray[np.uint8]
    at: Places
    content: Places

    def measure(self, image: AlignedImage, *, followed: bool) -> float:
        """The median distance in pixels that the content is off after alignment; not `followed`: by its map alone."""
        size = np.array(self.picture.shape[1::-1], np.float64)
        found = self.at.copy()
        if followed and image.displacement is not None:
            found += image.displacement.evaluate(self.at)
        found = (found / size) @ image.placement[:, :2].T + image.placement[:, 2]
        return float(np.median(np.hypot(*(found * size - self.content).T)))


def wave_views(trial: DetailTrial) -> list[MovedView]:
    """The views with their content moved by a smooth field each."""
    return [wave_view(places, seed) for seed, places in enumerate(trial.places)]


def wave_view(places: detail.Floats, seed: int, shown: NDArray[np.uint8] | None = None) -> MovedView:
    """A view with its content, or what is `shown` (h, w, 3) in its place, moved by the smooth field of a seed."""
    move = _choose_waves(seed, places.shape[1] / detail.GRAIN)
    at = _list_places(places)
    content = at.copy()
    for _ in range(30):
        content = at - move(content)
    picture = detail.paint(_move(places, move), detail.fine) if shown is None else wave_picture(shown, seed)
    return MovedView(picture, at, content)


def wave_picture(picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """A picture (h, w, 3) of a view with its content moved by the field of a seed."""
    height, width = picture.shape[:2]
    size = (width * detail.GRAIN, height * detail.GRAIN)
    large = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    moved = _move(large, _choose_waves(seed, width)).reshape(height, detail.GRAIN, width, detail.GRAIN, 3)
    return np.rint(moved.mean(axis=(1, 3))).astype(np.uint8)


def _choose_waves(seed: int, width: float) -> Callable[[Places], Places]:
    """How far (n, 2) pixels of a view so wide lie from where their content comes from."""
    draw, scale = np.random.default_rng(seed), width / 1024
    angles, phases = draw.uniform(0, 2 * np.pi, 2), draw.uniform(0, 2 * np.pi, 2)
    lengths = draw.uniform(*LENGTHS, 2) * scale
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * (2 * np.pi / lengths)[:, None]
    return lambda spots: AMPLITUDE * scale * np.sin(spots @ waves.T + phases)


def _move(samples: NDArray[Any], move: Callable[[Places], Places]) -> NDArray[Any]:
    """Samples (h, w, n), `detail.GRAIN` across a pixel, read at moved places."""
    height, width = samples.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    spots = (np.stack([x, y], axis=-1) + 0.5) / detail.GRAIN
    column, row = np.moveaxis(np.floor((spots + move(spots)) * detail.GRAIN).astype(int), -1, 0)
    return samples[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]


def enlarge_part(trial: DetailTrial, number: int) -> list[MovedView]:
    """The views of the objects when one of them is larger, about its own origin."""
    shape = trial.objects[number]
    small = [np.array(each.matrix_world) for each in trial.objects]
    scale = shape.scale.copy()
    shape.scale = scale * GROWTH
    bpy.context.view_layer.update()
    large = [np.array(each.matrix_world) for each in trial.objects]
    places = detail.place_views(trial.views, trial.canvas, trial.objects)
    shape.scale = scale
    bpy.context.view_layer.update()
    return [
        _locate(trial, view, before, (detail.paint(after, detail.fine), small, large))
        for view, before, after in zip(trial.views, trial.places, places, strict=True)
    ]


def _locate(
    trial: DetailTrial,
    view: View,
    places: detail.Floats,
    moved: tuple[NDArray[np.uint8], Sequence[Places], Sequence[Places]],
) -> MovedView:
    """Each place belongs to the object by whose matrix it lies where the view shows it."""
    picture, small, large = moved
    at = _list_places(places)
    own = places[(at[:, 1] * detail.GRAIN).astype(int), (at[:, 0] * detail.GRAIN).astype(int), :3]
    before = np.stack([_project(trial, view, own, matrix) for matrix in small])
    after = np.stack([_project(trial, view, own, matrix) for matrix in large])
    owner = np.linalg.norm(before - at, axis=-1).argmin(axis=0)
    chosen = np.arange(len(at))
    return MovedView(picture, at, at + after[owner, chosen] - before[owner, chosen])


def _project(trial: DetailTrial, view: View, own: detail.Floats, matrix: Places) -> Places:
    world = np.column_stack([own, np.ones(len(own))]) @ matrix.T
    clip = world @ (np.array(view.projection) @ np.linalg.inv(np.array(view.world))).T
    shares = clip[:, :2] / clip[:, 3:] * [0.5, -0.5] + 0.5
    return shares * trial.canvas


def _list_places(places: detail.Floats) -> Places:
    """Pixels of the object at even intervals: x and y (n, 2)."""
    middle = detail.GRAIN // 2
    on = places[middle :: detail.GRAIN * _EVERY, middle :: detail.GRAIN * _EVERY, 3] > 0.5
    rows, columns = np.nonzero(on)
    return np.stack([columns, rows], axis=-1) * float(_EVERY) + 0.5


def measure_contrast(result: BakeResult) -> float:
    """The contrast between neighbouring painted texels, over all maps."""
    total = 0.0
    for baked in result.maps:
        values, inside = baked.rgba[..., :3].astype(np.float32), baked.painted_mask
        both = inside[:, 1:] & inside[:, :-1]
        total += float(np.abs(np.diff(values, axis=1))[both].mean())
    return total
