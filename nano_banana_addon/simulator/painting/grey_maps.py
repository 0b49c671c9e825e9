# SPDX-License-Identifier: GPL-3.0-or-later
"""Grey maps of painted views: pairs of tiles on grey become roughness at the left and metallic at the right."""

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
_GROUND, _NEAR_GROUND = 96, 3  # of 255: the grey between tiles, and how far its pixels may be off
_ALL_GROUND = 0.995  # the part of a column between tiles that is ground
_SAME_TONE = 0.05  # of the ground of a tile, which is that of its corner


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
            grey[top:bottom, left:right] = (_paint_metallic if number % 2 else _paint_roughness)(tile)
    return Image.fromarray(np.round(grey).astype(np.uint8)).convert("RGB")


def _find_runs(used: Plane) -> list[tuple[int, int]]:
    """First and last + 1 of each run of True, those of a few pixels left out."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(np.int8)))
    least = max(4, len(used) // 100)
    runs = ((int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True))
    return [(first, last) for first, last in runs if last - first > least]


def _paint_roughness(tile: Plane) -> Plane:
    """Dark colours as smooth, light ones as rough, in a few even steps."""
    import numpy as np

    luma = filters.compute_luminance(tile)
    steps = np.round((0.3 + 0.6 * luma) * 8) / 8
    return _keep_ground(tile, 255 * steps)


def _paint_metallic(tile: Plane) -> Plane:
    """Colours that are nearly grey as metal."""
    import numpy as np

    saturation = tile.max(axis=0) - tile.min(axis=0)
    return _keep_ground(tile, np.where(saturation < 0.12, 255.0, 0.0))


def _keep_ground(tile: Plane, grey: Plane) -> Plane:
    import numpy as np

    beside = np.abs(tile - tile[:, :1, :1]).max(axis=0) < _SAME_TONE
    return np.where(beside, float(_GROUND), grey)
