# SPDX-License-Identifier: GPL-3.0-or-later
"""Surfaces: an albedo for each pixel, from two coordinates on the objects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from devtools.style_images.scene import Array, Buffers, Colour, coordinates, edges, mix, noise


def plain(ball: Colour, box: Colour, ground: Colour = (0.75, 0.74, 0.72)) -> Callable[[Buffers, Array], Array]:
    """Each object in one colour."""
    table = np.array([ground, ground, ball, box])
    return lambda b, _: table[b.ids]


def material(draw: Callable[[Array, Array, Buffers], Array]) -> Callable[[Buffers, Array], Array]:
    """A pattern on ball and box, and a quiet ground."""

    def surface(b: Buffers, _shade: Array) -> Array:
        u, v = coordinates(b)
        return np.where((b.ids > 1)[..., None], draw(u, v, b), 0.72)

    return surface


def oak(u: Array, v: Array, _: Buffers) -> Array:
    rings = np.sin(26 * (u + 0.25 * noise(u * 2, v * 0.5, 3)) + 5 * noise(u, v * 0.4, 4))
    boards = (np.abs((u * 2.4) % 1 - 0.5) > 0.46) * 0.5
    return mix((0.78, 0.55, 0.32), (0.55, 0.34, 0.17), np.clip(rings * 0.3 + 0.35 + boards, 0, 1))


def marble(u: Array, v: Array, _: Buffers) -> Array:
    vein = 1 - np.abs(np.sin(3 * (u + v) + 6 * noise(u * 1.6, v * 1.6, 5)))
    return mix((0.95, 0.94, 0.92), (0.42, 0.44, 0.48), np.clip(vein, 0, 1) ** 7 * 0.9)


def rust(u: Array, v: Array, _: Buffers) -> Array:
    spots = np.clip(noise(u * 2.2, v * 2.2, 6) * 5 - 2.1, 0, 1)
    rust = mix((0.48, 0.2, 0.07), (0.75, 0.4, 0.14), noise(u * 9, v * 9, 7))
    return mix((0.5, 0.53, 0.55), rust, spots)


def copper(u: Array, v: Array, _: Buffers) -> Array:
    patina = np.clip(noise(u * 2, v * 2, 8) * 5 - 2.2, 0, 1)
    hammer = 0.85 + 0.25 * noise(u * 7, v * 7, 9, 1)
    return mix((0.82, 0.44, 0.26), (0.32, 0.66, 0.56), patina) * hammer[..., None]


def leather(u: Array, v: Array, _: Buffers) -> Array:
    pores = np.clip(np.abs(noise(u * 9, v * 9, 10, 2) - 0.5) * 9, 0, 1)
    return mix((0.2, 0.1, 0.05), (0.5, 0.27, 0.14), 0.4 + 0.6 * pores)


def knit(u: Array, v: Array, _: Buffers) -> Array:
    row, column = (v * 7) % 1, (u * 6) % 1
    stitch = np.abs(((row + np.abs(column - 0.5) * 1.4) % 1) - 0.5) * 2
    return mix((0.5, 0.16, 0.18), (0.88, 0.42, 0.38), stitch) * (0.75 + 0.5 * np.abs(column - 0.5))[..., None]


def ceramic(u: Array, v: Array, b: Buffers) -> Array:
    crackle = np.clip(1 - np.abs(noise(u * 4, v * 4, 12, 2) - 0.5) * 26, 0, 1) * 0.5
    glaze = mix((0.6, 0.78, 0.68), (0.3, 0.5, 0.44), crackle)
    return np.where((b.at[..., 1] < 0.14)[..., None], np.array([0.62, 0.45, 0.34]), glaze)


def brick(u: Array, v: Array, _: Buffers) -> Array:
    row = np.floor(v * 6)
    across = u * 2.6 + 0.5 * (row % 2)
    mortar = ((v * 6) % 1 < 0.14) | (across % 1 < 0.07)
    tone = noise(np.floor(across) * 0.7 + 0.3, row * 0.7 + 0.3, 13, 1)
    brick = mix((0.5, 0.18, 0.12), (0.8, 0.38, 0.26), tone)
    return np.where(mortar[..., None], 0.78, brick * (0.8 + 0.3 * noise(u * 12, v * 12, 14))[..., None])


def moss(u: Array, v: Array, b: Buffers) -> Array:
    green = np.clip((b.normal[..., 1] * 0.6 + noise(u * 4, v * 4, 15) - 0.5) * 4, 0, 1)
    stone = mix((0.4, 0.4, 0.39), (0.68, 0.67, 0.63), noise(u * 11, v * 11, 16))
    return mix(stone, mix((0.16, 0.3, 0.06), (0.45, 0.6, 0.16), noise(u * 14, v * 14, 17)), green)


def hand_painted(u: Array, v: Array, b: Buffers) -> Array:
    strokes = np.floor(noise(u * 3, v * 7, 18, 2) * 5) / 5
    base = np.where((b.ids == 2)[..., None], np.array([0.2, 0.55, 0.75]), np.array([0.85, 0.55, 0.2]))
    edge = edges(b, 5)
    return base * (0.65 + 0.7 * strokes)[..., None] + edge[..., None] * 0.25


def panels(u: Array, v: Array, _: Buffers) -> Array:
    shift = np.floor(v * 2.5) * 0.37
    seam = (np.abs((v * 2.5) % 1 - 0.5) > 0.46) | (np.abs((u * 2 + shift) % 1 - 0.5) > 0.47)
    tone = noise(np.floor(u * 2 + shift) * 0.9, np.floor(v * 2.5) * 0.9, 19, 1)
    panel = mix((0.62, 0.65, 0.68), (0.86, 0.87, 0.88), tone)
    panel = np.where((tone > 0.72)[..., None], np.array([0.9, 0.45, 0.12]), panel)
    return np.where(seam[..., None], 0.16, panel)
