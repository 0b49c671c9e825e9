# SPDX-License-Identifier: GPL-3.0-or-later
"""Hides the border of a pasted part: its brightness is carried over from the surroundings, its edge fades inwards."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..arrays import Floats, Mask, Pixels
from ..registration.edges import smooth_plane
from ..texture_fill.pull_push import pull_push

_CELL = 4  # pixels: the difference of the brightness is smooth
_OFFSET = 8.0  # of 255, added before the logarithm: in the dark, noise is no factor
_HOLD = 1e-4  # of all weight: against terms that the surroundings do not decide
_BEYOND = 0.05  # of the logarithm: as far as the trend may leave what was measured
_CHANGED = 0.25  # of the logarithm, around the median: more is no drift but a change of content


def match_brightness(pasted: Floats, original: Floats, known: Mask) -> Floats:
    """`pasted` (h, w, 3), 0 ... 255, with the brightness that continues what `original` has where `known`.

    The factor between both is measured where known. Its trend, and then what is left of it, go on smoothly into the
    rest (a membrane on logarithms, as the clone of Pérez et al. 2003; its fast form by pull-push instead of a solver).
    Unchanged where nothing is known.
    """
    pasted = np.clip(pasted, 0, 255)
    ratio = np.log((original + _OFFSET) / (pasted + _OFFSET)).mean(axis=2)
    usual = float(np.median(ratio[known])) if known.any() else 0.0
    weight = (known & (np.abs(ratio - usual) < _CHANGED)).astype(np.float32)
    if not weight.any():
        return pasted
    sums = _average_cells(np.dstack([original * weight[:, :, None], pasted * weight[:, :, None], weight]))
    for _ in range(2):  # noise is no difference of brightness
        smooth_plane(sums)
    # The factor of means: that of single pixels would be noise where they are dark.
    least = sums[..., 6:] + 1e-6
    factors = np.log((sums[..., :3] + least) / (sums[..., 3:6] + least))
    trend = _fit_trend(factors, sums[..., 6:])
    held = trend[sums[..., 6] > 0]  # far from what is known, a curve would go anywhere
    trend = np.clip(trend, held.min(axis=0) - _BEYOND, held.max(axis=0) + _BEYOND)
    filled = pull_push(np.dstack([(factors - trend) * sums[..., 6:], sums[..., 6:]]), 2)
    factor = trend + filled[..., :3] / np.maximum(filled[..., 3:], 1e-6)
    size = (known.shape[1], known.shape[0])
    # The cells may reach over the border by less than one; so does what they are enlarged to.
    whole = (factor.shape[1] * _CELL, factor.shape[0] * _CELL)
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(factor[..., k])).resize(whole, Image.Resampling.BILINEAR))
        for k in range(3)
    ]
    smooth = np.stack(planes, axis=-1)[: size[1], : size[0]]
    return np.exp(smooth) * pasted


def _fit_trend(factors: Floats, weight: Floats) -> Floats:
    """The smoothest part of some factors (h, w, 3): a gain and a vignette, as polynomials of the second degree.

    By least squares where `weight` (h, w, 1) is; terms that it does not decide are held at nothing.
    """
    height, width = weight.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width) * 2 - 1
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    weighted = terms * weight.reshape(-1, 1)
    hold = np.diag([0, 1, 1, 1, 1, 1]) * _HOLD * float(weight.sum())
    solution = np.linalg.solve(weighted.T @ terms + hold, weighted.T @ factors.reshape(-1, 3))
    return (terms @ solution).reshape(height, width, 3).astype(np.float32)


def fade_inwards(mask: Pixels, width: int) -> Floats:
    """How much of the pasted part counts (h, w), 0 ... 1: 0 where the mask is 0, full `width` pixels inside of it.

    Thinner masks are full in their middle. A soft mask stays as soft as it is.
    """
    inside = mask > 0
    depth = np.zeros(mask.shape, np.float32)
    left = inside.copy()
    reached = 0
    for step in range(width):
        if not left.any():
            break
        depth += left
        reached = step + 1
        left = _erode(left, corners=bool(step % 2))
    if not reached:
        return depth
    ramp = depth / reached
    return (ramp * ramp * (3 - 2 * ramp) * (mask / 255.0)).astype(np.float32)


def _erode(inside: Mask, *, corners: bool) -> Mask:
    """One pixel less all around; the image's border is no border of the mask. Alternately an octagon, nearly a disc."""
    padded = np.pad(inside, 1, mode="edge")
    across = padded[:, :-2] & padded[:, 1:-1] & padded[:, 2:]
    if corners:
        return across[:-2] & across[1:-1] & across[2:]
    return across[1:-1] & padded[:-2, 1:-1] & padded[2:, 1:-1]


def _average_cells(sums: Floats) -> Floats:
    """Sums of cells of `_CELL` pixels a side, of an image (h, w, k), divided by a cell's area."""
    height, width = sums.shape[:2]
    padded = np.pad(sums, ((0, -height % _CELL), (0, -width % _CELL), (0, 0)))
    cells = padded.reshape(padded.shape[0] // _CELL, _CELL, padded.shape[1] // _CELL, _CELL, sums.shape[2])
    return cells.mean(axis=(1, 3), dtype=np.float32)
