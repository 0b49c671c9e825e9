# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes: the lit image as it would be drawn, printed or photographed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from devtools.style_images.scene import Array, Buffers, coordinates, edges, mix, noise


def _value(image: Array) -> Array:
    return image @ np.array([0.3, 0.59, 0.11])


def _paper(b: Buffers, seed: int = 20) -> Array:
    return 0.94 + 0.08 * noise(b.x * 22 + 30, b.y * 22 + 30, seed, 3)


def _hatch(b: Buffers, value: Array, slope: float, frequency: float) -> Array:
    line = np.sin((b.x + slope * b.y) * frequency + 2 * noise(b.x * 3 + 9, b.y * 3 + 9, 21))
    return (line > value * 4 - 1.4).astype(float)


def pencil(image: Array, b: Buffers) -> Array:
    value = _value(image)
    tone = _hatch(b, value, 1.0, 95) * 0.45 + _hatch(b, value + 0.22, -0.8, 95) * 0.35
    drawn = np.maximum(tone, edges(b) * 0.85) * (0.6 + 0.7 * noise(b.x * 30 + 40, b.y * 30 + 40, 22))
    return np.repeat((_paper(b) * (1 - 0.85 * np.clip(drawn, 0, 1)))[..., None], 3, axis=-1)


def ink(image: Array, b: Buffers) -> Array:
    value = _value(image)
    tone = np.where(value < 0.26, 0.05, np.where(value < 0.5, 0.62, np.where(value < 0.72, 0.84, 1.0)))
    return np.repeat((_paper(b) * np.where(edges(b, 5) > 0, 0.06, tone))[..., None], 3, axis=-1)


def marker(image: Array, b: Buffers) -> Array:
    flat = np.floor(image * 4 + 0.5) / 4
    streak = 0.92 + 0.1 * (np.sin((b.x * 0.4 + b.y) * 40) > 0.4)
    return np.where((edges(b, 3) > 0)[..., None], 0.12, flat * streak[..., None])


def comic(image: Array, b: Buffers) -> Array:
    value, grid = _value(image), 34
    dots = np.sin((b.x + b.y) * grid * 1.6) * np.sin((b.x - b.y) * grid * 1.6)
    flat = np.where((value < 0.3)[..., None], image * 0.12, np.clip(image * 1.5, 0, 1))
    screened = np.where(((value < 0.58) & (value >= 0.3) & (dots > 0.1))[..., None], flat * 0.5, flat)
    return np.where((edges(b, 5) > 0)[..., None], 0.04, screened)


def wash(image: Array, b: Buffers) -> Array:
    bloom = noise(b.x * 3 + 20, b.y * 3 + 20, 23)
    pale = 1 - (1 - image) * (0.45 + 0.75 * bloom)[..., None]
    rim = 1 - 0.18 * edges(b, 3)
    return np.clip(pale * 1.06, 0, 1) * (rim * _paper(b, 24))[..., None]


def strokes(image: Array, b: Buffers) -> Array:
    side = image.shape[0]
    n1, n2 = noise(b.x * 5 + 9, b.y * 9 + 9, 25, 2), noise(b.x * 9 + 5, b.y * 5 + 5, 26, 2)
    rows, columns = np.indices(b.ids.shape)
    shifted = image[
        np.clip(rows + ((n1 - 0.5) * 16).astype(int), 0, side - 1),
        np.clip(columns + ((n2 - 0.5) * 16).astype(int), 0, side - 1),
    ]
    return shifted * (0.82 + 0.36 * noise(b.x * 8 + 7, b.y * 26 + 7, 27, 2))[..., None]


def posterise(levels: int) -> Callable[[Array, Buffers], Array]:
    return lambda image, _: np.floor(image * levels + 0.5) / levels


def charcoal(image: Array, b: Buffers) -> Array:
    grain = noise(b.x * 34 + 50, b.y * 34 + 50, 28, 2) - 0.5
    value = 0.5 + (_value(image) - 0.48) * 1.5 + grain * 0.3
    return np.repeat(np.clip(value - edges(b) * 0.25, 0.06, 0.97)[..., None], 3, axis=-1) * [1.0, 0.98, 0.95]


def blueprint(_image: Array, b: Buffers) -> Array:
    grid = ((np.abs((b.x * 6) % 1 - 0.5) > 0.47) | (np.abs((b.y * 6) % 1 - 0.5) > 0.47)) * 0.12
    return mix((0.05, 0.16, 0.4), (0.92, 0.96, 1.0), np.clip(edges(b, 3) + grid, 0, 1))


def graded(image: Array, b: Buffers) -> Array:
    value = _value(image)
    graded = image * mix((0.65, 0.95, 1.05), (1.12, 1.0, 0.84), np.clip(value * 1.4, 0, 1))
    bars = np.abs(b.y) > 0.74
    return np.where(bars[..., None], 0.02, graded)


def blinds(image: Array, b: Buffers) -> Array:
    slats = 0.35 + 0.65 * (np.sin(b.at[..., 1] * 11 + b.at[..., 0] * 2) > -0.1)
    value = np.clip((_value(image) * slats - 0.1) * 1.7, 0, 1)
    return np.repeat((value + (noise(b.x * 40 + 60, b.y * 40 + 60, 29, 1) - 0.5) * 0.08)[..., None], 3, axis=-1)


def neon(image: Array, b: Buffers) -> Array:
    left = np.clip(-b.normal[..., 0] * 0.9 + 0.1, 0, 1)[..., None] * np.array([1.0, 0.1, 0.7])
    right = np.clip(b.normal[..., 0] * 0.9 + 0.1, 0, 1)[..., None] * np.array([0.05, 0.8, 1.0])
    wet = np.where(b.ids == 1, 0.35 + 0.5 * noise(b.x * 2 + 9, b.y * 8 + 9, 30, 2), 1.0)[..., None]
    ground = np.where((b.ids == 1)[..., None], mix((0.7, 0.05, 0.5), (0.0, 0.5, 0.7), b.x * 0.5 + 0.5) * wet, 0)
    return np.clip(image * 0.3 + (left + right) * (b.ids > 1)[..., None] + ground * 0.7, 0, 1)


def clay(image: Array, b: Buffers) -> Array:
    u, v = coordinates(b)
    prints = 0.92 + 0.16 * np.sin(70 * (u + 0.3 * noise(u * 3, v * 3, 31))) * (noise(u * 3, v * 3, 32) > 0.52)
    return image * np.where(b.ids > 1, prints, 1.0)[..., None]
