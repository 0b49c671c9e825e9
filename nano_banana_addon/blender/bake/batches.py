# SPDX-License-Identifier: GPL-3.0-or-later
"""Vertex buffers and batches: triangles in the GPU's memory."""

from __future__ import annotations

import numpy as np
from gpu.types import GPUBatch, GPUIndexBuf, GPUVertBuf, GPUVertFormat

from ...imaging.arrays import Indices, Reals
from .mesh import Surface


def create_vertices(**attributes: Reals) -> GPUVertBuf:
    """Vertices with attributes of these names; each array has shape (vertices, 1 to 4) and is stored as float32."""
    layout = GPUVertFormat()
    for name, values in attributes.items():
        layout.attr_add(id=name, comp_type="F32", len=values.shape[1], fetch_mode="FLOAT")
    vertices = GPUVertBuf(layout, len(next(iter(attributes.values()))))
    for name, values in attributes.items():
        vertices.attr_fill(name, np.ascontiguousarray(values, np.float32))
    return vertices


def surface_vertices(surface: Surface, **attributes: Reals) -> GPUVertBuf:
    """Three vertices for each triangle: position, normal, and further attributes of shape (3 * triangles, 1 to 4)."""
    return create_vertices(position=surface.corners.reshape(-1, 3), normal=surface.normals.reshape(-1, 3), **attributes)


def uv_vertices(surface: Surface) -> GPUVertBuf:
    """Three vertices for each triangle: position, normal and uv (zero without a UV map)."""
    uvs = surface.uvs if surface.uvs is not None else np.zeros((surface.triangle_count, 3, 2), np.float32)
    return surface_vertices(surface, uv=uvs.reshape(-1, 2))


def surface_batch(surface: Surface) -> GPUBatch:
    """All triangles with position, normal and uv per corner."""
    return GPUBatch(type="TRIS", buf=uv_vertices(surface))


def part_batch(vertices: GPUVertBuf, triangles: Indices) -> GPUBatch:
    """The triangles of `uv_vertices` whose numbers are given, shape (n,)."""
    corners = triangles[:, None].astype(np.uint32) * 3 + np.arange(3, dtype=np.uint32)
    return GPUBatch(type="TRIS", buf=vertices, elem=GPUIndexBuf(type="TRIS", seq=corners))


def solid_batch(surface: Surface) -> GPUBatch:
    """All triangles with positions only, each point once: a sixth of the vertices, for drawing distances."""
    points = np.zeros((int(surface.vertices.max(initial=-1)) + 1, 3), np.float32)
    points[surface.vertices.reshape(-1)] = surface.corners.reshape(-1, 3)
    indices = GPUIndexBuf(type="TRIS", seq=surface.vertices.astype(np.uint32))
    return GPUBatch(type="TRIS", buf=create_vertices(position=points), elem=indices)


def flat_batch(places: Reals) -> GPUBatch:
    """Triangles from corners of shape (n, 2) in the target's clip space, -1 ... 1."""
    return GPUBatch(type="TRIS", buf=create_vertices(position=places))


def full_batch() -> GPUBatch:
    """One triangle that covers the whole target."""
    return flat_batch(np.array([[-1, -1], [3, -1], [-1, 3]], dtype=np.float32))
