# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera for the scene that shows what the 3D view shows."""

from __future__ import annotations

import bpy

from ..blender.capture import lens, view3d
from ..blender.capture.view_matrices import compute_matrices

_NAME = "Camera"


def add_from_view(context: bpy.types.Context) -> bpy.types.Object:
    """Add a camera whose frame has all that the 3D view shows, and make it the scene's; the view looks through it.

    Raises `InputError` without a 3D view.
    """
    scene, view = context.scene, view3d.require_view(context)
    world, projection = compute_matrices(view, scene, context.evaluated_depsgraph_get())
    seen = lens.build_view(world, projection, _NAME, scene.frame_current)
    data = bpy.data.cameras.new(_NAME)
    camera = bpy.data.objects.new(_NAME, data)
    lens.place_camera(camera, data, seen)
    _set_width(data, scene.render, projection[0][0], projection[1][1], orthographic=seen.orthographic)
    scene.collection.objects.link(camera)
    scene.camera = camera
    view.data.view_perspective = "CAMERA"
    return camera


def _set_width(
    data: bpy.types.Camera, render: bpy.types.RenderSettings, across: float, down: float, *, orthographic: bool
) -> None:
    """Set focal length or scale so that the render's frame contains a view with these factors of its projection.

    The sensor keeps its size: it lies along the longer side of the frame (`sensor_fit` AUTO).
    """
    ratio = (render.resolution_x * render.pixel_aspect_x) / (render.resolution_y * render.pixel_aspect_y)
    factor = min(across, down / ratio) * min(1.0, ratio)  # of the longer side
    if orthographic:
        data.type, data.ortho_scale = "ORTHO", 2 / factor
    else:
        data.lens = data.sensor_width * factor / 2
