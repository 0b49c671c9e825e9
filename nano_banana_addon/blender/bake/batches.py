# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces as the GPU draws them."""

from __future__ import annotations

import numpy as np
from gpu.types import GPUBatch, GPUIndexBuf, GPUVertBuf, GPUVertFormat
from numpy.typing import NDArray

from ...imaging.arrays import Reals
from .mesh import Surface


def surface_vertices(surface: Surface) -> GPUVertBuf:
    """Three vertices a triangle, with position, normal and uv (zero when there is none)."""
    layout = GPUVertFormat()
    for name, length in (("position", 3), ("normal", 3), ("uv", 2)):
        layout.attr_add(id=name, comp_type="F32", len=length, fetch_mode="FLOAT")
    count = surface.triangle_count * 3
    vertices = GPUVertBuf(layout, count)
    vertices.attr_fill("position", surface.corners.reshape(count, 3))
    vertices.attr_fill("normal", surface.normals.reshape(count, 3))
    uvs = surface.uvs if surface.uvs is not None else np.zeros((count, 2), np.float32)
    vertices.attr_fill("uv", np.ascontiguousarray(uvs.reshape(count, 2)))
    return vertices


def surface_batch(surface: Surface) -> GPUBatch:
    """All triangles with position, normal and uv per corner."""
    return GPUBatch(type="TRIS", buf=surface_vertices(surface))


def part_batch(vertices: GPUVertBuf, triangles: NDArray[np.integer]) -> GPUBatch:
    """Some triangles of `surface_vertices`, by their numbers (n,)."""
    corners = triangles[:, None].astype(np.uint32) * 3 + np.arange(3, dtype=np.uint32)
    return GPUBatch(type="TRIS", buf=vertices, elem=GPUIndexBuf(type="TRIS", seq=corners))


def solid_batch(surface: Surface) -> GPUBatch:
    """All triangles with positions only, each point once: a sixth of the vertices, for drawing distances."""
    points = np.zeros((int(surface.vertices.max(initial=-1)) + 1, 3), np.float32)
    points[surface.vertices.reshape(-1)] = surface.corners.reshape(-1, 3)
    layout = GPUVertFormat()
    layout.attr_add(id="position", comp_type="F32", len=3, fetch_mode="FLOAT")
    vertices = GPUVertBuf(layout, len(points))
    vertices.attr_fill("position", points)
    indices = GPUIndexBuf(type="TRIS", seq=surface.vertices.astype(np.uint32))
    return GPUBatch(type="TRIS", buf=vertices, elem=indices)


def flat_batch(places: Reals) -> GPUBatch:
    """Triangles from corners (n, 2) in the target's clip space."""
    layout = GPUVertFormat()
    layout.attr_add(id="position", comp_type="F32", len=2, fetch_mode="FLOAT")
    vertices = GPUVertBuf(layout, len(places))
    vertices.attr_fill("position", np.ascontiguousarray(places, np.float32))
    return GPUBatch(type="TRIS", buf=vertices)


def full_batch() -> GPUBatch:
    """One triangle that covers the whole target."""
    return flat_batch(np.array([[-1, -1], [3, -1], [-1, 3]], dtype=np.float32))
