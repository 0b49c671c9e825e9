# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks on an image: small numbered discs with a leader to the point that they are for, and drawn strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import cos, hypot, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .arrays import Colour, Pixels

_FILL, _INK = (214, 0, 60), (255, 255, 255)
_RADIUS, _LEAST_RADIUS = 1 / 44, 10.0  # of a disc: part of the image's shorter side, and pixels
_HALVED = 1400  # pixels of the shorter side from which the copy is smaller than the image
_STROKE_UNIT = 1080  # pixels of the shorter side at which a stroke is as wide as it was drawn
_GRAIN = 4  # discs are drawn larger and made smaller, which makes their edges smooth
_DISTANCES, _DIRECTIONS = (2.6, 4.2, 6.0), 12  # where a disc may lie: radii from its point, first of all to the right

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A drawn line: its points as parts of the image from the top left corner, its width in pixels, its colour."""

    places: tuple[Place, ...]
    width: float
    colour: Colour


def draw_marks(
    image: Image.Image, points: Sequence[tuple[int, float, float]], strokes: Sequence[Stroke] = ()
) -> Pixels:
    """A copy (h, w, 3) uint8 of an RGB image with marks: strokes first, then (number, x, y) in parts of the image.

    One of 2K or more is halved: the model sees the details on the image itself.
    """
    picture = image.reduce(2) if min(image.size) >= _HALVED else image.copy()
    draw = ImageDraw.Draw(picture)
    scale = min(picture.size) / _STROKE_UNIT
    for stroke in strokes:
        _draw_stroke(draw, [_scale(place, picture.size) for place in stroke.places], stroke, scale)
    radius = max(min(picture.size) * _RADIUS, _LEAST_RADIUS)
    targets = [_scale((x, y), picture.size) for _, x, y in points]
    centres = _arrange_discs(targets, radius, picture.size)
    for target, centre in zip(targets, centres, strict=True):
        _draw_leader(draw, centre, target, radius)
    for (number, _, _), centre in zip(points, centres, strict=True):
        disc = _draw_disc(number, radius)
        picture.paste(disc, (round(centre[0] - disc.width / 2), round(centre[1] - disc.height / 2)), mask=disc)
    return np.asarray(picture)


def _scale(place: Place, size: tuple[int, int]) -> Place:
    return place[0] * size[0], place[1] * size[1]


def _draw_stroke(draw: ImageDraw.ImageDraw, line: Sequence[Place], stroke: Stroke, scale: float) -> None:
    width = max(round(stroke.width * scale), 2)
    if len(line) > 1:
        draw.line(line, fill=stroke.colour, width=width, joint="curve")
    for x, y in (line[0], line[-1]):
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=stroke.colour)


def _arrange_discs(targets: Sequence[Place], radius: float, size: tuple[int, int]) -> list[Place]:
    """A place for each disc inside the image, as far as there is one that covers no point and no other disc."""
    centres: list[Place] = []
    for target in targets:
        choices = [
            (target[0] + distance * radius * cos(turn), target[1] - distance * radius * sin(turn))
            for distance, turn in product(_DISTANCES, (pi / 6 + 2 * pi * n / _DIRECTIONS for n in range(_DIRECTIONS)))
        ]
        inside = [c for c in choices if all(radius <= c[axis] <= size[axis] - radius for axis in (0, 1))]
        choices = inside or choices
        taken = [(centre, 2.3) for centre in centres] + [(point, 1.5) for point in targets]
        free = (c for c in choices if all(hypot(c[0] - x, c[1] - y) >= gap * radius for (x, y), gap in taken))
        centres.append(next(free, choices[0]))
    return centres


def _draw_leader(draw: ImageDraw.ImageDraw, centre: Place, target: Place, radius: float) -> None:
    width = max(round(radius / 7), 2)
    for extra, colour in ((2, _INK), (0, _FILL)):
        draw.line((centre, target), fill=colour, width=width + extra)
        dot = radius / 5 + extra / 2
        draw.ellipse((target[0] - dot, target[1] - dot, target[0] + dot, target[1] + dot), fill=colour)


def _draw_disc(number: int, radius: float) -> Image.Image:
    side = round(radius * 2)
    large = Image.new("RGBA", (side * _GRAIN, side * _GRAIN))
    draw = ImageDraw.Draw(large)
    rim = max(side * _GRAIN // 14, 1)
    draw.ellipse((0, 0, large.width - 1, large.height - 1), fill=_FILL, outline=_INK, width=rim)
    text = str(number)
    font = ImageFont.load_default(large.height * (0.66 if len(text) < 2 else 0.5))
    draw.text((large.width / 2, large.height / 2), text, font=font, fill=_INK, anchor="mm")
    return large.resize((side, side), Image.Resampling.LANCZOS)
