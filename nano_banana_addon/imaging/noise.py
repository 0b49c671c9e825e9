# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two images show the same except noise: two captures of one scene are not equal to the last bit."""

from __future__ import annotations

import numpy as np

from .arrays import Floats, Pixels

#: The limits are steps of 8 bits after the mean of blocks of pixels: of the mean of all blocks, and of any one. An
#: object of little contrast (20 steps) that moves by two pixels changes a block by 10, 1 % more light the mean by 1.
_BLOCK, _MEAN_LIMIT, _BLOCK_LIMIT = 4, 0.5, 6.0


def differs_by_noise(first: Pixels, second: Pixels) -> bool:
    """Whether two images (height, width, 3) differ by noise only, or not at all."""
    if first.shape != second.shape:
        return False
    difference = np.abs(_average_blocks(first.astype(np.float32) - second))
    return bool(difference.max(initial=0.0) <= _BLOCK_LIMIT and difference.mean() <= _MEAN_LIMIT)


def _average_blocks(values: Floats) -> Floats:
    height, width = (-(-size // _BLOCK) * _BLOCK for size in values.shape[:2])
    margins = ((0, height - values.shape[0]), (0, width - values.shape[1]), (0, 0))
    padded = np.pad(values, margins, mode="edge")
    return padded.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK, -1).mean(axis=(1, 3))
