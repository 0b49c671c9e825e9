# SPDX-License-Identifier: GPL-3.0-or-later
"""Check images of a texture: coverage, the contribution of each view, and colour differences at seams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....blender.bake.bake import BakedMap
from ....blender.bake.batches import surface_batch
from ....blender.bake.mesh import Surface
from ....blender.bake.project import draw_surface_mask
from ....blender.bake.seam_pairs import find_seam_pairs
from ....imaging.arrays import Doubles, Floats, Indices, Pixels, Reals

COVERAGE, VIEWS, SEAMS = "Coverage", "Views", "Seams"
_UNSEEN = np.array([0.75, 0.05, 0.35])
_LOW, _HIGH = np.array([0.20, 0.15, 0.50]), np.array([0.65, 0.95, 0.30])
_SAME, _DIFFERENT = np.array([0.1, 0.8, 0.2]), np.array([1.0, 0.1, 0.1])  # across a seam
#: A jump of this much (of 255) across a seam is shown in `_DIFFERENT`.
_FULL_JUMP = 32.0
#: Half the width of a seam's line as a part of the map: lines of one texel cannot be seen from where a model is judged.
_SEAM_SHARE = 700
#: The image of the seams is kept in the .blend: no larger than this.
_SEAM_EDGE = 2048


def draw_check_images(surfaces: Sequence[Surface], maps: Sequence[BakedMap]) -> dict[str, list[Pixels]]:
    """The check images of an object by their names, one for each of its maps.

    Each is (h, w, 3) uint8, display values, top row first. Those of the views have the (small) size of the bake's
    weights.
    """
    images = {
        COVERAGE: [draw_coverage(surface, baked) for surface, baked in zip(surfaces, maps, strict=True)],
        VIEWS: [draw_views(baked) for baked in maps],
        SEAMS: draw_seams(surfaces, maps),
    }
    for number in range(len(maps[0].weights)):
        shares = [_to_bytes(baked.weights[number]) for baked in maps]
        images[f"View {number + 1}"] = [np.repeat(share[..., None], 3, axis=2) for share in shares]
    return images


def draw_coverage(surface: Surface, baked: BakedMap) -> Pixels:
    """Coverage (h, w, 3) uint8: blue (several views share) to green (one view alone).

    Magenta where no view sees the surface, black where there is none.
    """
    best = baked.weights.max(axis=0) if len(baked.weights) else np.zeros((1, 1), np.float32)
    colours = _LOW + (_HIGH - _LOW) * np.clip(best, 0, 1)[..., None] ** 2
    image = np.where(best[..., None] > 0, colours, _UNSEEN)
    surface_mask = draw_surface_mask(surface_batch(surface), (best.shape[1], best.shape[0]))
    return _to_bytes(image * surface_mask[..., None])


def draw_views(baked: BakedMap) -> Pixels:
    """The contribution of each view (h, w, 3) uint8, as a mix of one colour per view."""
    count = len(baked.weights)
    hues = np.array([_compute_hue(number / max(count, 1)) for number in range(count)]).reshape(count, 3)
    return _to_bytes(np.tensordot(np.moveaxis(baked.weights, 0, -1), hues, axes=1))


def draw_seams(surfaces: Sequence[Surface], maps: Sequence[BakedMap]) -> list[Pixels]:
    """The darkened maps (h, w, 3) uint8, with the texels of each seam from green (no difference) to red."""
    height, width = maps[0].rgba.shape[:2]
    stride = -(-max(height, width) // _SEAM_EDGE)
    images = [(baked.rgba[::stride, ::stride, :3] * 0.35).astype(np.uint8) for baked in maps]
    pairs = find_seam_pairs(surfaces, (width, height))
    if not len(pairs[0]):
        return images
    first_colours, second_colours = (_look_up(maps, side) for side in pairs)
    jump = np.clip(np.abs(first_colours - second_colours).max(axis=1) / _FULL_JUMP, 0, 1)[:, None]
    colour = _to_bytes(jump * _DIFFERENT + (1 - jump) * _SAME)
    order = np.argsort(jump[:, 0])  # where seams meet, the worst is on top
    for side in (pairs[0][order], pairs[1][order]):
        for number, image in enumerate(images):
            here = side[:, 0] // (height + 1) == number
            _mark(image, side[here] % (height + 1, width) // stride, colour[order][here])
    return images


def _look_up(maps: Sequence[BakedMap], texels: Indices) -> Floats:
    """The colours (n, 3) of texels (n, 2) as `find_seam_pairs` numbers them."""
    number, row = np.divmod(texels[:, 0], maps[0].rgba.shape[0] + 1)
    colours = np.zeros((len(texels), 3), np.float32)
    for index, baked in enumerate(maps):
        here = number == index
        colours[here] = baked.rgba[row[here], texels[here, 1], :3]
    return colours


def _mark(image: Pixels, texels: Indices, colours: Pixels) -> None:
    """Draw texels (n, 2), some pixels wide."""
    reach = max(1, min(image.shape[:2]) // _SEAM_SHARE)
    for offset in np.ndindex(2 * reach + 1, 2 * reach + 1):
        rows, columns = (texels + np.array(offset) - reach).T
        rows, columns = np.clip(rows, 0, image.shape[0] - 1), np.clip(columns, 0, image.shape[1] - 1)
        image[rows, columns] = colours


def _compute_hue(turn: float) -> Doubles:
    wheel = np.abs(((turn * 6 + np.array([0.0, 4.0, 2.0])) % 6) - 3) - 1
    return 0.15 + 0.8 * np.clip(wheel, 0, 1)


def _to_bytes(values: Reals) -> Pixels:
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
