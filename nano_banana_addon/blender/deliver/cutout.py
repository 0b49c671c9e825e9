# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture's transparency back on its answer: a derived picture with alpha, beside the original."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.errors import InputError
from ...core.files import compute_sha256
from ...core.result import Generation
from .datablocks import files, names, ownership_tags
from .datablocks import image as images

MASK_NAME = "Nano Banana Mask"


def find_mask_path(generation: Generation) -> Path | None:
    """The kept mask of a capture with a transparent background, or None."""
    capture = generation.request.capture
    path = Path(capture.mask) if capture and capture.mask else None
    return path if path and path.is_file() else None


def load_mask_image(generation: Generation) -> bpy.types.Image | None:
    """The mask as data for the compositor, or None where the background was painted too."""
    path = find_mask_path(generation)
    if path is None:
        return None
    placed_file = files.place_file(path, path.name, files.ImageStorage.STORE)
    image = bpy.data.images.load(str(placed_file.path), check_existing=True)
    images.set_place(image, placed_file, path.name)
    image.name = MASK_NAME
    image.colorspace_settings.name = "Non-Color"
    ownership_tags.set_role(image, ownership_tags.Role.IMAGE)
    return image


def cut_out(generation: Generation, storage_choice: files.ImageStorage) -> bpy.types.Image:
    """Write the answer with the capture's alpha as PNG beside the original, and load it from where it is to lie.

    Blocks for as long as Pillow needs to encode it (about 0.7 s at 2K). Raises `InputError` if the capture had no
    transparent background, DISK if the file cannot be written.
    """
    from ...imaging.formats import masks, open_image, xmp  # Pillow: not when the add-on is enabled

    picture, mask = images.result_of(generation), find_mask_path(generation)
    if mask is None:
        raise InputError(
            "This image was captured with its background, so there is no mask to cut it out.",
            next_step="Switch on Transparent Background under Capture, and generate again.",
        )
    target = Path(picture.path).with_name(f"{Path(picture.path).stem}-cutout.png")
    with open_image.open_image(Path(picture.path)) as original:
        result = masks.apply_mask(original, masks.read_mask(mask))
    origin = xmp.Origin.PREVIEW if generation.offline_preview else xmp.Origin.COMPOSITE
    request = generation.request
    metadata = xmp.packet(origin, prompt=request.prompt, model=request.model, source=picture.sha256)
    xmp.write_derived(result, target, metadata)
    name = f"{Path(names.file_name(generation, picture)).stem}-cutout.png"
    placed_file = files.place_file(target, name, storage_choice)
    packed = (each for each in bpy.data.images if each.packed_file and images.find_file(each) == str(placed_file.path))
    image = next(packed, None) or bpy.data.images.load(str(placed_file.path), check_existing=True)
    if image.packed_file is None:
        images.set_place(image, placed_file, name)
    images.record_origin(image, generation, picture)
    ownership_tags.set_fact(image, "sha256", compute_sha256(target))  # never taken for the received picture
    image.name = f"{names.title_of(generation)} cut out"
    return image
