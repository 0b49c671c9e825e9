# SPDX-License-Identifier: GPL-3.0-or-later
"""A result behind (or before) what the scene's camera sees in the 3D view."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core.errors import InputError
from ...core.frames import Rectangle
from .compositor.compositor import frame_of
from .datablocks import lookup, ownership_tags
from .datablocks.delivery_report import Findings
from .datablocks.ownership_tags import Role


def apply(
    image: bpy.types.Image,
    image_size: tuple[int, int],
    window: Rectangle,
    scene: bpy.types.Scene,
    found: Findings,
    undo: ExitStack,
) -> None:
    """Add a background image to the scene's camera, laid as `window` says (frame coordinates).
    Earlier results there are hidden, not removed. Raises `InputError` without a camera that can be
    changed."""
    camera = _camera(scene)
    data = camera.data
    shown_before = data.show_background_images
    undo.callback(setattr, data, "show_background_images", shown_before)
    for earlier in data.background_images:
        if ownership_tags.has_role(earlier.image, Role.IMAGE) and earlier.image != image:
            undo.callback(setattr, earlier, "show_background_image", earlier.show_background_image)
            earlier.show_background_image = False
    present = (b for b in data.background_images if b.image == image)
    background = next(present, None)
    if background is None:
        background = data.background_images.new()
        undo.callback(data.background_images.remove, background)
        background.image = image
    _lay(background, image_size, window, scene)
    background.show_background_image = True
    data.show_background_images = True
    found.made(camera.name)


def remove(camera: bpy.types.Camera) -> None:
    """Remove the background images that were added here."""
    for background in list(camera.background_images):
        if ownership_tags.has_role(background.image, Role.IMAGE):
            camera.background_images.remove(background)


def _camera(scene: bpy.types.Scene) -> bpy.types.Object:
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        raise InputError(
            f'"{scene.name}" has no camera for a background image.',
            next_step="Add a camera, or choose one in the Scene properties.",
        )
    if words := lookup.why_not_editable(camera.data):
        raise InputError(words, next_step="Then apply the picture again.")
    return camera


def _lay(
    background: bpy.types.CameraBackgroundImage,
    image_size: tuple[int, int],
    window: Rectangle,
    scene: bpy.types.Scene,
) -> None:
    """FIT makes the picture as large as it can be inside the frame at scale 1; the offset is in
    widths and heights of the frame."""
    left, top, right, bottom = window
    width, height = frame_of(scene)
    fitted = min(width / image_size[0], height / image_size[1])
    background.frame_method = "FIT"
    background.scale = (right - left) * width / (image_size[0] * fitted)
    background.offset = ((left + right - 1) / 2, (1 - top - bottom) / 2)
    background.display_depth = "FRONT"
    background.alpha = 1.0
