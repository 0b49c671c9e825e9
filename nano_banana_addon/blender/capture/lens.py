# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras as matrices: a camera's frame, its view onto the canvas, and a temporary camera that fills the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
from mathutils import Matrix, Vector

from ...core.errors import InputError
from ...core.models import find
from ...core.scene.capture import View
from ...core.scene.fit import Fit
from ...core.scene.frames import Framing, Rectangle, build_window_matrix, fit_frame
from ...core.settings import CaptureSettings

#: Camera types whose picture is one of a plane; the others (panoramic, custom) have no matrix.
_FLAT = ("PERSP", "ORTHO")


def require_camera(camera: bpy.types.Object | None) -> bpy.types.Object:
    """The camera of a scene. Raises `InputError` when there is none."""
    if camera is None or camera.type != "CAMERA":
        raise InputError(
            "The scene has no camera.",
            next_step="Add one and make it the active camera, or capture the viewport.",
        )
    return camera


def is_flat(camera: bpy.types.Object) -> bool:
    """Whether a camera has a projection matrix: perspective and orthographic ones have."""
    return camera.data.type in _FLAT


def camera_frame(render: bpy.types.RenderSettings) -> tuple[float, float]:
    """Width and height of the render in square pixels. Raises `InputError` when it has no area."""
    share = render.resolution_percentage / 100
    width, height = int(render.resolution_x * share), int(render.resolution_y * share)
    if width < 1 or height < 1:
        raise InputError(
            f"The render resolution is {width} x {height} pixels.",
            next_step="Raise it in Output Properties > Format.",
        )
    return width * render.pixel_aspect_x, height * render.pixel_aspect_y


def camera_projection(
    camera: bpy.types.Object, depsgraph: bpy.types.Depsgraph, render: bpy.types.RenderSettings
) -> Matrix:
    """Camera space to the clip space of the render's frame."""
    width, height = camera_frame(render)
    aspects = (render.pixel_aspect_x, render.pixel_aspect_y)
    return camera.calc_matrix_camera(
        depsgraph,
        x=max(round(width / aspects[0]), 1),
        y=max(round(height / aspects[1]), 1),
        scale_x=aspects[0],
        scale_y=aspects[1],
    )


def camera_world(camera: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> Matrix:
    """Camera space to world space, without the object's scale, which Blender's cameras pass over."""
    world = camera.evaluated_get(depsgraph).matrix_world.copy()
    for column in range(3):
        axis = Vector(world.col[column][:3]).normalized()
        world.col[column] = (*axis, 0.0)
    return world


def fit_region(frame: tuple[float, float], settings: CaptureSettings, region: Rectangle | None) -> Framing:
    """The frame, or a region of it, laid on the canvas. The window is in coordinates of the whole frame.

    Raises `InputError` for a ratio, size or region that the model or Blender lacks.
    """
    left, top, right, bottom = region or (0.0, 0.0, 1.0, 1.0)
    region_size = (frame[0] * (right - left), frame[1] * (bottom - top))
    try:
        fitted_framing = fit_frame(
            region_size, find(settings.model_id), settings.image_size, settings.ratio or None, Fit(settings.fit)
        )
    except (KeyError, ValueError) as error:
        raise InputError(
            f"{region_size[0]:.0f} x {region_size[1]:.0f} pixels cannot be captured as {settings.ratio or 'automatic'}"
            f" {settings.image_size} for {find(settings.model_id).label}.",
            next_step="Choose a ratio and a size that the model offers.",
        ) from error
    x0, y0, x1, y1 = fitted_framing.window
    across, down = right - left, bottom - top
    window = (left + x0 * across, top + y0 * down, left + x1 * across, top + y1 * down)
    return Framing(frame, fitted_framing.canvas, fitted_framing.ratio, fitted_framing.size, fitted_framing.fit, window)


def render_region(render: bpy.types.RenderSettings, is_enabled: bool) -> Rectangle | None:
    """The render region in frame coordinates (origin top left), if it is enabled and set."""
    if not (is_enabled and render.use_border):
        return None
    box = render.border_min_x, 1 - render.border_max_y, render.border_max_x, 1 - render.border_min_y
    return _require_area(box)


def view_region(space: bpy.types.SpaceView3D, is_enabled: bool) -> Rectangle | None:
    """The 3D view's own render region in frame coordinates, if it is enabled and set."""
    if not (is_enabled and space.use_render_border):
        return None
    low, high = (
        (space.render_border_min_x, space.render_border_min_y),
        (
            space.render_border_max_x,
            space.render_border_max_y,
        ),
    )
    return _require_area((low[0], 1 - high[1], high[0], 1 - low[1]))


def _require_area(box: Rectangle) -> Rectangle:
    if box[2] - box[0] < 0.001 or box[3] - box[1] < 0.001:
        raise InputError(
            "The render region is empty.",
            next_step="Draw it again with Ctrl B in the 3D view, or switch off Render Region.",
        )
    return box


def freeze_view(world: Matrix, projection: Matrix, framing: Framing, camera: str, frame_number: int) -> View:
    """The view onto the canvas as plain numbers."""
    canvas_projection = Matrix(build_window_matrix(framing.window)) @ projection
    return build_view(world, canvas_projection, camera, frame_number)


def build_view(world: Matrix, projection: Matrix, camera: str, frame_number: int) -> View:
    """A view with these matrices as plain numbers."""
    return View(
        world=_rows(world),
        projection=_rows(projection),
        orthographic=abs(projection[3][3]) > 0.5,
        camera=camera,
        frame_number=frame_number,
    )


def _rows(matrix: Matrix) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((row[0], row[1], row[2], row[3]) for row in matrix)


@contextmanager
def canvas_camera(
    scene: bpy.types.Scene,
    camera: bpy.types.Object | None,
    view: View,
    canvas: tuple[int, int],
    depsgraph: bpy.types.Depsgraph,
) -> Iterator[bpy.types.Object]:
    """A temporary camera whose frame is exactly the canvas, as the camera of a temporary scene.

    A copy of `camera` keeps its animation (motion blur), depth of field and clipping. None: one that stands still where
    the view is from.
    """
    data = camera.data.copy() if camera else bpy.data.cameras.new("Capture")
    copy = camera.copy() if camera else bpy.data.objects.new("Capture", data)
    try:
        if camera:
            _freeze_animation(data, camera.data.evaluated_get(depsgraph))
            copy.data = data
        else:
            place_camera(copy, data, view)
        fill_canvas(data, view, canvas)
        scene.collection.objects.link(copy)
        scene.camera = copy
        yield copy
    finally:
        bpy.data.objects.remove(copy)
        bpy.data.cameras.remove(data)


def fill_canvas(data: bpy.types.Camera, view: View, canvas: tuple[int, int]) -> None:
    """Set sensor (or orthographic scale) and shift so that a render of the canvas's size has the view's projection.

    The focal length stays, and with it the depth of field.
    """
    matrix, shape = view.projection, canvas[1] / canvas[0]
    data.sensor_fit = "HORIZONTAL"
    if view.orthographic:
        data.type = "ORTHO"
        data.ortho_scale = 2 / matrix[0][0]
        data.shift_x, data.shift_y = -matrix[0][3] / 2, -matrix[1][3] / 2 * shape
        return
    data.type = "PERSP"
    data.sensor_width = 2 * data.lens / matrix[0][0]
    data.shift_x, data.shift_y = matrix[0][2] / 2, matrix[1][2] / 2 * shape


def _freeze_animation(copy: bpy.types.Camera, evaluated_data: bpy.types.Camera) -> None:
    """Take an animated lens as it is now: its curves would overwrite what `fill_canvas` sets."""
    if copy.animation_data is None:
        return
    copy.animation_data_clear()
    for source, target in ((evaluated_data, copy), (evaluated_data.dof, copy.dof)):
        for prop in source.bl_rna.properties:
            if not prop.is_readonly and prop.type in ("FLOAT", "INT", "ENUM", "BOOLEAN"):
                setattr(target, prop.identifier, getattr(source, prop.identifier))


def place_camera(item: bpy.types.Object, data: bpy.types.Camera, view: View) -> None:
    """Stand where the view is from, with its clipping.

    A 3D view's orthographic one also shows what lies behind it, which a camera cannot: it steps back.
    """
    world, matrix = Matrix(view.world), view.projection
    if view.orthographic:
        near = (matrix[2][3] + 1) / matrix[2][2]
        far = (matrix[2][3] - 1) / matrix[2][2]
        world = world @ Matrix.Translation((0.0, 0.0, 0.1 - near))
        data.clip_start, data.clip_end = 0.1, far - near + 0.1
    else:
        data.clip_start = matrix[2][3] / (matrix[2][2] - 1)
        data.clip_end = matrix[2][3] / (matrix[2][2] + 1)
    item.matrix_world = world


def check_fit(camera: bpy.types.Object, fit: Fit) -> None:
    """Raises `InputError` for EXTEND with a panoramic camera, whose image cannot show more around its frame."""
    if fit is Fit.EXTEND and not is_flat(camera):
        raise InputError(
            "A panoramic camera has no more to show around its frame.",
            next_step="Choose Crop or Pad under Fit.",
        )
