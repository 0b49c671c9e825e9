# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene as a picture, with the camera that saw it, frozen; the scene is left as it was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...core.settings import CaptureSettings, Shading, Source

if TYPE_CHECKING:
    import bpy

    from .result import CaptureResult

__all__ = ["CaptureSettings", "Shading", "Source", "capture", "image_file"]


def capture(context: bpy.types.Context, settings: CaptureSettings, folder: Path) -> CaptureResult:
    """Take the picture that `settings` describe and write it into `folder`, on the main thread.

    The reference is a raw file (`imaging.raw`; `prepare` encodes it later, in another process) with the role STRUCTURE;
    for the source IMAGE it is the image's own file. Raises `InputError` for settings or scenes that cannot be captured,
    `NanoBananaError` of kind DISK when the folder cannot be written to.
    """
    from .take import run_capture

    return run_capture(context, settings, folder)


def image_file(image: bpy.types.Image, folder: Path) -> Path:
    """The file that holds an image data-block's picture: its own, or one written into `folder`."""
    from .image_source import image_file as write

    return write(image, folder)
