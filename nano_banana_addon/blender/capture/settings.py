# SPDX-License-Identifier: GPL-3.0-or-later
"""What a capture is asked for, and what it gives back: values without Blender."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.frames import Fit
from ...core.models import DEFAULT_MODEL
from ...core.request import Capture, Reference
from ...core.settings import Shading, Source


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """How the scene becomes a picture.

    `image` is the name of an image data-block or a file's path (source IMAGE). `ratio` None is the one of
    `model` that is nearest to the frame. `frame_number` None is the scene's current frame. VIEWPORT keeps
    the 3D view's own shading; `shading` is for CAMERA.
    """

    source: Source = Source.CAMERA
    shading: Shading = Shading.SOLID
    overlays: bool = False
    only_selected: bool = False
    transparent: bool = False
    use_region: bool = False
    image: str = ""
    model: str = DEFAULT_MODEL
    size: str = "2K"
    ratio: str | None = None
    fit: Fit = Fit.EXTEND
    frame_number: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The picture as the STRUCTURE reference, where it came from, and what the artist should know of it."""

    reference: Reference
    capture: Capture
    notes: tuple[str, ...] = ()
