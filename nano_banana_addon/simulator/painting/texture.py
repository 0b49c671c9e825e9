# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures for prompts without a picture: bricks, stones, planks, marble, cloth. All tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .palette import Mood, hash_to_fraction, split_words
from .strokes import generate_noise

if TYPE_CHECKING:
    from PIL.Image import Image

    from .filters import Plane
    from .job import PaintJob

_MAX_PIXELS = 700_000  # pixels that are computed; larger pictures are enlarged from them
_MARGIN = 16  # pixels around the tile, so that enlarging wraps too
_KINDS = {
    "bricks": "brick bricks wall tile tiles masonry roof",
    "planks": "wood wooden plank planks timber floor bark oak",
    "marble": "marble stone agate water smoke silk liquid",
    "cloth": "fabric cloth linen wool denim canvas carpet textile",
    "clouds": "cloud clouds sky fog plaster concrete metal rust paper",
    "cells": "cobble cobblestone rock rocks pebble scales leather cracked mosaic crystal",
}
_KIND_OF_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def paint(job: PaintJob, mood: Mood) -> Image:
    """A texture of the job's size that continues over its edges."""
    import numpy as np
    from PIL import Image

    scale = min(1.0, (_MAX_PIXELS / (job.width * job.height)) ** 0.5)
    width, height = max(8, round(job.width * scale)), max(8, round(job.height * scale))
    seed = int(hash_to_fraction(job.prompt, f"texture{job.seed}") * 2**31)
    relief, tone = _HEIGHTS[_choose_kind(job.prompt)](height, width, seed)
    colour = _colour(relief, tone, mood)
    pixels = np.pad(colour, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)), mode="wrap")
    packed = (np.clip(pixels, 0, 1).transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(packed))
    inner = (_MARGIN, _MARGIN, _MARGIN + width, _MARGIN + height)
    return image.resize((job.width, job.height), Image.Resampling.BICUBIC, box=inner)


def _choose_kind(prompt: str) -> str:
    for word in split_words(prompt):
        if word in _KIND_OF_WORD:
            return _KIND_OF_WORD[word]
    names = sorted(_HEIGHTS)
    return names[int(hash_to_fraction(prompt, "kind") * len(names))]


def _colour(relief: Plane, tone: Plane, mood: Mood) -> Plane:
    """The palette over *tone*, lit from the upper left by *relief*. Differences wrap."""
    import numpy as np

    places = np.linspace(0.0, 1.0, len(mood.stops))
    stops = np.asarray(mood.stops, dtype=np.float32)
    colour = np.stack([np.interp(tone, places, stops[:, n]) for n in range(3)])
    slope = (np.roll(relief, 1, 1) - np.roll(relief, -1, 1)) + (np.roll(relief, 1, 0) - np.roll(relief, -1, 0))
    light = 1.0 - np.tanh(slope * 2.5) * 0.35
    grain = generate_noise(relief.shape[0], relief.shape[1], 77, 0.4) * 0.018
    return (colour * light * np.float32(mood.gain) + grain).astype(np.float32)


def _build_grid(height: int, width: int) -> tuple[Plane, Plane]:
    import numpy as np

    down = (np.arange(height, dtype=np.float32) / height)[:, None]
    across = (np.arange(width, dtype=np.float32) / width)[None, :]
    return np.broadcast_to(down, (height, width)), np.broadcast_to(across, (height, width))


def _compute_voronoi(height: int, width: int, seed: int, count: int) -> tuple[Plane, Plane, Plane]:
    """Voronoi on a jittered grid that wraps: (nearest, second nearest, random per cell)."""
    import numpy as np

    rows, columns = (
        max(3, round(count * (height / width) ** 0.5)),
        max(3, round(count * (width / height) ** 0.5)),
    )
    random = np.random.default_rng(seed)
    jitter = random.uniform(0.15, 0.85, (3, rows, columns)).astype(np.float32)
    down, across = _build_grid(height, width)
    y, x = down * rows, across * columns
    row, column = np.floor(y).astype(int), np.floor(x).astype(int)
    first = np.full((height, width), 9.0, dtype=np.float32)
    second, value = first.copy(), np.zeros_like(first)
    for r in (-1, 0, 1):
        for c in (-1, 0, 1):
            cell = ((row + r) % rows, (column + c) % columns)
            distance = np.hypot(y - row - r - jitter[0][cell], x - column - c - jitter[1][cell])
            closer = distance < first
            second = np.where(closer, first, np.minimum(second, distance))
            value = np.where(closer, jitter[2][cell], value)
            first = np.minimum(first, distance)
    return first, second, value


def _generate_cells(height: int, width: int, seed: int) -> tuple[Plane, Plane]:
    import numpy as np

    first, second, value = _compute_voronoi(height, width, seed, 9)
    gap = np.clip((second - first) * 5.0, 0.0, 1.0)
    noise = generate_noise(height, width, seed + 1, 1.5)
    relief = np.sqrt(gap) * 1.6 + noise * 0.12
    tone = (0.25 + 0.5 * value + 0.06 * noise) * (0.2 + 0.8 * gap)
    return relief, np.clip(tone, 0, 1)


def _generate_bricks(height: int, width: int, seed: int) -> tuple[Plane, Plane]:
    import numpy as np

    rows = 2 * max(2, round(6 * (height / width) ** 0.5))
    columns = max(2, round(5 * (width / height) ** 0.5))
    down, across = _build_grid(height, width)
    noise = generate_noise(height, width, seed + 1, 1.5)
    y = down * rows + noise * 0.015
    row = np.floor(y).astype(int)
    x = across * columns + 0.5 * (row % 2) + noise * 0.01
    column = np.floor(x).astype(int)
    shade = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    value = shade[row % rows, column % columns]
    side = np.minimum(x - column, 1 - (x - column)) * (rows / columns) * (width / height)
    edge = np.minimum(np.minimum(y - row, 1 - (y - row)), side)
    body = np.clip((edge - 0.05) * 12.0, 0.0, 1.0)
    tone = (0.3 + 0.4 * value + 0.07 * noise) * body + (0.78 + 0.05 * noise) * (1 - body)
    return body * 1.2 + noise * 0.12, np.clip(tone, 0, 1)


def _generate_planks(height: int, width: int, seed: int) -> tuple[Plane, Plane]:
    import numpy as np

    planks = max(3, round(6 * (width / height) ** 0.5))
    down, across = _build_grid(height, width)
    column = np.floor(across * planks).astype(int) % planks
    random = np.random.default_rng(seed).random((2, planks)).astype(np.float32)
    long = generate_noise(max(8, height // 12), width, seed + 1, 1.0)
    rows = (down * long.shape[0]).astype(int)
    rings = np.sin((down + random[1][column]) * 2 * np.pi + long[rows, column * 0] * 0.4)
    stretched = _smooth_rows(long, height)
    grain = stretched + 0.3 * rings
    inside = across * planks - np.floor(across * planks)
    gap = np.clip(np.minimum(inside, 1 - inside) * 30.0, 0.0, 1.0)
    tone = (0.35 + 0.3 * random[0][column] + 0.08 * grain) * (0.3 + 0.7 * gap)
    return gap + grain * 0.06, np.clip(tone, 0, 1)


def _smooth_rows(small: Plane, height: int) -> Plane:
    """*small* stretched to *height* rows, wrapping, without steps."""
    import numpy as np

    place = np.arange(height) * (small.shape[0] / height)
    low = np.floor(place).astype(int) % small.shape[0]
    rest = (place - np.floor(place)).astype(np.float32)[:, None]
    return small[low] * (1 - rest) + small[(low + 1) % small.shape[0]] * rest


def _generate_marble(height: int, width: int, seed: int) -> tuple[Plane, Plane]:
    import numpy as np

    down, across = _build_grid(height, width)
    warp = generate_noise(height, width, seed, 2.0)
    veins = np.sin((2 * across + 3 * down) * 2 * np.pi + warp * 2.6)
    fine = generate_noise(height, width, seed + 1, 1.4)
    tone = 0.55 + 0.33 * np.sign(veins) * np.abs(veins) ** 0.6 + 0.07 * fine
    return warp * 0.4 + fine * 0.05, np.clip(tone, 0, 1)


def _generate_cloth(height: int, width: int, seed: int) -> tuple[Plane, Plane]:
    import numpy as np

    count = max(8, width // 28)
    lines = max(8, height // 28)
    down, across = _build_grid(height, width)
    over = np.sin(across * 2 * np.pi * count) * np.sin(down * 2 * np.pi * lines)
    noise = generate_noise(height, width, seed, 1.2)
    return over * 0.8 + noise * 0.1, np.clip(0.5 + 0.2 * over + 0.09 * noise, 0, 1)


def _generate_clouds(height: int, width: int, seed: int) -> tuple[Plane, Plane]:
    import numpy as np

    large = generate_noise(height, width, seed, 1.9)
    fine = generate_noise(height, width, seed + 1, 1.2)
    return large * 0.3 + fine * 0.15, np.clip(0.5 + 0.22 * large + 0.05 * fine, 0, 1)


_HEIGHTS = {
    "bricks": _generate_bricks,
    "cells": _generate_cells,
    "cloth": _generate_cloth,
    "clouds": _generate_clouds,
    "marble": _generate_marble,
    "planks": _generate_planks,
}
