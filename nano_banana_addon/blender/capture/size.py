# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the scene is drawn."""

from __future__ import annotations

from dataclasses import replace

from ...core import models
from ...core.catalogue.image_model import SCALE
from ...core.settings import Settings, Shading
from ..host import gpu
from .sources import find_source

_MAX_SIZE, _MAX_SOFTWARE_SIZE = "2K", "1K"


def limit_capture_size(settings: Settings) -> Settings:
    """The same settings with the size that the scene is drawn at.

    The model reads an image as some 560 tokens: 4K shows it nothing that 2K does not. The frame is the same, and the
    answer comes in the size that was asked for. Without a graphics card Material Preview takes up to a minute for a
    megapixel, so that 1K must do there.
    """
    is_preview = settings.shading == Shading.MATERIAL and find_source(settings.source).uses_shading
    largest = _MAX_SOFTWARE_SIZE if is_preview and gpu.is_software() else _MAX_SIZE
    sizes = models.find(settings.model_id).sizes
    requested_size = settings.image_size if settings.image_size in sizes else sizes[-1]
    return replace(settings, image_size=min(requested_size, largest, key=SCALE.__getitem__))
