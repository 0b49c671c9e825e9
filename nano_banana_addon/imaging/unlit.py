# SPDX-License-Identifier: GPL-3.0-or-later
"""The light that was painted into an image, from the known directions of the surface in it; and the image without it.

Light is a smooth function of the direction alone: spherical harmonics of order 2, as a logarithm. It is fitted to the
differences of brightness between near pixels of one part: what is the same in both, as the part's own colour, is in
none of them, and the few pairs on either side of a border of colours count little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from .arrays import Doubles, Floats, Indices, Mask, Pixels, Reals, SeenSurface
from .srgb import LINEAR, to_srgb

#: The edge of what the light is fitted to, in pixels; twice as many change nothing but the time.
FIT_EDGE = 512
#: Distances of two pixels of a pair, as parts of what is seen of the object: up to a third of a usual shape's curve.
_DISTANCES = (0.01, 0.03, 0.07)
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
_PAIRS = 8_000  # for each distance and direction
_LEAST_PAIRS = 200
_ROUNDS = 12
_OUTLIER = 2.0  # standard deviations at which a pair counts half
_NOISE = 0.01  # of a logarithm of brightness: less is the noise of 8 bits
_RIDGE = 1e-4
#: Of the cosine to the view: what is seen more askew is a mixture with what is behind it.
_LEAST_FACING = 0.15
#: Mean squared difference of the harmonics in a pair; a single flat part has none.
_LEAST_BENT = 1e-4
#: Linear light: darker or brighter pixels are clipped, and tell nothing.
_CLIPPED = (0.004, 0.97)
#: Blocks across and down, whose colours are taken to be independent of each other's.
_BLOCKS = 5
#: How many times its own uncertainty (as a variance) the light must be, in the median of the views. Measured on nine
#: shapes, five textures and five lights: the colours of unlit ones reach 18 by chance, 57 on a bumpy stone and 110 on a
#: ball whose colours change with the direction all around, which nothing can tell from light; light reaches 65 to 4000.
LEAST_EVIDENCE = 60.0
_LARGEST = float(np.log(4.0))
_LEVELS, _ROWS = 2048, 64
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """The light in an image: factors of the harmonics (8,), the lowest and highest logarithm, and the mean one.

    `evidence`: its variance over that of its uncertainty; 0 where too few directions are seen to tell.
    """

    factors: Floats
    low: float = 0.0
    high: float = 0.0
    mean: float = 0.0
    evidence: float = 0.0

    def draw(self, surface: SeenSurface) -> Floats:
        """The logarithm (h, w) float32 of the light on a surface, 0 in the mean; beside it that of what is near."""
        levels = np.zeros(surface.parts.shape, np.float32)
        for factor, harmonic in zip(self.factors, _iterate_harmonics(surface.normals), strict=True):
            levels += factor * harmonic
        return _extend((levels.clip(self.low, self.high) - np.float32(self.mean)), surface.parts >= 0)


def fit_light(picture: Pixels, surface: SeenSurface, placement: Doubles | None = None) -> Light:
    """The light in a picture (h, w, 3 or more) of a surface.

    `placement` (2, 3) maps places in the view to places in the picture, both 0 ... 1 from the top left.
    """
    step = max(1, round(max(surface.parts.shape) / FIT_EDGE))
    normals, parts = surface.normals[::step, ::step], surface.parts[::step, ::step]
    linear = LINEAR[_place_picture(picture, parts.shape[1::-1], placement)]
    brightness = linear @ _LUMINANCE
    usable = (parts >= 0) & (normals[..., 2] > _LEAST_FACING)
    usable &= (linear.max(axis=-1) < _CLIPPED[1]) & (brightness > _CLIPPED[0])
    none = Light(np.zeros(8, np.float32))
    if not usable.any():
        return none
    harmonics = np.stack(list(_iterate_harmonics(normals)), axis=-1)
    pairs = _Pairs.choose(np.where(usable, parts, -1))
    logarithms = np.log(np.maximum(brightness, _CLIPPED[0])).reshape(-1)
    flat = harmonics.reshape(-1, 8)
    design, difference = pairs.compute(flat), pairs.compute(logarithms)
    if len(design) < _LEAST_PAIRS or np.square(design).sum(axis=1).mean() < _LEAST_BENT:
        return none
    factors, uncertainty = _solve(design, difference, pairs)
    spread = np.cov(flat[usable.reshape(-1)].T)
    evidence = float(factors @ spread @ factors / max(float(np.trace(uncertainty @ spread)), 1e-12))
    levels = flat[usable.reshape(-1)] @ factors
    low, high = np.percentile(levels, (0.5, 99.5))
    middle = float(levels.mean())
    low, high = max(low, middle - _LARGEST), min(high, middle + _LARGEST)
    return Light(factors.astype(np.float32), low, high, float(levels.clip(low, high).mean()), evidence)


def remove_light(picture: Pixels, levels: Floats, strength: float, placement: Doubles | None = None) -> Pixels:
    """A picture (h, w, 3 or more) uint8 divided by the light `levels` (h, w), as `Light.draw` gives it for the view.

    `strength` 0 ... 1 is the part of the logarithm that is removed; an alpha channel stays. `placement` as `fit_light`.
    """
    height, width = picture.shape[:2]
    placed = _place_levels(levels * np.float32(strength / _LARGEST / 4), (width, height), placement)
    # Twice the largest logarithm either way: the mean may lie at one of the ends.
    numbers = np.rint((placed + 0.5) * (_LEVELS - 1)).astype(np.int32) << 8
    tables = _build_tables().reshape(-1)
    result = picture.copy()
    for first in range(0, height, _ROWS):  # a part at a time stays in the processor's cache
        rows = slice(first, first + _ROWS)
        result[rows, :, :3] = tables.take(numbers[rows, :, None] + picture[rows, :, :3])
    return result


@lru_cache(maxsize=1)
def _build_tables() -> Pixels:
    """The 8-bit values divided by each level of light: (levels, 256)."""
    gains = np.exp(-np.linspace(-2 * _LARGEST, 2 * _LARGEST, _LEVELS, dtype=np.float32))
    return (to_srgb((LINEAR * gains[:, None]).clip(0, 1)) * 255 + 0.5).astype(np.uint8)


def _iterate_harmonics(normals: Floats) -> tuple[Floats, ...]:
    """The spherical harmonics of order 1 and 2, without their constant factors."""
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    return (x, y, z, x * y, y * z, x * z, x * x - y * y, 3 * z * z - 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pixels (n,), by their places in the flattened image, which of the distances lies between them, their block."""

    first: Indices
    second: Indices
    distance: Indices
    block: Indices

    @classmethod
    def choose(cls, parts: Reals) -> _Pairs:
        """Pairs of pixels in the same part (h, w), none of them negative."""
        places = np.argwhere(parts >= 0)
        low, extent = places.min(axis=0), np.ptp(places, axis=0) + 1
        found: list[tuple[Indices, Indices, Indices]] = []
        for number, share in enumerate(_DISTANCES):
            length = max(1, round(share * int(extent.max())))
            for down, across in _DIRECTIONS:
                first, second = _find_equal(parts, down * length, across * length)
                found.append((first, second, np.full(len(first), number)))
        first, second, distance = (np.concatenate(column) for column in zip(*found, strict=True))
        rows, columns = np.unravel_index(first, parts.shape)
        down, across = ((p - o) * _BLOCKS // e for p, o, e in zip((rows, columns), low, extent, strict=True))
        return cls(first, second, distance, down * _BLOCKS + across)

    def compute(self, values: Reals) -> Doubles:
        """The differences of flattened values (pixels, …)."""
        return (values[self.first] - values[self.second]).astype(np.float64)


def _find_equal(parts: Reals, down: int, across: int) -> tuple[Indices, Indices]:
    """Pixels with those `down` and `across` from them, where both belong to one part; at most `_PAIRS`."""
    height, width = parts.shape
    left, right = max(0, -across), width - max(0, across)
    numbers: Indices = np.arange(height * width, dtype=np.intp).reshape(height, width)
    here = parts[: height - down, left:right]
    there = parts[down:, left + across : right + across]
    first = numbers[: height - down, left:right][(here >= 0) & (here == there)]
    first = first[:: max(1, len(first) // _PAIRS)]
    return first, first + down * width + across


def _solve(design: Doubles, difference: Doubles, pairs: _Pairs) -> tuple[Doubles, Doubles]:
    """The factors (8,) by iteratively reweighted least squares, and their covariance (8, 8) from block to block."""
    weighted, inverse = _weight(design, difference, pairs)
    for _ in range(_ROUNDS):
        weighted, inverse = _weight(design, difference - design @ (inverse @ (weighted.T @ difference)), pairs)
    factors: Doubles = inverse @ (weighted.T @ difference)
    scores = np.zeros((_BLOCKS * _BLOCKS, 8))
    np.add.at(scores, pairs.block, weighted * (difference - design @ factors)[:, None])
    count = int(np.any(scores != 0, axis=1).sum())
    return factors, inverse @ (scores.T @ scores) @ inverse * count / max(count - 1, 1)


def _weight(design: Doubles, rest: Doubles, pairs: _Pairs) -> tuple[Doubles, Doubles]:
    """The equations weighted by what remains of them, and the inverse of their normal matrix."""
    scale = _measure_scales(rest, pairs.distance)[pairs.distance]
    weighted = design / (scale**2 + (rest / _OUTLIER) ** 2)[:, None]
    normal = weighted.T @ design
    ridge = _RIDGE / 8 * float(np.trace(normal)) * np.eye(8)
    return weighted, np.asarray(np.linalg.inv(normal + ridge), np.float64)


def _measure_scales(rest: Doubles, distance: Indices) -> Doubles:
    """The usual size of what remains at each distance."""
    groups = (np.abs(rest[distance == number]) for number in range(len(_DISTANCES)))
    return np.array([1.4826 * np.median(group) if len(group) else 0.0 for group in groups]) + _NOISE


def _place_picture(picture: Pixels, size: tuple[int, int], placement: Doubles | None) -> Pixels:
    """The picture on the view's grid of `size` (width, height); black outside."""
    image = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    image = image.reduce(max(1, round(max(image.size) / max(size))))
    matrix = np.eye(2, 3) if placement is None else placement
    return np.asarray(_transform(image, matrix, size))


def _place_levels(levels: Floats, size: tuple[int, int], placement: Doubles | None) -> Floats:
    """Levels of the view (h, w) on the picture's grid of `size` (width, height); 0 outside."""
    matrix = np.eye(2, 3)
    if placement is not None:
        matrix = np.linalg.inv(np.vstack([placement, [0.0, 0.0, 1.0]]))[:2]
    return np.asarray(_transform(Image.fromarray(np.ascontiguousarray(levels)), matrix, size))


def _transform(image: Image.Image, matrix: Doubles, size: tuple[int, int]) -> Image.Image:
    """An image of `size` (width, height) in which each place shows the image's at `matrix` (2, 3); both 0 ... 1."""
    width, height = image.size
    pixels = np.hstack([matrix[:, :2] / np.array(size), matrix[:, 2:]]) * np.array([[width], [height]])
    return image.transform(size, Image.Transform.AFFINE, pixels.reshape(-1).tolist(), Image.Resampling.BILINEAR)


def _extend(levels: Floats, inside: Mask) -> Floats:
    """Levels (h, w) with those outside taken from what is near: a border of pixels mixes both."""
    height, width = levels.shape
    size = (max(1, width // 8), max(1, height // 8))
    sums, shares = (
        Image.fromarray(values).resize(size, Image.Resampling.BOX)
        for values in (levels * inside, inside.astype(np.float32))
    )
    near = np.asarray(sums) / np.maximum(np.asarray(shares), 1e-6)
    wide = np.asarray(Image.fromarray(near).resize((width, height), Image.Resampling.NEAREST))
    return np.where(inside, levels, wide)
