# SPDX-License-Identifier: GPL-3.0-or-later
"""Coarse shift and scale between two edge fields, from the peak of their correlation."""

from __future__ import annotations

import numpy as np
from numpy import typing as npt
from PIL import Image

from ..arrays import Doubles

Field = npt.NDArray[np.complex64]

_SCALES = (1.0, 0.985, 1.015, 0.97, 1.03, 0.955, 1.045)


def rough_alignment(guide: Field, picture: Field, max_shift: float) -> Doubles:
    """The 2 x 3 map from guide to picture pixels, of shift and scale alone; fields of equal shape.

    Shifts are looked for up to `max_shift` times the longer side, in whole pixels.
    """
    height, width = guide.shape
    shape = (_pad_length(height), _pad_length(width))
    reach = int(max_shift * max(height, width)) + 1
    spectrum = np.conj(np.fft.fft2(_blur(guide), shape))
    best = (-np.inf, 1.0, 0, 0)
    for scale in _SCALES:
        other = np.fft.fft2(_blur(_about_centre(picture, scale)), shape)
        score = np.real(np.fft.ifft2(spectrum * other))
        rows = np.r_[0 : reach + 1, shape[0] - reach : shape[0]]
        columns = np.r_[0 : reach + 1, shape[1] - reach : shape[1]]
        window = score[np.ix_(rows, columns)]
        at = np.unravel_index(int(np.argmax(window)), window.shape)
        dy, dx = int(rows[at[0]]), int(columns[at[1]])
        dy, dx = dy - shape[0] * (dy > reach), dx - shape[1] * (dx > reach)
        best = max(best, (float(window[at]), scale, dx, dy))
    _, scale, dx, dy = best
    # The picture was enlarged by 1/scale about its centre before it was compared.
    centre = np.array([width / 2, height / 2])
    shift = centre + scale * (np.array([dx, dy]) - centre)
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)


def _pad_length(length: int) -> int:
    """A length without wrap-around for small shifts, of factors that the FFT likes."""
    wanted = int(length * 1.15) + 8
    return -(-wanted // 16) * 16


def _about_centre(field: Field, scale: float) -> Field:
    """The field enlarged by 1 / scale about its centre."""
    if scale == 1.0:
        return field
    height, width = field.shape
    data = (scale, 0.0, width / 2 * (1 - scale), 0.0, scale, height / 2 * (1 - scale))
    parts = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(part)).transform(
                (width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
            )
        )
        for part in (field.real, field.imag)
    ]
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def _blur(field: Field) -> Field:
    """Wide enough that shapes meet although the scale is between two of those tried."""
    result = field.copy()
    for _ in range(3):
        result[1:-1] = (result[:-2] + 2 * result[1:-1] + result[2:]) / 4
        result[:, 1:-1] = (result[:, :-2] + 2 * result[:, 1:-1] + result[:, 2:]) / 4
    return result
