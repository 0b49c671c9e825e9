# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic truth for registration: a clay-like guide, and what a bold painter makes of it."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
from numpy import typing as npt
from PIL import Image, ImageDraw

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
_SHAPES = 12


@dataclass(frozen=True)
class Scene:
    """A guide, its repainting without any disturbance, and the guide's silhouette (255: object)."""

    guide: Pixels
    painted: Pixels
    silhouette: Pixels


@functools.lru_cache(maxsize=16)
def scene(width: int, height: int, seed: int) -> Scene:
    """Overlapping shapes; in the painting each has another colour and its own stripes and
    blotches."""
    ids = _shapes(width * 2, height * 2, np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1000)
    greys = rng.uniform(110, 210, _SHAPES + 1)
    greys[0] = 60
    colours = rng.uniform(20, 235, (_SHAPES + 1, 3))
    guide = _halved(greys[ids] * _light(ids.shape))[..., None].repeat(3, 2)
    painted = _halved(_paint(ids, colours, rng))
    silhouette = _halved((ids > 0) * 255.0)
    for pixels in (guide, painted, silhouette):
        pixels.flags.writeable = False  # the next caller gets the same
    return Scene(guide, painted, silhouette)


def disturbed(picture: Pixels, matrix: Matrix, seed: int = 0) -> Pixels:
    """What comes back: mapped by `matrix` (2 x 3, from the picture's to the result's pixels), with
    gain, vignette and noise, as JPEG."""
    height, width = picture.shape[:2]
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    inverse[:, 2] += 64
    padded = np.pad(picture, ((64, 64), (64, 64), (0, 0)), mode="edge")
    mapped = Image.fromarray(padded).transform(
        (width, height), Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC
    )
    y, x = np.mgrid[0:height, 0:width]
    vignette = 1 - 0.5 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
    noise = np.random.default_rng(seed).normal(0, 5, picture.shape)
    values = np.asarray(mapped) * np.array([1.1, 0.93, 1.05]) * vignette[..., None] + noise
    buffer = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return np.asarray(Image.open(buffer).convert("RGB"))


def affine(size: tuple[int, int], shift: tuple[float, float], scale: float, bend: float) -> Matrix:
    """A map about the centre: shift in pixels, scale, and `bend` as rotation, stretch and shear."""
    linear = scale * np.array([[1 + bend, -bend], [2 * bend, 1.0]])
    centre = np.array(size) / 2
    return np.hstack([linear, (centre + shift - linear @ centre)[:, None]])


def errors(found: Matrix, truth: Matrix, silhouette: Pixels) -> npt.NDArray[np.float64]:
    """How far points of the object end from where they belong, in pixels."""
    rows, columns = np.nonzero(silhouette > 127)
    points = np.stack([columns, rows], 1)[::53] + 0.5
    there = points @ truth[:, :2].T + truth[:, 2]
    back = there @ found[:, :2].T + found[:, 2]
    return np.hypot(*(back - points).T)


def _shapes(width: int, height: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    picture = Image.new("L", (width, height))
    draw = ImageDraw.Draw(picture)
    for index in range(1, _SHAPES + 1):
        centre = np.array([rng.uniform(0.25, 0.75) * width, rng.uniform(0.2, 0.8) * height])
        radius = rng.uniform(0.06, 0.17) * height
        if index % 3 == 0:
            reach = np.array([radius, radius * 0.8])
            low, high = centre - reach, centre + reach
            draw.ellipse((*low, *high), fill=index)
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, 5))
            ring = centre + radius * 1.3 * np.stack([np.cos(angles), np.sin(angles)], 1)
            draw.polygon([tuple(p) for p in ring], fill=index)
    return np.asarray(picture)


def _light(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    y, x = np.ogrid[0 : shape[0], 0 : shape[1]]
    return 1 + 0.15 * np.sin(x / shape[1] * 5) * np.cos(y / shape[0] * 4)


def _paint(
    ids: npt.NDArray[np.uint8], colours: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """The colours with stripes and blotches."""
    y, x = np.ogrid[0 : ids.shape[0], 0 : ids.shape[1]]
    angles = rng.uniform(0, np.pi, _SHAPES + 1)
    pitch = rng.uniform(0.03, 0.12, _SHAPES + 1)
    across, down = ((pitch * way(angles)).astype(np.float32)[ids] for way in (np.cos, np.sin))
    stripes = 45 * np.sign(np.sin(across * x.astype(np.float32) + down * y.astype(np.float32)))
    coarse = rng.integers(0, 256, (ids.shape[0] // 40, ids.shape[1] // 40, 3), dtype=np.uint8)
    size = (ids.shape[1], ids.shape[0])
    blotches = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    values = blotches.astype(np.float32)
    values -= 128
    values *= 0.35
    values += stripes[..., None]
    values += colours.astype(np.float32)[ids]
    return values


def _halved(values: npt.NDArray[np.floating]) -> Pixels:
    picture = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    return np.asarray(picture.reduce(2))
