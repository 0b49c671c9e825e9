# SPDX-License-Identifier: GPL-3.0-or-later
"""The raw format of captures: plain pixels that Blender's main thread writes in milliseconds.

Encoding a 2K PNG takes a quarter of a second; writing its pixels as a NumPy file takes about ten milliseconds. The
worker encodes them.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from tokenize import TokenError
from typing import cast

import numpy as np

from ...core.errors import InputError
from ...core.files import write_private
from ..arrays import Pixels
from .encode import PNG_LEVEL
from .open_image import check_pixels, check_readable

#: The first bytes of every NumPy file.
MAGIC = b"\x93NUMPY"
MIME_TYPE = "application/x-npy"
SUFFIX = ".npy"

#: What NumPy raises for a damaged header; its reader for old files tokenises it as Python.
_BROKEN = (OSError, ValueError, EOFError, TypeError, SyntaxError, OverflowError, TokenError)


def write_raw(path: Path, pixels: Pixels) -> None:
    """Write pixels of shape (height, width, 3 or 4), uint8, sRGB-encoded, top row first, straight alpha.

    Raises `ValueError` for other arrays, `NanoBananaError` of kind DISK when it cannot be written.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(f"expected uint8 (height, width, 3 or 4), found {pixels.dtype} {pixels.shape}")
    contiguous = np.ascontiguousarray(pixels)
    write_private(path, lambda file: np.save(file, contiguous, allow_pickle=False))


def convert_to_png(path: Path) -> Path:
    """The PNG file of what `write_raw` wrote, made beside it. Raises `InputError`, DISK."""
    from PIL import Image

    target = path.with_suffix(".png")
    picture = Image.fromarray(np.ascontiguousarray(read_raw(path)))
    write_private(target, lambda file: picture.save(file, "PNG", compress_level=PNG_LEVEL))
    return target


def read_raw(path: Path) -> Pixels:
    """The pixels (h, w, channels) that `write_raw` wrote, mapped from the file (read-only), not copied.

    Raises `InputError` for a file that is gone, damaged, or holds something else.
    """
    check_readable(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels: object = np.load(path, mmap_mode="r", allow_pickle=False)
    except _BROKEN as error:
        raise _build_damage_error(path, str(error)) from error
    if not isinstance(pixels, np.ndarray):
        raise _build_damage_error(path, "not a plain NumPy array")
    held = cast("Pixels", pixels)
    if held.dtype != np.uint8 or held.ndim != 3 or held.shape[2] not in (3, 4):
        raise _build_damage_error(path, f"holds {held.dtype} {held.shape}")
    check_pixels(path, held.shape[1], held.shape[0])
    return held


def _build_damage_error(path: Path, detail: str) -> InputError:
    return InputError(
        f"The captured image {path.name} is damaged.",
        next_step="Capture it again.",
        detail=detail[:200],
    )
