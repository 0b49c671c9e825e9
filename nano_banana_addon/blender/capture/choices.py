# SPDX-License-Identifier: GPL-3.0-or-later
"""From the artist's choices to what the capture is asked for."""

from __future__ import annotations

from ...core import models
from ...core.settings import AUTO_RATIO, Settings, Shading, Source
from ..host import gpu
from . import CaptureSettings

_SIZES = ("512", "1K", "2K", "4K")
_MAX_SIZE, _MAX_SOFTWARE_SIZE = "2K", "1K"


def build_capture_settings(settings: Settings) -> CaptureSettings:
    """What to draw, and how large."""
    return CaptureSettings(
        source=settings.source,
        shading=settings.shading,
        overlays=settings.overlays,
        only_selected=settings.only_selected,
        transparent=settings.transparent,
        use_region=settings.use_region,
        image=settings.source_image,
        model=settings.model_id,
        size=choose_structure_size(settings),
        ratio=None if settings.aspect_ratio == AUTO_RATIO else settings.aspect_ratio,
        fit=settings.fit,
    )


def choose_structure_size(settings: Settings) -> str:
    """The size that the scene is drawn at.

    The model reads a picture as some 560 tokens: 4K shows it nothing that 2K does not. The frame is the same, and
    the answer comes in the size that was asked for. Without a graphics card Material Preview takes up to a minute
    for a megapixel, so that 1K must do there.
    """
    is_preview = settings.shading is Shading.MATERIAL and settings.source in (
        Source.CAMERA,
        Source.VIEWPORT,
    )
    largest = _MAX_SOFTWARE_SIZE if is_preview and gpu.is_software() else _MAX_SIZE
    sizes = models.find(settings.model_id).sizes
    requested_size = settings.image_size if settings.image_size in sizes else sizes[-1]
    return min(requested_size, largest, key=_SIZES.index)
