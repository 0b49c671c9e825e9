# SPDX-License-Identifier: GPL-3.0-or-later
"""UV layouts over several UDIM tiles."""

from __future__ import annotations

import bpy
import numpy as np


def spread_over_tiles(shape: bpy.types.Object) -> None:
    """Move the UVs of each face by whole tiles: to 1001, 1002, 1011 or 1012, by its place left and right, below and
    above."""
    mesh = shape.data
    uvs = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", uvs)
    places = uvs.reshape(-1, 2)
    for face in mesh.polygons:
        places[face.loop_start : face.loop_start + face.loop_total] += (face.center.x > 0, face.center.z > 0)
    mesh.uv_layers[0].uv.foreach_set("vector", places.reshape(-1))
    mesh.update()
    bpy.context.view_layer.update()
