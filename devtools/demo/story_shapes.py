# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures and the two places of the storyboard demo, of turned profiles and boxes. Figures look along -Y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians

import bpy

from devtools.demo.scene import Colour, Look, place
from devtools.demo.shapes import APPLE, BOTTLE, BOWL, JUG, Profile, box, lathe

_BALL: Profile = ((0.0, -1.0), (0.5, -0.87), (0.87, -0.5), (1.0, 0.0), (0.87, 0.5), (0.5, 0.87), (0.0, 1.0))
_COAT: Profile = (
    (0.0, 0.0),
    (0.24, 0.0),
    (0.25, 0.05),
    (0.2, 0.5),
    (0.21, 0.75),
    (0.17, 0.95),
    (0.07, 1.02),
    (0, 1.02),
)
_STOOL: Profile = (
    (0.0, 0.0),
    (0.12, 0.0),
    (0.1, 0.03),
    (0.05, 0.06),
    (0.05, 0.4),
    (0.19, 0.43),
    (0.19, 0.46),
    (0, 0.46),
)
_LANTERN: Profile = (
    (0.0, 0.0),
    (0.08, 0.0),
    (0.09, 0.02),
    (0.07, 0.05),
    (0.08, 0.12),
    (0.07, 0.19),
    (0.03, 0.25),
    (0, 0.27),
)
_BOLLARD: Profile = ((0.0, 0.0), (0.13, 0.0), (0.11, 0.08), (0.1, 0.3), (0.16, 0.36), (0.15, 0.44), (0.0, 0.46))
_TOWER: Profile = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (0.8, 1.0), (0.8, 1.0), (0.0, 1.0))
_SKIN, _WOOD, _WHITE = (0.62, 0.36, 0.24), (0.24, 0.12, 0.055), (0.75, 0.73, 0.68)


@dataclass(frozen=True, slots=True)
class Figure:
    """One character: height and breadth as parts of a grown-up's, colours of coat and hat, a brim, a description."""

    name: str
    description: str
    coat: Colour
    hat: Colour
    height: float = 1.0
    breadth: float = 1.0
    brim: float = 0.0


@dataclass(frozen=True, slots=True)
class Adding:
    """Adds shapes to a collection, at places from its corner."""

    collection: bpy.types.Collection
    corner: Sequence[float] = (0.0, 0.0, 0.0)

    def add(self, name: str, mesh: bpy.types.Mesh, at: Sequence[float], colour: Colour) -> bpy.types.Object:
        """A shape of one colour."""
        where = [a + b for a, b in zip(self.corner, at, strict=True)]
        return place(name, mesh, where, Look(colour, 0.7), self.collection)

    def add_box(self, name: str, size: Sequence[float], at: Sequence[float], colour: Colour) -> bpy.types.Object:
        """A box, its middle at a place."""
        return self.add(name, box(name, size, 0.01), at, colour)

    def add_ball(self, name: str, size: Sequence[float], at: Sequence[float], colour: Colour) -> bpy.types.Object:
        """A ball with these radii."""
        ball = self.add(name, lathe(name, _BALL, 24), at, colour)
        ball.scale = size
        return ball


def _make_collection(name: str) -> bpy.types.Collection:
    collection = bpy.data.collections.new(name)
    bpy.context.scene.collection.children.link(collection)
    return collection


def add_figure(figure: Figure) -> bpy.types.Object:
    """The root of a figure, which stands at the origin; what it is made of are its children."""
    adding = Adding(_make_collection(figure.name))
    root = bpy.data.objects.new(figure.name, None)
    root.empty_display_size = 0.2
    adding.collection.objects.link(root)
    coat = adding.add(f"{figure.name} Coat", lathe("Coat", _COAT, 32), (0, 0, 0.35), figure.coat)
    parts = [coat, *_add_limbs(adding, figure), *_add_head(adding, figure)]
    for part in parts:
        part.parent = root
    root.scale = (figure.breadth, figure.breadth, figure.height)
    return root


def _add_limbs(adding: Adding, figure: Figure) -> list[bpy.types.Object]:
    parts = []
    for side in (-1, 1):
        leg = adding.add_ball(f"{figure.name} Boot", (0.09, 0.13, 0.2), (0.1 * side, -0.03, 0.2), (0.05, 0.04, 0.04))
        arm = adding.add_ball(f"{figure.name} Arm", (0.07, 0.07, 0.33), (0.24 * side, -0.02, 1.0), figure.coat)
        arm.rotation_euler.y = radians(-10 * side)
        hand = adding.add_ball(f"{figure.name} Hand", (0.055, 0.055, 0.07), (0.3 * side, -0.02, 0.68), _SKIN)
        parts += [leg, arm, hand]
    return parts


def _add_head(adding: Adding, figure: Figure) -> list[bpy.types.Object]:
    name = figure.name
    parts = [
        adding.add_ball(f"{name} Head", (0.14, 0.15, 0.17), (0, 0, 1.5), _SKIN),
        adding.add_ball(f"{name} Nose", (0.025, 0.04, 0.03), (0, -0.15, 1.49), _SKIN),
        adding.add_ball(f"{name} Hat", (0.155, 0.165, 0.12), (0, 0.015, 1.6), figure.hat),
    ]
    if figure.brim:
        parts.append(adding.add_ball(f"{name} Brim", (figure.brim, figure.brim, 0.02), (0, 0, 1.58), figure.hat))
    for side in (-1, 1):
        parts.append(adding.add_ball(f"{name} Eye", (0.018,) * 3, (0.055 * side, -0.138, 1.53), (0.01, 0.01, 0.012)))
    return parts


def add_lantern() -> bpy.types.Object:
    """A lantern that stands at the origin."""
    adding = Adding(bpy.context.scene.collection)
    lantern = adding.add("Lantern", lathe("Lantern", _LANTERN, 32), (0, 0, 0), (0.95, 0.62, 0.16))
    grip = adding.add_ball("Lantern Grip", (0.05, 0.012, 0.05), (0, 0, 0.29), (0.08, 0.07, 0.06))
    grip.parent = lantern
    return lantern


def add_kitchen(corner: Sequence[float]) -> bpy.types.Collection:
    """A room of 6 x 5 metres without a front and a ceiling; its middle is the corner."""
    adding = Adding(_make_collection("Kitchen"), corner)
    wall = (0.38, 0.46, 0.42)
    adding.add_box("Floor", (6, 5, 0.1), (0, 0, -0.05), (0.32, 0.21, 0.13))
    adding.add_box("Back Wall", (6, 0.1, 2.8), (0, 2.5, 1.4), wall)
    for side in (-1, 1):
        adding.add_box("Side Wall", (0.1, 5, 2.8), (3 * side, 0, 1.4), wall)
    _add_window(adding, (1.5, 2.43, 1.55))
    adding.add_box("Table Top", (1.7, 0.9, 0.06), (-0.3, 0.3, 0.75), _WOOD)
    for x, y in ((-1.05, -0.05), (0.45, -0.05), (-1.05, 0.65), (0.45, 0.65)):
        adding.add_box("Table Leg", (0.07, 0.07, 0.72), (x, y, 0.36), _WOOD)
    adding.add("Stool", lathe("Stool", _STOOL, 32), (1.9, -0.3, 0), _WOOD)
    adding.add_box("Stove", (0.9, 0.7, 0.9), (-2.4, 2.05, 0.45), (0.06, 0.06, 0.07))
    adding.add_box("Stove Pipe", (0.16, 0.16, 2.0), (-2.4, 2.2, 1.9), (0.06, 0.06, 0.07))
    adding.add_box("Shelf", (1.6, 0.28, 0.04), (-0.6, 2.3, 1.75), _WOOD)
    _add_vessels(adding)
    return adding.collection


def _add_window(adding: Adding, at: tuple[float, float, float]) -> None:
    x, y, z = at
    adding.add_box("Window Frame", (1.2, 0.08, 1.2), at, _WHITE)
    for across in (-0.28, 0.28):
        for up in (-0.28, 0.28):
            adding.add_box("Pane", (0.48, 0.06, 0.48), (x + across, y - 0.03, z + up), (0.1, 0.2, 0.42))


def _add_vessels(adding: Adding) -> None:
    shelf: Sequence[tuple[str, Profile, float, Colour]] = (
        ("Jug", JUG, -1.2, _WHITE),
        ("Bottle", BOTTLE, -0.9, (0.05, 0.2, 0.09)),
        ("Bottle", BOTTLE, -0.7, (0.3, 0.12, 0.05)),
        ("Bowl", BOWL, -0.2, (0.14, 0.28, 0.45)),
    )
    for name, profile, x, colour in shelf:
        adding.add(name, lathe(name, profile, 32), (x, 2.28, 1.77), colour)
    adding.add("Bowl", lathe("Bowl", BOWL, 32), (-0.7, 0.35, 0.78), (0.14, 0.28, 0.45))
    for x, y in ((-0.74, 0.32), (-0.66, 0.36), (-0.7, 0.4)):
        adding.add("Apple", lathe("Apple", APPLE, 24), (x, y, 0.82), (0.55, 0.06, 0.04))


def add_quay(corner: Sequence[float]) -> bpy.types.Collection:
    """A quay of 14 metres into the sea, with a boat and a lighthouse."""
    adding = Adding(_make_collection("Quay"), corner)
    adding.add_box("Sea", (400, 400, 0.1), (0, 15, -0.9), (0.03, 0.1, 0.16))
    for plank in range(28):
        tint = 0.8 + 0.2 * (plank * 7 % 5) / 4
        colour = (0.3 * tint, 0.22 * tint, 0.15 * tint)
        adding.add_box("Plank", (3, 0.47, 0.1), (0, plank * 0.5 - 6.75, -0.05), colour)
    for side in (-1, 1):
        for y in (-5, -1.5, 2, 5.5):
            adding.add_box("Post", (0.22, 0.22, 1.0), (1.4 * side, y, -0.55), _WOOD)
            adding.add("Bollard", lathe("Bollard", _BOLLARD, 32), (1.3 * side, y, 0), (0.08, 0.08, 0.09))
    _add_boat(adding, 2.9, 1.5)
    _add_lighthouse(adding, -9, 22)
    return adding.collection


def _add_boat(adding: Adding, x: float, y: float) -> None:
    adding.add_ball("Hull", (0.85, 2.2, 0.7), (x, y, -0.75), (0.5, 0.12, 0.08))
    adding.add_box("Cabin", (0.9, 1.2, 0.8), (x, y - 0.5, 0.2), _WHITE)
    adding.add_box("Cabin Roof", (1.05, 1.4, 0.08), (x, y - 0.5, 0.64), (0.12, 0.24, 0.35))
    adding.add_box("Mast", (0.09, 0.09, 2.6), (x, y + 0.7, 1.0), _WOOD)


def _add_lighthouse(adding: Adding, x: float, y: float) -> None:
    adding.add_ball("Rock", (6, 5, 2.2), (x, y, -0.9), (0.16, 0.15, 0.15))
    for number in range(5):
        colour = (0.55, 0.07, 0.05) if number % 2 else _WHITE
        band = adding.add("Band", lathe("Band", _TOWER, 32), (x, y, 1.0 + 1.6 * number), colour)
        radius = 1.3 * 0.8**number
        band.scale = (radius, radius, 1.6)
    adding.add_ball("Lamp", (0.45, 0.45, 0.5), (x, y, 9.4), (1.0, 0.8, 0.35))
    adding.add_ball("Cap", (0.6, 0.6, 0.3), (x, y, 9.9), (0.1, 0.1, 0.11))
