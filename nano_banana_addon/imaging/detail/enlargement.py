# SPDX-License-Identifier: GPL-3.0-or-later
"""An image enlarged, with the detail of its generated tiles: low frequencies from the image, high ones from the tiles.

A model returns a tile some pixels off, lighter or darker. Each is aligned to the image, and only what it differs in
from the image beyond a smooth difference is added: so neither its colours nor its neighbours' leave a step. (The
"wavelet colour fix" of the tools for super-resolution does the same with another filter.)
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from ...core.scene.frames import Rectangle
from ..arrays import Floats, Mask, Pixels, Reals
from ..edit.composite import LEAST_AGREEMENT, place_answer
from ..registration.affine import build_scaling, multiply
from ..registration.registration import warp
from ..resample import coverage, resample_box
from .tiles import compute_fade, find_cell

#: Pixels of a tile as it was generated: smoother differences than of this standard deviation are the image's.
_SIGMA = 16.0
#: On the reduced grid on which it is smoothed.
_LEAST_SIGMA = 4.0
#: Pixels of a tile over which it fades in from its own border, beyond which it has none.
_BORDER = 24.0
#: A grid for what is smooth: pixels of the enlarged image.
_COARSE = 16
#: Tiles of smaller images are aligned at this size.
_SMALLEST_EDGE = 256
#: Pixels of what was sent, at the image's resolution: the deviation of the Gaussian that both get to be aligned.
_SOFTENED = 2.0


class Enlargement:
    """The enlarged image while its tiles are added, one at a time."""

    def __init__(self, image: Pixels, per_side: int, scale: float) -> None:
        """Enlarge an image (h, w, 3), uint8, by `scale`; its tiles are `per_side` x `per_side`."""
        self._image = Image.fromarray(np.ascontiguousarray(image))
        self._per_side = per_side
        self._scale = scale
        size = (round(self._image.width * scale), round(self._image.height * scale))
        #: (height, width, 3) uint8.
        self.pixels: Pixels = np.array(resample_box(self._image, (0, 0, *self._image.size), size))

    def add(self, number: int, box: Rectangle, answer: Pixels) -> bool:
        """Add a tile's detail. False, and nothing is changed, for an answer that does not show that part of the image.

        `box` is what was sent: left, top, right, bottom as parts of the image; `answer` (h, w, 3), uint8, of any size.
        It needs about 24 bytes for each pixel of the tile in the enlarged image.
        """
        width, height = self._image.size
        box = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
        sent = self._cut_sent(box)
        small = _reduce(answer, sent.shape[1] / answer.shape[1])
        placed, agreement = place_answer(_soften(small), _soften(sent), self._find_used(box, sent))
        placed = multiply(placed, build_scaling(answer.shape, small.shape))
        if agreement < LEAST_AGREEMENT:
            return False
        factors = [(box[axis + 2] - box[axis]) / sent.shape[1 - axis] * self._scale for axis in (0, 1)]
        starts = [box[axis] * self._scale for axis in (0, 1)]
        matrix = multiply(np.array([[factors[0], 0, starts[0]], [0, factors[1], starts[1]]]), placed)
        area = self._find_area(number)
        matrix[:, 2] -= area[:2]
        width, height = area[2] - area[0], area[3] - area[1]
        share = self._compute_share(number, area) * _find_inside(matrix, answer.shape, (width, height))
        sigma = _SIGMA * float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
        detailed = warp(answer, matrix, (width, height))
        left, top, right, bottom = (edge / self._scale for edge in area)
        plain = resample_box(self._image, (left, top, right, bottom), (width, height))
        target = self.pixels[area[1] : area[3], area[0] : area[2]]
        for channel, plane in enumerate(plain.split()):
            difference = detailed[..., channel].astype(np.float32) - np.asarray(plane)
            difference -= smooth(difference, sigma)
            difference *= share
            difference += target[..., channel]
            target[..., channel] = np.clip(np.rint(difference, out=difference), 0, 255)
        return True

    def _cut_sent(self, box: Rectangle) -> Pixels:
        """What was sent, at the image's own resolution: more says nothing of where it lies."""
        across, down = box[2] - box[0], box[3] - box[1]
        larger = max(1.0, _SMALLEST_EDGE / min(across, down))
        return np.asarray(resample_box(self._image, box, (round(across * larger), round(down * larger))))

    def _find_used(self, box: Rectangle, sent: Pixels) -> Mask:
        return coverage(box, self._image.size, (sent.shape[1], sent.shape[0])) >= 1.0

    def _find_area(self, number: int) -> tuple[int, int, int, int]:
        """Where the tile counts, in whole pixels of the enlarged image."""
        cell = find_cell(self._image.size, self._per_side, number)
        height, width = self.pixels.shape[:2]
        left, top = (int(edge * self._scale) for edge in cell[:2])
        right, bottom = (int(edge * self._scale) + 1 for edge in cell[2:])
        return left, top, min(right, width), min(bottom, height)

    def _compute_share(self, number: int, area: tuple[int, int, int, int]) -> Floats:
        column, row = number % self._per_side, number // self._per_side
        places = [(np.arange(area[k], area[k + 2], dtype=np.float32) + 0.5) / self._scale for k in (0, 1)]
        across = compute_fade(self._image.width, self._per_side, column, places[0])
        down = compute_fade(self._image.height, self._per_side, row, places[1])
        return down[:, None] * across[None, :]


def smooth(plane: Floats, sigma: float) -> Floats:
    """The low frequencies of a plane (h, w): what a Gaussian of `sigma` leaves, and once more of the rest.

    The rest of one Gaussian alone still has a quarter of the waves that are some `sigma` long. Borders are repeated.
    """
    step = max(1, int(sigma / _LEAST_SIGMA))
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % step), (0, -width % step)), mode="edge")
    cells = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step).mean(axis=(1, 3))
    low = _blur(cells, sigma / step)
    low += _blur(cells - low, sigma / step)
    whole = Image.fromarray(low).resize((padded.shape[1], padded.shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(whole)[:height, :width]


def _reduce(answer: Pixels, scale: float) -> Pixels:
    """An answer at the resolution of what was sent, unless its own is lower."""
    picture = Image.fromarray(np.ascontiguousarray(answer))
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(picture)


def _soften(pixels: Pixels) -> Pixels:
    """Without what is finer than some pixels: detail that was added says nothing of the place."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(_SOFTENED)))


def _blur(plane: Floats, sigma: float) -> Floats:
    """A Gaussian of a plane (h, w), borders repeated."""
    reach = int(3 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    for _ in range(2):
        padded = np.pad(plane, ((reach, reach), (0, 0)), mode="edge")
        total = np.zeros_like(plane)
        for start, weight in enumerate(kernel):
            total += weight * padded[start : start + len(total)]
        plane = total.T
    return np.ascontiguousarray(plane, np.float32)


def _find_inside(matrix: Reals, shape: tuple[int, ...], size: tuple[int, int]) -> Floats:
    """1 where an answer of some shape, mapped by `matrix`, shows something, 0 beyond its border, smooth between."""
    width, height = size
    linear = np.linalg.inv(matrix[:, :2])
    columns, rows = -(-width // _COARSE), -(-height // _COARSE)
    x = (np.arange(columns, dtype=np.float32) + 0.5) * _COARSE - matrix[0, 2]
    y = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) * _COARSE - matrix[1, 2]
    far = np.full((rows, columns), np.inf, np.float32)
    for axis in (0, 1):
        at = linear[axis, 0] * x + linear[axis, 1] * y
        far = np.minimum(far, np.minimum(at, shape[1 - axis] - at))
    inside = np.clip(far / _BORDER, 0, 1).astype(np.float32)
    whole = Image.fromarray(inside).resize((columns * _COARSE, rows * _COARSE), Image.Resampling.BILINEAR)
    return np.asarray(whole)[:height, :width]
