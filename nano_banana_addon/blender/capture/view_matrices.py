# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a 3D view looks from, and how: as Blender has it after a redraw, computed where none happens."""

from __future__ import annotations

from math import sqrt

import bpy
from mathutils import Matrix

from . import lens
from .view3d import View3D

#: Width in millimetres of the sensor that a 3D view's focal length refers to, and the factor by which a view shows
#: more than a camera of that lens (Blender: DEFAULT_SENSOR_WIDTH, CAMERA_PARAM_ZOOM_INIT_PERSP).
_SENSOR_WIDTH, _ZOOM_FACTOR = 36.0, 2.0


def compute_matrices(view: View3D, scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> tuple[Matrix, Matrix]:
    """World and projection (of the region) of what a 3D view shows.

    In background mode no redraw has brought its matrices up to date, and asking Blender to (`update`) ends it while the
    GPU is asleep.
    """
    if not bpy.app.background:
        return view.data.view_matrix.inverted_safe(), view.data.window_matrix.copy()
    camera = view.space.camera if view.space.use_local_camera else scene.camera
    if view.data.view_perspective == "CAMERA" and camera is not None:
        return lens.camera_world(camera, depsgraph), _compute_camera_projection(view, camera, depsgraph)
    rotation = view.data.view_rotation.to_matrix().to_4x4()
    centre = Matrix.Translation(view.data.view_location) @ rotation
    if view.data.view_perspective == "ORTHO":  # looks from its centre, to both sides
        return centre, _compute_view_projection(view)
    return centre @ Matrix.Translation((0.0, 0.0, view.data.view_distance)), _compute_view_projection(view)


def _compute_view_projection(view: View3D) -> Matrix:
    width, height = view.size
    share = (max(width, height) / width, max(width, height) / height)
    space, near, far = view.space, view.space.clip_start, view.space.clip_end
    if view.data.view_perspective == "ORTHO":
        extent = view.data.view_distance * _SENSOR_WIDTH / space.lens * _ZOOM_FACTOR
        depth = far / 2  # an orthographic view shows as much behind its centre as before it
        return Matrix.Diagonal((2 / extent * share[0], 2 / extent * share[1], -1 / depth, 1.0))
    focal = 2 * space.lens / (_SENSOR_WIDTH * _ZOOM_FACTOR)
    matrix = Matrix.Diagonal((focal * share[0], focal * share[1], -(far + near) / (far - near), 0.0))
    matrix[2][3], matrix[3][2] = -2 * far * near / (far - near), -1.0
    return matrix


def _compute_camera_projection(view: View3D, camera: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> Matrix:
    """The camera's frame as it lies in the region: zoomed and moved."""
    width, height = (round(side) for side in view.size)
    matrix = camera.calc_matrix_camera(depsgraph, x=width, y=height)
    zoom = (sqrt(2) + view.data.view_camera_zoom / 50) ** 2 / 4  # BKE_screen_view3d_zoom_to_fac
    column, sign = (2, 1) if matrix[3][3] == 0.0 else (3, -1)
    for row in (0, 1):
        offset = matrix[row][column] + sign * 4 * view.data.view_camera_offset[row]
        matrix[row][row], matrix[row][column] = matrix[row][row] * zoom, offset * zoom
    return matrix
