# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture's transparency back on its answer: a derived picture with alpha, beside the original."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.errors import InputError
from ...core.result import Generation
from ...storage.files.files import digest_of
from .datablocks import files, names, ownership_tags
from .datablocks import image as images

MASK_NAME = "Nano Banana Mask"


def mask_path(generation: Generation) -> Path | None:
    """The kept mask of a capture with a transparent background, or None."""
    capture = generation.request.capture
    path = Path(capture.mask) if capture and capture.mask else None
    return path if path and path.is_file() else None


def mask_image(generation: Generation) -> bpy.types.Image | None:
    """The mask as data for the compositor, or None where the background was painted too."""
    path = mask_path(generation)
    if path is None:
        return None
    loaded = bpy.data.images.load(str(path), check_existing=True)
    loaded.name = MASK_NAME
    loaded.colorspace_settings.name = "Non-Color"
    ownership_tags.mark(loaded, ownership_tags.Role.IMAGE)
    return loaded


def cut_out(generation: Generation, keep: files.Keep) -> bpy.types.Image:
    """Write the answer with the capture's alpha as PNG beside the original, and load it from where
    `keep` says.

    Blocks for as long as Pillow needs to encode it (about 0.7 s at 2K). Raises `InputError` if the capture had
    no transparent background, DISK if the file cannot be written.
    """
    from ...imaging import masks
    from ...imaging.formats import open_image, xmp  # Pillow: not when the add-on is enabled

    picture, mask = images.result_of(generation), mask_path(generation)
    if mask is None:
        raise InputError(
            "This picture was captured with its background, so there is no mask to cut it out by.",
            next_step="Switch on Transparent Background under Capture, and generate again.",
        )
    target = Path(picture.path).with_name(f"{Path(picture.path).stem}-cutout.png")
    with open_image.opened(Path(picture.path)) as opened:
        cut = masks.apply_mask(opened, masks.read_mask(mask))
    origin = xmp.Origin.PREVIEW if generation.offline_preview else xmp.Origin.COMPOSITE
    request = generation.request
    said = xmp.packet(origin, prompt=request.prompt, model=request.model, source=picture.sha256)
    xmp.write_derived(cut, target, said)
    placed = files.place(target, f"{Path(names.file_name(generation, picture)).stem}-cutout.png", keep)
    loaded = bpy.data.images.load(str(placed.path), check_existing=True)
    if placed.path != target:
        loaded.filepath = bpy.path.relpath(str(placed.path))
    if keep is files.Keep.PACK:
        images.pack(loaded)
    images.describe(loaded, generation, picture)
    ownership_tags.set_fact(loaded, "sha256", digest_of(target))  # never taken for the received picture
    loaded.name = f"{names.title_of(generation)} cut out"
    return loaded
