# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise, brush strokes and paper. All of it tiles, all of it is the same for the same seed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .filters import blur

if TYPE_CHECKING:
    from PIL.Image import Image

    from .filters import Plane

_TILE = 512


def generate_noise(height: int, width: int, seed: int, fall: float = 1.6) -> Plane:
    """Noise that tiles, about 0 with standard deviation 1; a larger *fall* is smoother."""
    import numpy as np

    random = np.random.default_rng(seed)
    white = random.standard_normal((height, width), dtype=np.float32)
    down = np.fft.fftfreq(height)[:, None] * height
    across = np.fft.rfftfreq(width)[None, :] * width
    distance = np.hypot(down, across)
    distance[0, 0] = 1.0
    spectrum = np.fft.rfft2(white) / distance**fall
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum, s=(height, width)).astype(np.float32)
    return noise / (noise.std() + np.float32(1e-9))


_DIRECTIONS = 8


@lru_cache(maxsize=3 * _DIRECTIONS)
def generate_bristles(direction: int, length: int) -> Plane:
    """A tile of brush hairs along one of eight directions, 22.5 degrees apart."""
    import numpy as np

    angle = np.pi * direction / _DIRECTIONS
    noise = np.random.default_rng(40 + direction).standard_normal((_TILE, _TILE), dtype=np.float32)
    total = np.zeros_like(noise)
    for step in range(-length, length + 1):
        shift = (round(step * np.sin(angle)), round(step * np.cos(angle)))
        total += np.roll(noise, shift, axis=(0, 1))
    return total / total.std()


def _tile(tile: Plane, height: int, width: int) -> Plane:
    import numpy as np

    down, across = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    return np.tile(tile, (down, across))[:height, :width]


def compute_brushwork(luma: Plane, length: int) -> Plane:
    """Strokes that follow the shapes: hairs along the edges, about 0 with deviation 1."""
    import numpy as np

    smooth = blur(luma, 3)
    down, across = np.gradient(smooth)
    tensor = np.stack([across * across - down * down, 2 * across * down])
    tensor = blur(tensor, length)
    # Twice the angle of the tangent; where nothing has a direction the strokes lie at a slant.
    angle = np.arctan2(-tensor[1] - 1e-9, -tensor[0])
    total = np.zeros_like(luma)
    norm = np.zeros_like(luma)
    for direction in range(_DIRECTIONS):
        fit = np.maximum(np.cos(angle - direction * 2 * np.pi / _DIRECTIONS), 0.0) ** 4
        total += fit * _tile(generate_bristles(direction, length), *luma.shape)
        norm += fit * fit
    return total / np.sqrt(norm + 1e-6)


@lru_cache(maxsize=4)
def _generate_paper_tile(canvas: bool) -> bytes:
    import numpy as np

    grain = generate_noise(_TILE, _TILE, 7, 0.55) * 7.0 + generate_noise(_TILE, _TILE, 8, 1.3) * 3.0
    if canvas:
        row = np.sin(np.arange(_TILE) * 2 * np.pi * 128 / _TILE)
        grain += 4.0 * (row[None, :] + row[:, None])
    return np.clip(128 + grain, 0, 255).astype(np.uint8).tobytes()


def add_paper(image: Image, amount: float, canvas: bool) -> Image:
    """*image* with the grain of paper or canvas in its full resolution."""
    from PIL import Image, ImageChops

    tile = Image.frombytes("L", (_TILE, _TILE), _generate_paper_tile(canvas))
    if amount < 1.0:
        tile = Image.blend(Image.new("L", tile.size, 128), tile, amount)
    sheet = Image.new("L", image.size)
    for top in range(0, image.height, _TILE):
        for left in range(0, image.width, _TILE):
            sheet.paste(tile, (left, top))
    return ImageChops.soft_light(image, Image.merge("RGB", (sheet, sheet, sheet)))
