# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a picture that is asked for again with more detail: itself, sharper and with grain, not quite in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .strokes import generate_noise

if TYPE_CHECKING:
    from PIL.Image import Image

    from .job import PaintJob

#: The words by which such a request is known.
_ASKED = "Paint it again, sharp and with the fine detail"
_GRAIN_TILE, _GRAIN = 256, 7.0  # pixels; of 255
_SHIFT, _GAIN = 0.002, 0.05  # of the width, and of the brightness, at most: a model is not exact either


def is_asked(job: PaintJob) -> bool:
    """Whether a job asks for the detail of its last picture."""
    return bool(job.images) and _ASKED in job.prompt


def paint(job: PaintJob) -> Image:
    """The last picture at the job's size, with detail."""
    import numpy as np
    from PIL import Image, ImageFilter

    draws, picture = job.draw_numbers(3), job.read_last()
    shift = [draw * _SHIFT * job.width for draw in draws[:2]]
    moved = picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, shift[0], 0, 1, shift[1]), 2)
    sharp = moved.filter(ImageFilter.UnsharpMask(radius=job.width / 700, percent=120, threshold=0))
    grain = generate_noise(_GRAIN_TILE, _GRAIN_TILE, 5, 0.7) * np.float32(_GRAIN)
    across, down = -(-job.width // _GRAIN_TILE), -(-job.height // _GRAIN_TILE)
    whole = np.tile(grain, (down, across))[: job.height, : job.width, None]
    values = np.asarray(sharp, np.float32) * np.float32(1 + draws[2] * _GAIN) + whole
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
