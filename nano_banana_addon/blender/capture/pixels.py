# SPDX-License-Identifier: GPL-3.0-or-later
"""Captured pixels on their way to the disk: bars, mask, and Blender's own quickest file."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np

from ...core.constants import ReferenceRole
from ...core.errors import ErrorKind, NanoBananaError
from ...core.files import convert_disk_errors, write_private
from ...core.request import Reference
from ...core.scene.fit import Fit
from ...core.scene.frames import Framing, Rectangle
from ...imaging.arrays import Pixels
from ...imaging.fit import BARS
from ...imaging.formats.raw import write_raw

_TARGA_HEADER = 18


def make_path(folder: Path, suffix: str) -> Path:
    """A file name in `folder` (made if missing) that nothing else has.

    Raises `NanoBananaError` of kind DISK if there is no such folder and none can be made.
    """
    with convert_disk_errors(f"{folder} cannot be used as a folder"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f"capture-{uuid.uuid4().hex}{suffix}"


def add_bars(pixels: Pixels, framing: Framing, region: Rectangle | None) -> Pixels:
    """For PAD: fill the pixels outside the frame (or its region) with bars; other fits stay as they are.

    `pixels` (height, width, 3 or 4) uint8. A pixel belongs to the frame when its centre does.
    """
    if framing.fit is not Fit.PAD:
        return pixels
    left, top, right, bottom = region or (0.0, 0.0, 1.0, 1.0)
    x0, y0 = (round(value) for value in framing.to_canvas(left, top))
    x1, y1 = (round(value) for value in framing.to_canvas(right, bottom))
    result = np.empty_like(pixels)
    result[:] = [*BARS, 255][: pixels.shape[2]]
    rows, columns = slice(max(y0, 0), max(y1, 0)), slice(max(x0, 0), max(x1, 0))
    result[rows, columns] = pixels[rows, columns]
    return result


def write_structure(pixels: Pixels, folder: Path, label: str) -> Reference:
    """Write pixels (h, w, 3 or 4), straight alpha, top row first, as the STRUCTURE reference."""
    path = make_path(folder, ".npy")
    write_raw(path, pixels)
    height, width = pixels.shape[:2]
    return Reference(ReferenceRole.STRUCTURE, str(path), label, width=width, height=height)


def write_mask(pixels: Pixels, folder: Path) -> str:
    """Write the alpha of pixels (h, w, 4) as an 8-bit grey PNG; returns its path."""
    from PIL import Image

    path = make_path(folder, "-mask.png")
    mask = Image.fromarray(np.ascontiguousarray(pixels[:, :, 3]))
    write_private(path, lambda file: mask.save(file, "PNG", compress_level=1))
    return str(path)


def read_targa(path: Path) -> Pixels:
    """The pixels of an uncompressed Targa file as Blender writes it: uint8 (height, width, 3 or 4), top row first.

    Nothing that Blender saves is quicker to write and read. Raises `NanoBananaError` DISK for another file.
    """
    with convert_disk_errors(f"Blender did not write the image into {path.parent}"):
        data = path.read_bytes()
    width, height = (int.from_bytes(data[offset : offset + 2], "little") for offset in (12, 14))
    channels, start = (data[16] // 8, _TARGA_HEADER + data[0]) if len(data) > 18 else (0, 0)
    if channels not in (3, 4) or len(data) < start + width * height * channels or data[2] != 2:
        raise NanoBananaError(ErrorKind.DISK, f"Blender could not write the image into {path.parent} completely.")
    flat = np.frombuffer(data, np.uint8, width * height * channels, start)
    pixels = flat.reshape(height, width, channels)
    upright = pixels if data[17] & 0x20 else pixels[::-1]
    order = [2, 1, 0, 3][:channels]
    return np.ascontiguousarray(upright[:, :, order])
