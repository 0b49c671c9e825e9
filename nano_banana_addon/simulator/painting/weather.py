# SPDX-License-Identifier: GPL-3.0-or-later
"""Light and weather that the prompt's words ask for: glow, rain, snow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .filters import blur, compute_luminance
from .palette import Mood
from .strokes import generate_noise

if TYPE_CHECKING:
    from .filters import Plane


def add_weather(colour: Plane, source: Plane, mood: Mood, seed: int) -> Plane:
    """*colour* with the mood's weather; *source* is the luma of the input, for its shapes."""
    if mood.snow:
        colour = _add_snow(colour, source, mood.snow, seed)
    if mood.glow:
        colour = _add_glow(colour, source, mood)
    if mood.rain:
        colour = _add_rain(colour, mood.rain, seed)
    return colour


def _add_glow(colour: Plane, source: Plane, mood: Mood) -> Plane:
    """Edges and lights that shine in the palette's brightest colours."""
    import numpy as np

    height, width = source.shape
    down, across = np.gradient(blur(source, 1))
    edge = np.clip(np.hypot(down, across) * 9.0, 0.0, 1.0) ** 1.5
    mix = 0.5 + 0.5 * np.tanh(generate_noise(height, width, 11, 2.6) * 2.0)
    first, second = (np.asarray(mood.stops[n], dtype=np.float32)[:, None, None] for n in (-1, -2))
    light = (first * mix + second * (1 - mix)) * edge
    light += np.maximum(colour - 0.72, 0.0) * 0.8
    # Never sharp: a bright line beside an edge would seem to move it.
    halo = blur(light, 3) * 0.8 + blur(light, max(4, width // 160)) * 1.4
    amount = np.float32(mood.glow)
    return 1.0 - (1.0 - np.clip(colour, 0, 1)) * (1.0 - np.clip(halo * amount, 0, 1))


def _add_rain(colour: Plane, amount: float, seed: int) -> Plane:
    """Thin slanting streaks."""
    import numpy as np

    height, width = colour.shape[1:]
    drops = np.random.default_rng(seed + 3).random((height, width), dtype=np.float32) > 0.9988
    streaks = np.zeros((height, width), dtype=np.float32)
    length = max(8, height // 36)
    for step in range(length):
        streaks += np.roll(drops, (step, -step // 4), axis=(0, 1)) * (1 - step / length)
    veil = np.clip(streaks, 0, 1) * np.float32(0.45 * amount)
    return colour * (1 - 0.1 * amount) + veil * (1 - colour)


def _add_snow(colour: Plane, source: Plane, amount: float, seed: int) -> Plane:
    """Snow on what faces up (light above dark edges, bright faces) and flakes in the air."""
    import numpy as np

    height, width = source.shape
    rising = np.clip(np.gradient(blur(source, 2), axis=0) * 14.0, 0.0, 1.0)
    reach = max(2, height // 200)
    cover = np.clip(blur(rising, reach) * 2.2 + (compute_luminance(colour) - 0.55) * 1.2, 0.0, 1.0)
    cover *= np.clip(0.75 + 0.25 * generate_noise(height, width, 5, 1.2), 0.2, 1.0)
    flakes = np.random.default_rng(seed + 9).random((height, width), dtype=np.float32) > 0.9993
    flurry = np.clip(blur(flakes.astype(np.float32), max(1, height // 500)) * 9.0, 0.0, 1.0)
    white = np.asarray((0.96, 0.98, 1.0), dtype=np.float32)[:, None, None]
    share = np.clip(cover * np.float32(amount) * 0.8 + flurry * 0.8, 0.0, 1.0)
    return colour + (white - colour) * share
