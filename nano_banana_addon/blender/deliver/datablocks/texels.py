# SPDX-License-Identifier: GPL-3.0-or-later
"""The texels of an image data-block exactly as they are stored: 8 or 16 bits, of each UDIM tile."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import numpy as np
from numpy.typing import NDArray

from ....core.errors import InputError
from ....imaging.arrays import Floats
from .image import open_file

#: (h, w, 3 or 4), top row first, display values.
Texels = NDArray[np.uint8] | NDArray[np.uint16]
FIRST_TILE = 1001
_DEEP = 65535
#: How far 16-bit values are from whole numbers after Blender's floats.
_ROUNDING = 0.05
_SAVE_IT = "Save the image (Image > Save), then try again."
_CONVERT = "Save a copy as a PNG of 8 or 16 bits (Image > Save As), and use that."


def read_texels(image: bpy.types.Image) -> dict[int, Texels]:
    """The texels by UDIM tile (1001 where there is one tile).

    What was painted on the image and not saved counts. Raises `InputError` for images that are no still colour image of
    8 or 16 bits, and `NanoBananaError` for a file that cannot be read.
    """
    if image.source not in ("FILE", "TILED", "GENERATED"):
        raise InputError(f'"{image.name}" is no still image.', next_step="Choose a material with a single image.")
    if image.colorspace_settings.name != "sRGB":
        raise InputError(
            f'The colours of "{image.name}" are {image.colorspace_settings.name}, not sRGB.',
            next_step="Set its Color Space to sRGB, or save a copy in it.",
        )
    if image.source == "TILED":
        return _read_tiles(image)
    if image.is_dirty or image.source == "GENERATED":
        return {FIRST_TILE: _read_pixels(image)}
    packed = bytes(image.packed_file.data) if image.packed_file else None
    return {FIRST_TILE: _decode(image, image.filepath, packed)}


def _read_tiles(image: bpy.types.Image) -> dict[int, Texels]:
    if image.is_dirty:
        raise InputError(f'"{image.name}" has tiles that were changed and not saved.', next_step=_SAVE_IT)
    packed = {file.filepath: bytes(file.data) for file in image.packed_files}
    tiles: dict[int, Texels] = {}
    for tile in image.tiles:
        path = image.filepath.replace("<UDIM>", str(tile.number))
        data = next((data for name, data in packed.items() if f".{tile.number}." in Path(name).name), None)
        tiles[tile.number] = _decode(image, path, data)
    return tiles


def _decode(image: bpy.types.Image, name: str, packed: bytes | None) -> Texels:
    """The texels of an image's file, or of its packed bytes."""
    from ....imaging.edit.files import read_original  # Pillow: not while the add-on is being enabled
    from ....imaging.formats import sniff

    path = Path(bpy.path.abspath(name, library=image.library))
    if packed is None and not path.exists():
        raise InputError(
            f'The file {path.name} of "{image.name}" does not exist any more.',
            next_step="Choose File > External Data > Find Missing Files.",
        )
    with TemporaryDirectory() as folder:
        if packed is not None:
            path = Path(folder, path.name or "packed.png")
            path.write_bytes(packed)
        info = sniff.sniff(path)
        if info.bits > 8:
            return _decode_deep(path, has_alpha=info.has_alpha)
        return read_original(path)


def _decode_deep(path: Path, *, has_alpha: bool) -> Texels:
    """Through Blender: Pillow reads 16 bits of a colour as 8."""
    deep = open_file(path)
    try:
        deep.colorspace_settings.name = "Non-Color"
        deep.alpha_mode = "CHANNEL_PACKED"
        values = _read_values(deep)
    finally:
        bpy.data.images.remove(deep)
    values = (np.repeat(values[..., :1], 3, axis=2) if values.shape[2] < 3 else values) * np.float32(_DEEP)
    texels = np.round(np.clip(values, 0, _DEEP))
    if np.abs(values - texels).max() > _ROUNDING:
        raise InputError(f"{path.name} has more than 16 bits for each channel.", next_step=_CONVERT)
    return texels[..., : 4 if has_alpha else 3].astype(np.uint16)


def _read_pixels(image: bpy.types.Image) -> Texels:
    """What Blender has in its memory: 8 bits, which it gives as parts of 255."""
    if image.is_float:
        raise InputError(f'"{image.name}" holds float colours that are in no file of 8 or 16 bits.', next_step=_CONVERT)
    values = _read_values(image)
    texels = np.round(values * 255).astype(np.uint8)
    return texels if texels.shape[2] >= 3 else np.repeat(texels[..., :1], 3, axis=2)


def _read_values(image: bpy.types.Image) -> Floats:
    width, height = image.size
    if min(width, height) < 1:
        raise InputError(
            f'"{image.name}" has no data.',
            next_step="Its file may be missing: see File > External Data > Report Missing Files.",
        )
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(height, width, image.channels)[::-1]
