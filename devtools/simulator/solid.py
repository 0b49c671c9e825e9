# SPDX-License-Identifier: GPL-3.0-or-later
"""The painter of tests: one flat colour taken from the prompt, in no time."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from nano_banana_addon.simulator.painting.job import PaintJob


def choose_colour(prompt: str) -> tuple[int, int, int]:
    """The sRGB colour that a prompt is painted in, 0 to 255."""
    red, green, blue = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()[:3]
    return red, green, blue


def paint(job: PaintJob) -> Image:
    """A flat picture of the job's size."""
    from PIL import Image

    return Image.new("RGB", (job.width, job.height), choose_colour(job.prompt))
