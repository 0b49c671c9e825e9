# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays the answer to a crop back into the image it was cut from: aligned, matched, and nowhere outside of the mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...core.errors import InputError
from ..arrays import Mask, Pixels, Reals
from ..registration.affine import multiply
from ..registration.alignment import align, has_structure
from ..registration.registration import list_starts, warp
from ..resample import coverage, resample_box
from .crop import Crop, find_bounds
from .seam import fade_inwards, match_brightness

_FEATHER = 24  # pixels of the image
_SHORT_FEATHER = 6  # where nothing is that it could fade into: pixels that were only repeated
_SURROUNDINGS = 64  # pixels around the mask from which brightness is carried over
LEAST_AGREEMENT = 0.35  # correlation of the surroundings: of another image it is about 0
_GREY = 128  # behind transparent parts of what is sent


@dataclass(frozen=True, slots=True)
class Composite:
    """The edited image, of the original's shape and type; how far the answer had moved (pixels), and its agreement."""

    pixels: Pixels
    drift_px: float
    agreement: float


def cut_crop(original: Pixels, crop: Crop) -> Pixels:
    """The crop of an image (h, w, 3 or 4) as it is sent: (h, w, 3), uint8, of the canvas; border pixels go on."""
    return np.asarray(resample_box(Image.fromarray(_flatten(original)), crop.box, crop.canvas))


def check_surroundings(original: Pixels, mask: Pixels, crop: Crop) -> None:
    """Raise `InputError` where an answer could not be laid in place: around the mask there is nothing to hold on to.

    `original` and `mask` as for `lay_in`: (h, w, 3 or 4) and (h, w).
    """
    if not has_structure(cut_crop(original, crop), _find_used(original, mask, crop)):
        raise InputError(
            "Around the mask there is nothing by which the changed part could be laid in place.",
            next_step="Make the mask smaller, so that edges or texture remain around it, or restyle the whole image.",
        )


def lay_in(original: Pixels, mask: Pixels, crop: Crop, answer: Pixels, *, extends: bool = False) -> Composite:
    """The image with what the answer shows inside the mask; every other value is the original's.

    With `extends` the mask is a border that was added to the image.

    `original` (h, w, 3 or 4) uint8 or uint16, straight alpha, sRGB-encoded; `mask` (h, w) uint8, soft where it is grey;
    `answer` (h, w, 3) uint8 of any size. What was transparent becomes opaque inside the mask. Raises `InputError` for
    an answer that does not show the crop's surroundings.
    """
    matrix, agreement = _find_place(original, mask, crop, answer)
    if agreement < LEAST_AGREEMENT:
        raise InputError(
            "The answer does not show the surroundings of the mask: there is no telling where it belongs.",
            next_step="Generate again, or use the answer as an image of its own: it is in the history.",
        )
    left, top, right, bottom = _find_area(mask)
    part = original[top:bottom, left:right]
    inside = mask[top:bottom, left:right]
    local = matrix.copy()
    local[:, 2] -= (left, top)
    placed = warp(answer, local, (right - left, bottom - top)).astype(np.float32)
    depth = 65535 if original.dtype == np.uint16 else 255
    before = part[..., :3].astype(np.float32) * (255 / depth)
    matched = match_brightness(placed, before, _find_known(part, inside))
    edited = original.copy()
    share = fade_inwards(inside, _SHORT_FEATHER if extends else _FEATHER)
    edited[top:bottom, left:right] = _blend(part, matched * (depth / 255), share, depth)
    return Composite(edited, _measure_drift(matrix, crop, answer), agreement)


def _blend(part: Pixels, matched: Reals, share: Reals, depth: int) -> Pixels:
    result = part.copy()
    changed = share > 0
    weight = share[changed][:, None]
    mixed = part[..., :3][changed] * (1 - weight) + np.clip(matched[changed], 0, depth) * weight
    result[..., :3][changed] = np.rint(mixed)
    if part.shape[2] == 4:
        alpha = part[..., 3][changed]
        result[..., 3][changed] = np.maximum(alpha, np.rint(share[changed] * depth).astype(part.dtype))
    return result


def _find_place(original: Pixels, mask: Pixels, crop: Crop, answer: Pixels) -> tuple[Reals, float]:
    """The map (2, 3) from the answer's pixels to the image's, and how far the surroundings agree."""
    found, agreement = place_answer(answer, cut_crop(original, crop), _find_used(original, mask, crop))
    to_image = np.array([[1 / crop.scale, 0, crop.box[0]], [0, 1 / crop.scale, crop.box[1]]])
    return multiply(to_image, found), agreement


def place_answer(answer: Pixels, sent: Pixels, used: Mask) -> tuple[Reals, float]:
    """The map (2, 3) from the answer's pixels to those of what was sent, and how far the `used` ones agree, -1 ... 1.

    Both (h, w, 3) uint8, of any sizes; below `LEAST_AGREEMENT` the answer shows something else.
    """
    best: tuple[Reals, float] = (np.eye(2, 3), -1.0)
    for start in list_starts(answer.shape, sent.shape):
        found = align(warp(answer, start, (sent.shape[1], sent.shape[0])), sent, used)
        best = max(best, (multiply(found.matrix, start), found.agreement), key=lambda each: each[1])
    return best


def _find_used(original: Pixels, mask: Pixels, crop: Crop) -> Mask:
    """The crop's pixels (canvas) that show the image outside of the mask."""
    hidden = mask > 0
    if original.shape[2] == 4:
        hidden = hidden | (original[..., 3] == 0)
    covered = np.asarray(resample_box(Image.fromarray(hidden.astype(np.uint8) * 255), crop.box, crop.canvas))
    height, width = mask.shape
    return (covered == 0) & (coverage(crop.box, (width, height), crop.canvas) >= 1.0)


def _find_area(mask: Pixels) -> tuple[int, int, int, int]:
    left, top, right, bottom = find_bounds(mask)
    height, width = mask.shape
    far = _SURROUNDINGS
    return max(0, left - far), max(0, top - far), min(width, right + far), min(height, bottom + far)


def _find_known(part: Pixels, inside: Pixels) -> Mask:
    outside = inside == 0
    return outside & (part[..., 3] > 0) if part.shape[2] == 4 else outside


def _measure_drift(matrix: Reals, crop: Crop, answer: Pixels) -> float:
    """The distance, in the image's pixels and the mean of the corners, by which the answer was off its place."""
    height, width = answer.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    there = corners @ matrix[:, :2].T + matrix[:, 2]
    left, top, right, bottom = crop.box
    wanted = np.array([[left, top], [right, top], [left, bottom], [right, bottom]])
    return float(np.hypot(*(there - wanted).T).mean())


def _flatten(pixels: Pixels) -> Pixels:
    """8-bit colours, transparent parts over grey."""
    colours = pixels if pixels.dtype == np.uint8 else (pixels / 257 + 0.5).astype(np.uint8)
    if colours.shape[2] == 3:
        return np.ascontiguousarray(colours)
    alpha = colours[..., 3:].astype(np.float32) / 255
    return (colours[..., :3] * alpha + _GREY * (1 - alpha) + 0.5).astype(np.uint8)
