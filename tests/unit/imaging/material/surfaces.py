# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of surfaces of four kinds, each by its own code, under uneven light; none of them repeats."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from nano_banana_addon.imaging.arrays import Pixels

Values = np.ndarray
Draw = Callable[[int, np.random.Generator], Values]


def _cloud(side: int, cell: float, random: np.random.Generator, octaves: int = 4) -> Values:
    total = np.zeros((side, side))
    for octave in range(octaves):
        count = max(int(side / cell * 2**octave), 2)
        grid = Image.fromarray(random.random((count + 3, count + 3)).astype(np.float32))
        total += (
            0.55**octave
            * np.asarray(grid.resize((side * 5 // 4, side * 5 // 4), Image.Resampling.BICUBIC))[:side, :side]
        )
    return total / total.max()


def _fibres(side: int, length: int, random: np.random.Generator) -> Values:
    rows = Image.fromarray(random.random((max(side // length, 4), side)).astype(np.float32))
    return np.asarray(rows.resize((side, side), Image.Resampling.BICUBIC))


def _rust(side: int, random: np.random.Generator) -> Values:
    share = np.clip((_cloud(side, side / 6, random, 6) - 0.5) * 6, 0, 1)[..., None]
    metal = np.array((95, 100, 105)) * (1 - share)
    return metal + np.array((150, 80, 40)) * share * (0.7 + 0.5 * _cloud(side, 6, random))[..., None]


def _grass(side: int, random: np.random.Generator) -> Values:
    image = Image.new("RGB", (side, side), (40, 50, 25))
    draw = ImageDraw.Draw(image)
    for _ in range(side * 14):
        (x, y), length = random.random(2) * side, random.random() * side * 0.04 + 3
        angle, green = random.normal(-1.57, 0.5), random.random()
        colour = int(50 + 60 * green), int(80 + 90 * green), int(30 + 40 * green)
        draw.line((x, y, x + length * np.cos(angle), y + length * np.sin(angle)), fill=colour)
    return np.asarray(image, float)


def _plaster(side: int, random: np.random.Generator) -> Values:
    return (90 + 110 * _cloud(side, 4, random, 5))[..., None] * np.array((1, 0.95, 0.85))


def _bricks(side: int, random: np.random.Generator, width: float = 0.157, height: float = 0.086) -> Values:
    large = side * 2
    image = Image.new("RGB", (large, large), (150, 145, 135))
    draw, across, down, gap = ImageDraw.Draw(image), width * large, height * large, 0.008 * large
    for row in range(-1, int(1 / height) + 2):
        for column in range(-2, int(1 / width) + 2):
            x, y = column * across + (row % 2) * across / 2 + random.normal(0, gap * 0.2), row * down
            colour = tuple(int(v) for v in np.clip(np.array((150, 70, 50)) + random.normal(0, 14, 3), 0, 255))
            box = (x + gap / 2, y + gap / 2, x + across - gap / 2, y + down - gap / 2)
            draw.rounded_rectangle(box, radius=gap * 0.6, fill=colour)
    small = np.asarray(image.resize((side, side), Image.Resampling.LANCZOS), float)
    return small * (0.85 + 0.3 * _cloud(side, 12, random))[..., None]


def _square_tiles(side: int, random: np.random.Generator) -> Values:
    return _bricks(side, random, 0.213, 0.213)


def _cloth(side: int, random: np.random.Generator) -> Values:
    y, x = np.mgrid[0:side, 0:side] * (2 * np.pi * 61.3 / max(side, 1024))
    over = np.sin(x / 2) * np.sin(y / 2) > 0
    value = np.where(over, np.sin(x), np.sin(y)) * 0.5 + 0.5
    return np.array((60, 70, 95)) + (value * (0.8 + 0.3 * _cloud(side, 5, random)))[..., None] * np.array(
        (90, 100, 110)
    )


def _wood(side: int, random: np.random.Generator) -> Values:
    y, x = np.mgrid[0:side, 0:side] / side
    bent = 0.06 * _cloud(side, side / 3, random) + 0.02 * np.sin(4 * y)
    value = 0.55 * (np.sin(2 * np.pi * 9.3 * (x + bent)) * 0.5 + 0.5) + 0.45 * _fibres(side, 24, random)
    value = value * (0.8 + 0.4 * _cloud(side, side / 8, random))
    return np.array((90, 55, 30)) + value[..., None] * np.array((110, 75, 45))


def _planks(side: int, random: np.random.Generator) -> Values:
    place = np.broadcast_to(np.arange(side) / side * 6.37, (side, side))
    board = np.floor(place).astype(int)
    value = random.normal(1, 0.12, 9)[board] * (0.75 + 0.35 * _fibres(side, 40, random))
    value = value * np.where(np.abs(place - board - 0.5) * 2 > 0.96, 0.3, 1)
    return value[..., None] * np.array((150, 105, 70))


def _pebbles(side: int, random: np.random.Generator, count: int = 160) -> Values:
    y, x = np.ogrid[0:side, 0:side]
    nearest, second, owner = np.full((side, side), 1e18), np.full((side, side), 1e18), np.zeros((side, side), int)
    for number, (left, top) in enumerate(random.random((count, 2)) * side * 1.2 - side * 0.1):
        distance = (x - left) ** 2 + (y - top) ** 2
        owner[distance < nearest] = number
        np.minimum(second, np.maximum(nearest, distance), out=second)
        np.minimum(nearest, distance, out=nearest)
    nearest, second = np.sqrt(nearest), np.sqrt(second)
    edge = np.clip((second - nearest) / (side * 0.03), 0, 1) ** 0.5
    colours = random.normal(0, 22, (count, 3)) + np.array((130, 125, 115))
    return colours[owner] * ((0.25 + 0.75 * edge) * (0.9 + 0.2 * _cloud(side, 8, random)))[..., None]


def _stains(side: int, random: np.random.Generator) -> Values:
    y, x = np.mgrid[0:side, 0:side]
    values = np.full((side, side, 3), 175.0) + random.normal(0, 6, (side, side, 1))
    for _ in range(9):
        (left, top), radius = random.random(2) * side, random.uniform(0.04, 0.13) * side
        inside = np.clip(1 - np.hypot(x - left, y - top) / radius, 0, 1) ** 0.5
        values -= inside[..., None] * random.uniform(20, 70) * np.array((0.6, 0.8, 1))
    return values


KINDS: dict[str, tuple[Draw, ...]] = {
    "stochastic": (_rust, _grass, _plaster),
    "regular": (_bricks, _square_tiles, _cloth),
    "directional": (_wood, _planks),
    "large": (_pebbles, _stains),
}
NAMES = [f"{kind}-{draw.__name__[1:]}-{seed}" for kind, draws in KINDS.items() for draw in draws for seed in (1, 2)]


def draw_surface(name: str, side: int) -> Pixels:
    """One of `NAMES` (side, side, 3), uint8, under a light from one side and with a vignette."""
    return _draw_once(name, side).copy()


@functools.lru_cache(maxsize=32)
def _draw_once(name: str, side: int) -> Pixels:
    kind, drawing, seed = name.split("-")
    draw = next(draw for draw in KINDS[kind] if draw.__name__ == f"_{drawing}")
    values = draw(side, np.random.default_rng([int(seed), *drawing.encode()]))
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    return np.clip(values * (1 + 0.25 * x + 0.15 * y - 0.25 * (x**2 + y**2))[..., None], 0, 255).astype(np.uint8)
