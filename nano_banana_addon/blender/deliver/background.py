# SPDX-License-Identifier: GPL-3.0-or-later
"""A result behind (or before) what the scene's camera sees in the 3D view."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.scene.frames import Rectangle
from ..capture.sources import CaptureSource
from . import recipients
from .compositor.compositor import frame_of
from .datablocks import lookup, ownership_tags
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .datablocks.ownership_tags import Role


def check(request: GenerationRequest, context: bpy.types.Context, _source: CaptureSource) -> None:
    """Raise `InputError` without a camera that can be changed."""
    _require_camera(recipients.resolve_scene(request, context))


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Add a background image to the scene's camera, laid as it was captured.

    It lies behind the scene, or as an earlier result was set, which is hidden and not removed.
    Raises `InputError` without a camera that can be changed.
    """
    scene, image = recipients.resolve_scene(delivery.request, delivery.context), delivery.image
    window = recipients.find_window(delivery, scene, log)
    camera = _require_camera(scene)
    data = camera.data
    previous = [b for b in data.background_images if ownership_tags.has_role(b.image, Role.IMAGE)]
    depth, alpha = (previous[-1].display_depth, previous[-1].alpha) if previous else ("BACK", 1.0)
    previous_visibility = data.show_background_images
    undo.callback(setattr, data, "show_background_images", previous_visibility)
    for other in data.background_images:
        if ownership_tags.has_role(other.image, Role.IMAGE) and other.image != image:
            undo.callback(setattr, other, "show_background_image", other.show_background_image)
            other.show_background_image = False
    present = (b for b in data.background_images if b.image == image)
    background = next(present, None)
    if background is None:
        background = data.background_images.new()
        undo.callback(data.background_images.remove, background)
        background.image = image
    _place(background, delivery.size, window, scene)
    background.display_depth, background.alpha = depth, alpha
    background.show_background_image = True
    data.show_background_images = True
    log.add_name(camera.name)


def remove(camera: bpy.types.Camera) -> None:
    """Remove the background images that were added here."""
    for background in list(camera.background_images):
        if ownership_tags.has_role(background.image, Role.IMAGE):
            camera.background_images.remove(background)


def remove_all() -> int:
    """Remove the background images of all cameras of the open file."""
    count = 0
    for camera in bpy.data.cameras:
        if camera.library is None:
            previous_count = len(camera.background_images)
            remove(camera)
            count += previous_count - len(camera.background_images)
    return count


def _require_camera(scene: bpy.types.Scene) -> bpy.types.Object:
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        raise InputError(
            f'"{scene.name}" has no camera for a background image.',
            next_step="Add a camera, or choose one in the Scene properties.",
        )
    if message := lookup.find_edit_blocker(camera.data):
        raise InputError(message, next_step="Then try again.")
    return camera


def _place(
    background: bpy.types.CameraBackgroundImage,
    image_size: tuple[int, int],
    window: Rectangle,
    scene: bpy.types.Scene,
) -> None:
    """Scale and offset of the background image: FIT makes it as large as fits into the frame at scale 1.

    The offset is in widths and heights of the frame.
    """
    left, top, right, bottom = window
    width, height = frame_of(scene)
    fit_scale = min(width / image_size[0], height / image_size[1])
    background.frame_method = "FIT"
    background.scale = (right - left) * width / (image_size[0] * fit_scale)
    background.offset = ((left + right - 1) / 2, (1 - top - bottom) / 2)
