# SPDX-License-Identifier: GPL-3.0-or-later
"""Masked edits of image files: what is read of them, and the edited image as a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from ...core.constants import EditMode
from ...core.errors import InputError
from ...core.request import Region
from ..arrays import Pixels
from ..formats import raw
from ..formats.masks import read_changed
from ..formats.open_image import open_image
from ..formats.plain_rgb import is_srgb
from ..formats.sniff import alpha_in, sniff
from ..formats.xmp import write_derived
from ..resample import resample_box
from .composite import lay_in
from .crop import Crop
from .repeated import fold_edges, show_edges

_EMPTY = (255, 0, 255)  # the magenta of the prompt
_OUTLINE, _OUTLINE_WIDTH = (255, 0, 40), 5  # pixels of the canvas
_RINGING = 31  # of 255: what resampling leaves beside a hard edge


@dataclass(frozen=True, slots=True)
class EditedFile:
    """An edited image that was written: its size, and how far the answer was off its place, in pixels."""

    size: tuple[int, int]
    drift_px: float


def read_original(path: Path) -> Pixels:
    """The pixels of the image to edit (h, w, 3 or 4), uint8, upright; its values as they are, not converted.

    Raises `InputError` for a file that is gone or damaged, and for one that 8 bits of sRGB cannot hold.
    """
    info = sniff(path)
    if info.mime_type == raw.MIME_TYPE:
        return np.ascontiguousarray(raw.read_raw(path))
    if info.bits > 8:
        raise InputError(
            f"The image {path.name} has {info.bits} bits per channel, and a generated part has 8.",
            next_step="Save a copy of it as an 8-bit PNG, and edit that.",
        )
    with open_image(path) as picture:
        if not is_srgb(picture.info.get("icc_profile")) or picture.mode == "CMYK":
            raise InputError(
                f"The colours of the image {path.name} are not sRGB.",
                next_step="Save a copy of it with the colour profile sRGB, and edit that.",
            )
        upright = ImageOps.exif_transpose(picture)
        return np.asarray(upright.convert("RGBA" if alpha_in(upright) else "RGB"))


def read_edit_mask(path: Path, size: tuple[int, int]) -> Pixels:
    """The mask (h, w), uint8, of an image of `size` (width, height), above 0 where it changes (`masks.read_changed`).

    Raises `InputError` for one of another shape, or that cannot be read.
    """
    grey = read_changed(path)
    if abs(grey.width * size[1] - grey.height * size[0]) > max(size) * 2:
        raise InputError(
            f"The mask has {grey.width} x {grey.height} pixels, the image {size[0]} x {size[1]}.",
            next_step="Use a mask of the image's size.",
        )
    return fit_mask(np.asarray(grey), size)


def fit_mask(mask: Pixels, size: tuple[int, int]) -> Pixels:
    """A mask (h, w), uint8, scaled to (width, height)."""
    if mask.shape == size[::-1]:
        return mask
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR))


def grow(mask: Pixels, pixels: int) -> Pixels:
    """A mask (h, w), uint8, 255 wherever any of it is within so many pixels."""
    near = Image.fromarray((mask > 0).astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(pixels))
    return (np.asarray(near) > 0).astype(np.uint8) * 255


def cut_mask(mask: Pixels, crop: Crop) -> Pixels:
    """The crop of a mask (h, w) as an image (h, w, 3): white where anything changes, else black."""
    marked = Image.fromarray((mask > 0).astype(np.uint8) * 255)
    changed = np.asarray(resample_box(marked, crop.box, crop.canvas)) > _RINGING
    return np.repeat(changed[..., None] * np.uint8(255), 3, axis=2)


def draw_empty(cut: Pixels, cut_mask: Pixels) -> Pixels:
    """A crop (h, w, 3) with a plain colour where its mask (h, w, 3) is white."""
    return np.where(cut_mask > 0, np.array(_EMPTY, np.uint8), cut)


def draw_outline(cut: Pixels, cut_mask: Pixels) -> Pixels:
    """A crop (h, w, 3) with a line around what is white in its mask (h, w, 3)."""
    picture, inside = Image.fromarray(cut), Image.fromarray(cut_mask[..., 0])
    near = np.asarray(inside.filter(ImageFilter.BoxBlur(_OUTLINE_WIDTH))) > 0  # MaxFilter takes ten times as long
    line = near & (np.asarray(inside) == 0)
    ImageDraw.Draw(picture).bitmap((0, 0), Image.fromarray(line.astype(np.uint8) * 255), fill=_OUTLINE)
    return np.asarray(picture)


def write_edited(region: Region, answer: Path, out: Path, metadata: str) -> EditedFile:
    """Lay the image file `answer` into the region's image and write the whole as the PNG file `out`, with XMP.

    Raises `InputError` where the answer does not show the surroundings, DISK when it cannot be written.
    """
    original = read_original(Path(region.image))
    height, width = original.shape[:2]
    mask = read_edit_mask(Path(region.mask), (width, height))
    with open_image(answer) as picture:
        generated = np.asarray(picture.convert("RGB"))
    crop, extends = Crop(region.box, region.canvas), region.mode == EditMode.EXTEND
    shown, marked = (show_edges(original), show_edges(mask)) if region.wraps else (original, mask)
    found = lay_in(shown, marked, crop, generated, extends=extends)
    edited = fold_edges(found.pixels, (height, width)) if region.wraps else found.pixels
    write_derived(Image.fromarray(edited), out, metadata)
    return EditedFile((width, height), found.drift_px)
