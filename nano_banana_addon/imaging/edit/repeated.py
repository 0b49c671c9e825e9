# SPDX-License-Identifier: GPL-3.0-or-later
"""The edges of an image that repeats, edited like any other part: moved into the middle, and back."""

from __future__ import annotations

import numpy as np

from ..arrays import Pixels

_ARM = 12  # of a side: how far what is generated reaches from an edge; features that are cut there lie in it
_MARGIN = 24  # of a side: what is shown twice, so that both ends of an arm can be faded into each other
_LEAST = 8  # pixels of both


def mark_edges(size: tuple[int, int]) -> Pixels:
    """The mask (h, w), uint8, of an image of (width, height): 255 near its edges."""
    mask = np.full((size[1], size[0]), 255, np.uint8)
    across, down = (max(side // _ARM, _LEAST) for side in size)
    mask[down : size[1] - down, across : size[0] - across] = 0
    return mask


def show_edges(pixels: Pixels) -> Pixels:
    """An image or mask (h, w) or (h, w, c) moved by half its size, so that its edges cross in the middle.

    It goes on a little beyond its sides, as it repeats: what is shown at one of them is shown at the opposite one, too.
    """
    height, width = pixels.shape[:2]
    down, across = _list_margins((height, width))
    moved = np.roll(pixels, (height // 2, width // 2), axis=(0, 1))
    return np.pad(moved, [(down, down), (across, across), (0, 0)][: pixels.ndim], mode="wrap")


def fold_edges(shown: Pixels, shape: tuple[int, int]) -> Pixels:
    """The inverse of `show_edges` for an image of `shape` (h, w). Of what is shown twice, one fades into the other."""
    for axis, (side, margin) in enumerate(zip(shape, _list_margins(shape), strict=True)):
        shown = np.moveaxis(_fold(np.moveaxis(shown, axis, 0), side, margin), 0, axis)
    return np.ascontiguousarray(np.roll(shown, (-(shape[0] // 2), -(shape[1] // 2)), axis=(0, 1)))


def _list_margins(shape: tuple[int, int]) -> tuple[int, int]:
    down, across = (max(side // _MARGIN, min(_LEAST, side // 2)) for side in shape)
    return down, across


def _fold(shown: Pixels, side: int, margin: int) -> Pixels:
    """Rows (side + 2 * margin, ...) as `side` rows: the first and the last ones show the same places."""
    part = (np.arange(2 * margin, dtype=np.float32) + 0.5) / (2 * margin)
    share = (part * part * (3 - 2 * part)).reshape(-1, *[1] * (shown.ndim - 1))
    first, last = shown[: 2 * margin].astype(np.float32), shown[side:].astype(np.float32)
    faded = np.rint(last + (first - last) * share).astype(shown.dtype)  # exact where both are equal
    folded = shown[margin : margin + side].copy()
    folded[side - margin :], folded[:margin] = faded[:margin], faded[margin:]
    return folded
