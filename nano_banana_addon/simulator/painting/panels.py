# SPDX-License-Identifier: GPL-3.0-or-later
"""Two grey maps of the surface that a sheet shows twice: its roughness at the left, its metallic at the right."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from .job import PaintJob

#: Words of a prompt that asks for them.
WORDS = "two grey panels"
_ROUGHEST, _SMOOTHER = 225, 0.6  # of 255; how much smoother what is bright is
_METAL = 210  # of 255: what is brighter, and grey, shines


def paint(job: PaintJob) -> Image:
    """The job's last picture as two maps. What is plain grey, as the ground, stays."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(job.images[-1])) as source:
        sheet = source.convert("RGB").resize((job.width, job.height), Image.Resampling.LANCZOS)
    colours = np.asarray(sheet).astype(np.float32)
    grey = colours.mean(axis=2)
    rough = _ROUGHEST - _SMOOTHER * grey
    metal = np.where((grey > _METAL) & (np.ptp(colours, axis=2) < 25), 245, 6)
    across = np.arange(job.width) < job.width // 2
    values = np.where(across[None, :], rough, metal)
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).convert("RGB")
