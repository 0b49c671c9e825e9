# SPDX-License-Identifier: GPL-3.0-or-later
"""Images for looking at only, such as contact sheets; each replaces the earlier one of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
import numpy as np

from . import ownership_tags
from .ownership_tags import Role

if TYPE_CHECKING:
    from PIL import Image


def write_sheet(name: str, sheet: Image.Image) -> bpy.types.Image:
    """An RGB image, display values, as the data-block of this name."""
    pixels = np.asarray(sheet)
    height, width = pixels.shape[:2]
    checks = ownership_tags.find_by_role(bpy.data.images, Role.CHECK)
    image = next((i for i in checks if ownership_tags.get_fact(i, "check") == name), None)
    if image is None:
        image = bpy.data.images.new(name, width, height)
        ownership_tags.set_role(image, Role.CHECK)
        ownership_tags.set_fact(image, "check", name)
    image.scale(width, height)
    rgba = np.dstack([pixels[::-1], np.full((height, width), 255, np.uint8)])
    image.pixels.foreach_set((rgba.astype(np.float32) / 255).reshape(-1))
    image.update()
    return image
