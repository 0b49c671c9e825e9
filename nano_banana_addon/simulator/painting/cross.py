# SPDX-License-Identifier: GPL-3.0-or-later
"""A tile whose edges cross in the middle of the picture: what lies there is covered by what lies beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from .filters import Plane
    from .job import PaintJob

#: The words by which such a request is known.
_ASKED = "moved by half its width and half its height"
_PATCH, _FADE = 0.03, 0.04  # of a side: half the width of what is covered, and how wide its border is
_BESIDE = 0.2  # of a side: how far away that comes from which covers it
_SHIFT, _GAIN = 0.002, 0.04  # of the width, and of the brightness, at most: a model is not exact either


def is_asked(job: PaintJob) -> bool:
    """Whether a job asks for the edges of its last picture."""
    return bool(job.images) and _ASKED in job.prompt


def paint(job: PaintJob) -> Image:
    """The last picture at the job's size, without the lines in its middle."""
    import numpy as np
    from PIL import Image

    draws = job.draw_numbers(3)
    values = np.asarray(job.read_last(), np.float32)
    for axis in (0, 1):
        values = _cover_middle(values, axis)
    shift = [draw * _SHIFT * job.width for draw in draws[:2]]
    covered = Image.fromarray(np.clip(values * np.float32(1 + draws[2] * _GAIN), 0, 255).astype(np.uint8))
    return covered.transform(covered.size, Image.Transform.AFFINE, (1, 0, shift[0], 0, 1, shift[1]), 2)


def _cover_middle(values: Plane, axis: int) -> Plane:
    import numpy as np

    side: int = values.shape[axis]
    distance = np.abs(np.arange(side) / side - 0.5)
    share = np.clip((_PATCH + _FADE - distance) / _FADE, 0, 1).astype(np.float32)
    share = share[:, None, None] if axis == 0 else share[None, :, None]
    return values * (1 - share) + np.roll(values, round(_BESIDE * side), axis) * share
