# SPDX-License-Identifier: GPL-3.0-or-later
"""Grey maps of views or of a surface: pairs of tiles on grey become roughness at the left, metallic at the right."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from . import filters

if TYPE_CHECKING:
    from PIL.Image import Image

    from .filters import Plane
    from .job import PaintJob

#: Words of a prompt for such a sheet.
_WORDS = ("ROUGHNESS", "METALLIC", "grey maps")
#: Those of one whose tiles show an object, with the ground around it.
_OBJECT = "Beside the object"
_GROUND, _NEAR_GROUND = 96, 3  # of 255: the grey between tiles, and how far its pixels may be off
_ALL_GROUND = 0.995  # the part of a column between tiles that is ground
_SAME_TONE = 0.05  # of the ground of a tile, which is that of its corner
_ROUGHEST, _SMOOTHER, _STEPS = 0.9, 0.6, 24  # how much smoother what is bright is, in even steps
_METAL = 0.12  # the most saturation of what is metal
_SHINING = 0.8  # the least brightness of a surface of metal


def is_wanted(job: PaintJob) -> bool:
    """Whether a prompt asks for grey maps of its last picture."""
    return bool(job.images) and all(word in job.prompt for word in _WORDS)


def paint(job: PaintJob) -> Image:
    """The job's last picture with grey maps in place of its tiles, every outline in its place."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(job.images[-1])) as source:
        picture = source.convert("RGB").resize((job.width, job.height), Image.Resampling.BICUBIC)
    pixels = np.asarray(picture)
    grey = np.full(pixels.shape[:2], _GROUND, np.float32)
    ground = np.abs(pixels.astype(np.int16) - _GROUND).max(axis=2) <= _NEAR_GROUND
    for number, (left, right) in enumerate(_find_runs(ground.mean(axis=0) < _ALL_GROUND)):
        for top, bottom in _find_runs(ground[:, left:right].mean(axis=1) < _ALL_GROUND):
            tile = pixels[top:bottom, left:right].transpose(2, 0, 1).astype(np.float32) / 255
            grey[top:bottom, left:right] = _paint_tile(
                tile, is_metallic=number % 2 == 1, has_ground=_OBJECT in job.prompt
            )
    return Image.fromarray(np.round(grey).astype(np.uint8)).convert("RGB")


def _find_runs(used: Plane) -> list[tuple[int, int]]:
    """First and last + 1 of each run of True, those of a few pixels left out."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(np.int8)))
    least = max(4, len(used) // 100)
    runs = ((int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True))
    return [(first, last) for first, last in runs if last - first > least]


def _paint_tile(tile: Plane, *, is_metallic: bool, has_ground: bool) -> Plane:
    """What is bright as smooth; colours that are nearly grey as metal, of a surface only those that are bright, too."""
    import numpy as np

    luma = filters.compute_luminance(tile)
    if is_metallic:
        is_metal = (tile.max(axis=0) - tile.min(axis=0) < _METAL) & (has_ground | (luma > _SHINING))
        grey = np.where(is_metal, 255.0, 0.0)
    else:
        grey = 255 * np.round((_ROUGHEST - _SMOOTHER * luma) * _STEPS) / _STEPS
    beside = np.abs(tile - tile[:, :1, :1]).max(axis=0) < _SAME_TONE
    return np.where(beside & has_ground, float(_GROUND), grey)
