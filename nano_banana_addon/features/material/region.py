# SPDX-License-Identifier: GPL-3.0-or-later
"""A box of an image file as a file of its own: the surface of a material, or what shows it to the model."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import InputError

#: Left, top, right, bottom as parts of an image.
Box = tuple[float, float, float, float]
_LARGEST = 16384  # pixels of a side


def cut(source: Path, box: Box, target: Path, least: int) -> None:
    """Write a box of an image, upright and in sRGB, as raw pixels, with its alpha; on any thread.

    Raises `InputError` for a box of fewer than `least` pixels a side, and for what is no image; DISK.
    """
    import numpy as np

    from ...imaging.formats.raw import write_raw
    from ...imaging.formats.thumbnails import small_picture  # Pillow

    picture = small_picture(source, _LARGEST)
    left, top, right, bottom = (round(b * n) for b, n in zip(box, picture.size * 2, strict=True))
    corners = max(left, 0), max(top, 0), min(right, picture.width), min(bottom, picture.height)
    if min(corners[2] - corners[0], corners[3] - corners[1]) < least:
        raise InputError(
            "The box is too small to show a surface.",
            next_step=f"Drag one of at least {least} pixels a side.",
        )
    write_raw(target, np.asarray(picture.crop(corners)))
