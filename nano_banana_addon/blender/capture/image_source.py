# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAGE: a data-block or a file as the picture, byte for byte where it is one already."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import bpy
import numpy as np

from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.files import write_private
from ...core.request import Reference
from ...core.scene.capture import Capture
from ...core.settings import CaptureSettings
from ...imaging.arrays import Pixels
from ...imaging.formats.raw import write_raw
from .pixels import make_path, read_targa
from .render import use_targa_format
from .render_engine import temporary_file
from .result import CaptureResult
from .temporary import RENDER_TYPES

#: Formats that only Blender decodes here, or whose colours need the scene's view transform.
_BLENDER_ONLY_FORMATS = ("OPEN_EXR", "OPEN_EXR_MULTILAYER", "HDR", "CINEON", "DPX")
#: Types whose pixels are not the data-block's own, as part of a sentence.
_UNSUPPORTED_SOURCES = {"MOVIE": "a movie", "SEQUENCE": "an image sequence", "TILED": "of several UDIM tiles"}


def capture_image(_context: bpy.types.Context, settings: CaptureSettings, folder: Path) -> CaptureResult:
    """IMAGE: the chosen image as it is. Raises `InputError` when there is none."""
    return CaptureResult(find_picture(settings.source_image, folder), Capture(source=settings.source))


def find_picture(name: str, folder: Path) -> Reference:
    """An image data-block's name or a file's path as the STRUCTURE reference.

    Raises `InputError` when there is neither, or no data in it.
    """
    image = bpy.data.images.get(name) if name else None
    if image is not None:
        return Reference(ReferenceRole.STRUCTURE, str(image_file(image, folder)), image.name)
    if not name:
        raise InputError("No image is chosen.", next_step="Choose one under Source.")
    path = Path(bpy.path.abspath(name))
    if not path.is_file():
        raise InputError(
            f"There is no image {name!r} in this file and no image file of that path.",
            next_step="Choose another one under Source.",
        )
    return Reference(ReferenceRole.STRUCTURE, str(path), path.name)


def image_file(image: bpy.types.Image, folder: Path) -> Path:
    """A file with the picture of an image.

    The image's own file, if it shows what Blender shows, else one written into `folder`: the packed bytes as they are,
    painted and generated pixels as a raw capture, float images through the scene's view transform.
    """
    if image.source in _UNSUPPORTED_SOURCES:
        raise InputError(
            f"The image {image.name!r} cannot be used: it is {_UNSUPPORTED_SOURCES[image.source]}.",
            next_step="Choose a single image.",
        )
    _refuse_device(image)
    if image.source == "FILE" and not image.is_dirty and image.file_format not in _BLENDER_ONLY_FORMATS:
        if image.packed_file is not None:
            return _write_packed_file(image, folder)
        path = Path(bpy.path.abspath(image.filepath_from_user(), library=image.library))
        if path.is_file():
            return path
    if min(image.size) < 1 and image.type not in RENDER_TYPES:
        raise InputError(
            f"The image {image.name!r} has no data.",
            next_step="Its file may be missing: see File > External Data > Report Missing Files.",
        )
    return _write_pixels(image, folder)


def _refuse_device(image: bpy.types.Image) -> None:
    """Raise `InputError` for an image whose file is a pipe or device: most of its properties read it, without end."""
    if image.source != "FILE" or image.packed_file is not None or not image.filepath:
        return
    path = Path(bpy.path.abspath(image.filepath_from_user(), library=image.library))
    with suppress(OSError, ValueError):
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(
                f"The file of the image {image.name!r} is no ordinary file: {path}.", next_step="Choose another image."
            )


def _write_packed_file(image: bpy.types.Image, folder: Path) -> Path:
    data = bytes(image.packed_file.data)
    suffix = Path(image.filepath or image.name).suffix or ".image"
    path = folder / f"packed-{hashlib.sha256(data).hexdigest()}{suffix}"  # once for all requests that it goes with
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_private(path, lambda file: file.write(data))
    path.touch()
    return path


def _write_pixels(image: bpy.types.Image, folder: Path) -> Path:
    path = make_path(folder, ".npy")
    if image.is_float or image.type in RENDER_TYPES:
        write_raw(path, _read_displayed_pixels(image))
        return path
    width, height = image.size
    channels = image.channels
    values = np.empty(width * height * channels, np.float32)
    image.pixels.foreach_get(values)
    pixels = (values.reshape(height, width, channels)[::-1] * 255 + 0.5).astype(np.uint8)
    if channels not in (3, 4):
        pixels = np.repeat(pixels[:, :, :1], 3, axis=2)
    write_raw(path, pixels)
    return path


def _read_displayed_pixels(image: bpy.types.Image) -> Pixels:
    scene = bpy.context.scene
    with temporary_file() as file, use_targa_format(scene, alpha=True):
        try:
            image.save_render(str(file), scene=scene)
        except RuntimeError as error:
            raise InputError(
                f"The image {image.name!r} has no data.",
                next_step="Render first, or choose another.",
            ) from error
        return read_targa(file)
