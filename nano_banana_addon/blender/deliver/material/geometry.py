# SPDX-License-Identifier: GPL-3.0-or-later
"""The frozen camera as numbers for shader nodes, in double precision (mathutils computes in single)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ....core.scene.capture import View
from ....core.scene.frames import multiply_matrices

Row = tuple[float, float, float, float]
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Projector:
    """Where a point lies in the captured picture: with P = (x, y, z, 1) in world or object space,

    u = across.P / depth.P, v = up.P / depth.P (0...1 from the bottom left corner of the picture), and the point is in
    front of the camera where near.P > 0. `eye` is the camera's place, or for orthographic cameras the direction towards
    it.
    """

    across: Row
    up: Row
    depth: Row
    near: Row
    eye: tuple[float, float, float]
    orthographic: bool
    object_space: bool

    def facts(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def projector(view: View, object_world: Iterable[Iterable[float]] | None = None) -> Projector:
    """The projector of a captured view, for world coordinates or for an object's own (with its matrix).

    In the object's own coordinates the image moves with it.
    """
    clip = multiply_matrices(view.projection, affine_inverse(view.world))
    column = 2 if view.orthographic else 3
    eye = [row[column] for row in view.world][:3]
    if object_world is not None:
        world = tuple(tuple(float(x) for x in row) for row in object_world)
        clip = multiply_matrices(clip, world)
        back = affine_inverse(world)
        weight = 0.0 if view.orthographic else 1.0
        eye = [row[0] for row in multiply_matrices(back, [[x] for x in (*eye, weight)])][:3]
    x, y, z, w = clip
    return Projector(
        across=_half_sum(x, w),
        up=_half_sum(y, w),
        depth=(w[0], w[1], w[2], w[3]),
        near=_half_sum(z, w),
        eye=(eye[0], eye[1], eye[2]),
        orthographic=view.orthographic,
        object_space=object_world is not None,
    )


def affine_inverse(rows: Rows) -> Rows:
    """The inverse of a 4 x 4 matrix whose last row is 0 0 0 1, by the adjugate of its 3 x 3 part.

    Raises `ValueError` if it has none.
    """
    (a, b, c, x), (d, e, f, y), (g, h, i, z) = (tuple(map(float, row)) for row in rows[:3])
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if determinant == 0:
        raise ValueError("a matrix that is scaled to nothing cannot be inverted")
    inverse = [
        [(e * i - f * h), (c * h - b * i), (b * f - c * e)],
        [(f * g - d * i), (a * i - c * g), (c * d - a * f)],
        [(d * h - e * g), (b * g - a * h), (a * e - b * d)],
    ]
    result = [[value / determinant for value in row] for row in inverse]
    for row in result:
        row.append(-(row[0] * x + row[1] * y + row[2] * z))
    return (*(tuple(row) for row in result), (0.0, 0.0, 0.0, 1.0))


def _half_sum(row: tuple[float, ...], w: tuple[float, ...]) -> Row:
    half = [(p + q) / 2 for p, q in zip(row, w, strict=True)]
    return (half[0], half[1], half[2], half[3])
