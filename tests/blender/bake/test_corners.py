# SPDX-License-Identifier: GPL-3.0-or-later
"""A corner of a checker in a picture becomes the texel of the surface point that it was seen at."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector
from numpy.typing import NDArray

from nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.mesh import read_geometry
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.core.scene.capture import View
from nano_banana_addon.features.texture.views.view_cameras import view_of
from tests.oracle import painter, scenes, truth

SIZE = 1024
HALF = np.array([1.0, 0.8, 0.6])  # of the box
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """A camera of Blender's own, and the picture's size."""

    canvas: tuple[int, int]
    kind: str = "PERSP"
    shift: tuple[float, float] = (0.0, 0.0)
    place: tuple[float, float, float] = (3.1, -4.2, 2.9)


LOOKS = {
    "perspective": Look((1024, 1024)),
    "lens shift, tall, from below": Look((768, 1376), shift=(-0.05, 0.09), place=(-3.4, 3.6, -3.1)),
    "orthographic, shifted, wide": Look((1376, 768), "ORTHO", shift=(-0.06, 0.08)),
}


@dataclass(frozen=True)
class Side:
    """A face of the box: its place is `centre + across * s + up * t` for s, t from -1 to 1; UVs lie in its cell."""

    cell: tuple[int, int]
    centre: Doubles
    across: Doubles
    up: Doubles

    def place(self, s: float, t: float) -> Doubles:
        return self.centre + self.across * s + self.up * t

    def uv(self, s: float, t: float) -> Doubles:
        return (np.array(self.cell) + 0.5 + 0.46 * np.array([s, t])) / [3, 2]

    def from_uv(self, uv: Doubles) -> Doubles:
        s, t = (uv * [3, 2] - np.array(self.cell) - 0.5) / 0.46
        return self.place(s, t)


def box_sides() -> list[Side]:
    sides = []
    for axis in range(3):
        for sign in (1.0, -1.0):
            one, other = np.roll(np.eye(3), -axis - 1, axis=0)[:2] * HALF
            across, up = (one, other) if sign > 0 else (other, one)
            centre = np.eye(3)[axis] * HALF * sign
            sides.append(Side((axis, int(sign < 0)), centre, across, up))
    return sides


def box() -> bpy.types.Object:
    """A box with the truth's checker; each side has a rectangle of the map."""
    scenes.empty_file()
    mesh = bpy.data.meshes.new("Box")
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    sides = box_sides()
    places = [tuple(side.place(s, t)) for side in sides for s, t in corners]
    mesh.from_pydata(places, [], [tuple(range(4 * i, 4 * i + 4)) for i in range(6)])
    layer = mesh.uv_layers.new(name="UVMap")
    for index, (side, (s, t)) in enumerate((side, c) for side in sides for c in corners):
        layer.uv[index].vector = side.uv(s, t)
    shape = bpy.data.objects.new("Box", mesh)
    mesh.materials.append(truth.material())
    bpy.context.scene.collection.objects.link(shape)
    return shape


def camera(look: Look) -> bpy.types.Object:
    data = bpy.data.cameras.new("Look")
    data.type, data.ortho_scale, data.lens = look.kind, 5.0 if look.canvas[0] > 1024 else 3.6, 60.0
    data.shift_x, data.shift_y = look.shift
    made = bpy.data.objects.new("Look", data)
    made.location = look.place
    made.rotation_euler = (-Vector(look.place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(made)
    bpy.context.view_layer.update()
    return made


def on_picture(view: View, place: Doubles, canvas: tuple[int, int]) -> Doubles:
    clip = np.array(view.projection) @ np.linalg.inv(np.array(view.world)) @ np.append(place, 1)
    return (clip[:2] / clip[3] * [0.5, -0.5] + 0.5) * canvas


def corners_of(side: Side) -> list[tuple[float, float]]:
    """Where the checker's sines change their sign in both directions, clear of the side's border."""
    found = []
    spread = [np.arange(-20, 20) * pi - 0.4] * 2
    for a in spread[0] / truth.CELLS:
        for b in spread[1] / truth.CELLS:
            s = (a - side.centre @ unit(side.across)) / np.linalg.norm(side.across)
            t = (b - side.centre @ unit(side.up)) / np.linalg.norm(side.up)
            if max(abs(s), abs(t)) < 0.9:
                found.append((float(s), float(t)))
    return found


def unit(direction: Doubles) -> Doubles:
    return direction / np.linalg.norm(direction)


def saddle(grey: Doubles, near: Doubles, reach: int = 7) -> Doubles:
    """The corner nearest to a place (x, y; a texel's centre has .5): where all gradients point across the way to it
    (Förstner & Gülch 1987)."""
    at = near.copy()
    for _ in range(8):
        column, row = np.floor(at).astype(int)
        part = grey[row - reach - 1 : row + reach + 2, column - reach - 1 : column + reach + 2]
        down, across = np.gradient(part)
        y, x = np.mgrid[-reach - 1 : reach + 2, -reach - 1 : reach + 2] + 0.5
        y, x = y + row, x + column
        weight = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (reach / 2) ** 2)
        xx, xy, yy = (
            weight * across**2,
            weight * across * down,
            weight * down**2,
        )
        matrix = np.array([[xx.sum(), xy.sum()], [xy.sum(), yy.sum()]])
        right = np.array([(xx * x + xy * y).sum(), (xy * x + yy * y).sum()])
        at = np.linalg.solve(matrix, right)
    return at


@pytest.mark.parametrize("name", list(LOOKS))
def test_corners_lie_where_they_were_seen(name: str, tmp_path: Path) -> None:
    look = LOOKS[name]
    shape = box()
    eye = camera(look)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    view = view_of(eye, depsgraph, look.canvas)
    picture = painter.render_camera(eye, look.canvas, str(tmp_path))
    settings = BakeSettings(size=(SIZE, SIZE), match_colours=False, finish=False, heat_size=0)
    geometry = read_geometry(depsgraph, [shape])
    baked = bake_geometry(geometry, [PaintedView(view, picture)], settings).maps[0]
    grey = baked.rgba[..., :3].astype(np.float64).mean(axis=-1)
    off = []
    for side in box_sides():
        for s, t in corners_of(side):
            expected = side.uv(s, t)
            texel = np.array([expected[0], 1 - expected[1]]) * SIZE
            column, row = texel.astype(int)
            if not baked.painted_mask[row - 9 : row + 10, column - 9 : column + 10].all():
                continue
            found = saddle(grey, texel) / SIZE
            place = side.from_uv(np.array([found[0], 1 - found[1]]))
            there = on_picture(view, side.place(s, t), look.canvas)
            off.append(np.linalg.norm(on_picture(view, place, look.canvas) - there))
    assert len(off) >= 15
    assert max(off) <= 0.5, f"{name}: {max(off):.3f} px, median {np.median(off):.3f} px"
    assert np.median(off) <= 0.15
