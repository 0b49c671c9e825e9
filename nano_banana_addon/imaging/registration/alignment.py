# SPDX-License-Identifier: GPL-3.0-or-later
"""Aligns two images of the same content, which differ by a small affine map, by brightness, vignette and noise.

Where the content is the same, its brightness says more than its edges. Each pixel is taken relative to the mean and
the contrast around it; an affine map is fitted to all pixels at once, from coarse to fine (Lucas & Kanade 1981 in the
inverse compositional form of Baker & Matthews 2004, with Tukey's weights for what has changed after all).

Coordinates are pixels from the top left corner; a pixel's centre has .5. Maps are (2, 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..arrays import Floats, Mask, Pixels, Reals
from .affine import build_scaling, invert, multiply
from .correlation import rough_alignment
from .edges import blur, find_edges

_LEVELS = (256, 512, 1024)  # pixels of the longer side
_ROUNDS, _SMALL_STEP = 12, 0.02  # at most; until the border moves by fewer pixels
_RADIUS = 6  # pixels: so far around a pixel are its mean and contrast
_CONTRAST_FLOOR = 3.0  # of 255: contrast that is no more than noise
_MAX_SHIFT = 0.06  # of the longer side
_CLEARLY = 0.2  # of agreement: what is better by this on a coarse level is so on the finest
_JUDGED = 2**16  # pixels: a median of more is no more exact
_ENOUGH = 60.0  # pixels with full contrast across each direction: less is nothing to align by


@dataclass(frozen=True, slots=True)
class Alignment:
    """`matrix` maps pixels of the moved image to those of the fixed one; `agreement` is their correlation, -1 ... 1."""

    matrix: Reals
    agreement: float


def align(moved: Pixels, fixed: Pixels, used: Mask) -> Alignment:
    """Align `moved` to `fixed`, both (height, width, 3) of one size, by the pixels of `fixed` that are `used`.

    Never raises for unexpected content: it then has an agreement near 0.
    """
    return _align(moved, fixed, used, (1.0,))


def align_either(moved: Pixels, fixed: Pixels, used: Mask) -> Alignment:
    """The better alignment of `moved` and of its negative to `fixed`, both (height, width, 3); otherwise as `align`."""
    return _align(moved, fixed, used, (1.0, -1.0))


def _align(moved: Pixels, fixed: Pixels, used: Mask, signs: tuple[float, ...]) -> Alignment:
    """The best alignment of an image times some signs; a sign is followed until another one agrees clearly more."""
    found: dict[float, tuple[Reals, float]] = {sign: (np.eye(2, 3), 0.0) for sign in signs}
    longer = max(fixed.shape[:2])
    for number, edge in enumerate(sorted({min(edge, longer) for edge in _LEVELS})):
        target, source = _reduce(fixed, edge / longer), _reduce(moved, edge / longer)
        weight = _shrink_mask(used, (target.shape[1], target.shape[0]))
        smaller, larger = build_scaling(fixed.shape, target.shape), build_scaling(target.shape, fixed.shape)
        # Edges and contrasts of a negative are those of the image.
        first = _find_start(source, target, weight) if number == 0 else None
        source, target = _normalise(source), _normalise(target)
        for sign, (matrix, _) in found.items():
            start = multiply(smaller, multiply(matrix, larger)) if first is None else first
            local, agreement = _refine(sign * source, target, weight, start)
            found[sign] = (multiply(larger, multiply(local, smaller)), agreement)
        best = max(agreement for _, agreement in found.values())
        found = {sign: each for sign, each in found.items() if each[1] >= best - _CLEARLY}
    matrix, agreement = max(found.values(), key=lambda each: each[1])
    return Alignment(invert(matrix), agreement)


def has_structure(fixed: Pixels, used: Mask) -> bool:
    """Whether an image (h, w, 3) could be aligned by its `used` pixels (h, w): there is contrast in all directions."""
    scale = min(1.0, _LEVELS[0] / max(fixed.shape[:2]))
    target = _reduce(fixed, scale)
    weight = _shrink_mask(used, (target.shape[1], target.shape[0]))
    across, down = _gradients(_normalise(target))
    xx, xy, yy = (float((weight * product).sum()) for product in (across * across, across * down, down * down))
    smaller = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)
    return bool(smaller > _ENOUGH)


def _find_start(source: Floats, target: Floats, weight: Floats) -> Reals:
    """The map from fixed to moved pixels, of shift and scale, by the correlation of the edges."""
    field = find_edges(target[:, :, None]).field() * weight
    return rough_alignment(field.astype(np.complex64), find_edges(source[:, :, None]).field(), _MAX_SHIFT)


def _refine(source: Floats, target: Floats, weight: Floats, matrix: Reals) -> tuple[Reals, float]:
    """The map from fixed to moved pixels improved, and how far both agree under it."""
    height, width = target.shape
    across, down = _gradients(target)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x + 0.5 - width / 2, y + 0.5 - height / 2
    # One row for each unknown: products of rows are fast.
    design = np.stack([across * x, across * y, across, down * x, down * y, down]).reshape(6, -1)
    centre = np.array([width / 2, height / 2])
    for _ in range(_ROUNDS):
        warped, inside = _sample(source, matrix, (width, height))
        rest = warped - target
        usable = weight * inside
        robust = usable * _weigh(rest, usable)
        weighted = design * robust.ravel()
        normal = weighted @ design.T + np.eye(6) * 1e-3
        step = np.linalg.solve(normal, weighted @ rest.ravel()).reshape(2, 3)
        motion = float(np.abs(step[:, :2]).sum() * max(centre) + np.abs(step[:, 2]).sum())
        step[:, 2] -= step[:, :2] @ centre
        matrix = multiply(matrix, invert(np.eye(2, 3) + step))
        if motion < _SMALL_STEP:
            break
    warped, inside = _sample(source, matrix, (width, height))
    return matrix, _correlate(warped, target, weight * inside)


def _weigh(rest: Floats, usable: Floats) -> Floats:
    """Tukey's weights: what differs far more than most has changed."""
    step = 1 + rest.size // _JUDGED
    step += 1 - step % 2  # odd, so that not only some of the columns are looked at
    within = np.abs(rest.ravel()[::step][usable.ravel()[::step] > 0.5])
    limit = max(4.685 * 1.4826 * float(np.median(within)) if within.size else 1.0, 0.2)
    return np.clip(1.0 - (rest / limit) ** 2, 0.0, None) ** 2


def _correlate(first: Floats, second: Floats, weight: Floats) -> float:
    products = [float((weight * pair).sum()) for pair in (first * second, first * first, second * second)]
    return products[0] / max((products[1] * products[2]) ** 0.5, 1e-9)


def _normalise(plane: Floats) -> Floats:
    """Each pixel relative to the mean and the contrast around it."""
    rest = plane - blur(plane, _RADIUS)
    return (rest / (np.sqrt(blur(rest * rest, _RADIUS)) + _CONTRAST_FLOOR)).astype(np.float32)


def _gradients(plane: Floats) -> tuple[Floats, Floats]:
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    across[:, 1:-1] = (plane[:, 2:] - plane[:, :-2]) / 2
    down[1:-1] = (plane[2:] - plane[:-2]) / 2
    return across, down


def _sample(plane: Floats, matrix: Reals, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """The plane at the places of `matrix`, and 1 where those are inside of it."""
    data = tuple(np.asarray(matrix, np.float64).ravel())
    image = Image.fromarray(plane).transform(size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    ones = Image.fromarray(np.ones_like(plane)).transform(size, Image.Transform.AFFINE, data, Image.Resampling.NEAREST)
    return np.asarray(image), np.asarray(ones)


def _reduce(pixels: Pixels, scale: float) -> Floats:
    """Brightness (height, width), 0 ... 255, at `scale`."""
    grey = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    size = (max(16, round(grey.width * scale)), max(16, round(grey.height * scale)))
    return np.asarray(grey if grey.size == size else grey.resize(size, Image.Resampling.BICUBIC), np.float32)


def _shrink_mask(used: Mask, size: tuple[int, int]) -> Floats:
    """1 where all pixels are used, and those whose surroundings enter their contrast; else 0."""
    part = Image.fromarray(used.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)
    return (blur((np.asarray(part) < 255).astype(np.float32), 2) < 1e-3).astype(np.float32)
