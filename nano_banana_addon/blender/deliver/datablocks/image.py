# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as an image data-block. Its pixels are read by Blender when they are first drawn, not
here.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import bpy

from ....core.errors import ErrorKind, NanoBananaError
from ....core.result import Generation, Picture
from . import files, names, ownership_tags
from .delivery_report import DeliveryLog
from .files import ImageStorage

SYNTHID_NOTE = "AI-generated; carries Google's SynthID watermark"
PREVIEW_NOTE = "Offline preview, painted by the embedded server and not by the model"


def load_image(
    generation: Generation, storage_choice: ImageStorage, log: DeliveryLog, undo: ExitStack
) -> bpy.types.Image:
    """The image of a generation's result: the one that is in the file already, else a new one.

    Raises `NanoBananaError` if there is no picture or its file cannot be read. What was made is
    taken back by `undo`.
    """
    picture = result_of(generation)
    present = _find_present(generation, picture, storage_choice)
    if present is not None:
        return present
    placed_file = files.place_file(Path(picture.path), names.file_name(generation, picture), storage_choice)
    undo.callback(files.remove_placed_file, placed_file)
    log.add_note(placed_file.note)
    image = open_file(placed_file.path)
    undo.callback(bpy.data.images.remove, image)
    image.name = names.title_of(generation)
    # Blender drops images without users when saving; one that nothing shows yet must stay, too.
    image.use_fake_user = True
    if placed_file.path.parent.name == files.FOLDER and bpy.data.filepath:
        image.filepath = bpy.path.relpath(str(placed_file.path))
    if storage_choice is ImageStorage.PACK:
        pack_image(image)
    record_origin(image, generation, picture)
    return image


def result_of(generation: Generation) -> Picture:
    """The picture that was asked for, with its file there. Raises `NanoBananaError` with what to
    do.
    """
    picture = generation.picture
    if picture is None:
        raise NanoBananaError(ErrorKind.INPUT, "There is no picture to deliver.", next_step="Choose another result.")
    if not Path(picture.path).is_file():
        raise NanoBananaError(
            ErrorKind.DISK,
            f"The picture is no longer there: {picture.path}.",
            next_step="Restore the file, or generate it again.",
        )
    return picture


def record_origin(image: bpy.types.Image, generation: Generation, picture: Picture) -> None:
    """Custom properties that say where the image comes from. No secrets are in a request."""
    ownership_tags.set_role(image, ownership_tags.Role.IMAGE)
    request = generation.request
    preview = generation.offline_preview
    facts = {
        "generation": generation.id,
        "sha256": picture.sha256,
        "model": request.model,
        "provider": request.provider,
        "prompt": request.prompt,
        "origin": PREVIEW_NOTE if preview else SYNTHID_NOTE,
    }
    for name, value in facts.items():
        ownership_tags.set_fact(image, name, ownership_tags.clean_text(value))
    ownership_tags.set_fact(image, "offline_preview", True if preview else None)


def shows_picture(image: bpy.types.Image, generation: Generation, picture: Picture) -> bool:
    """Whether an image shows this very picture."""
    return (
        ownership_tags.has_role(image, ownership_tags.Role.IMAGE)
        and ownership_tags.get_fact(image, "generation") == generation.id
        and ownership_tags.get_fact(image, "sha256") == picture.sha256
    )


def remove_if_unused(image: bpy.types.Image) -> None:
    """Remove an image that was made here and that nothing shows."""
    if ownership_tags.has_role(image, ownership_tags.Role.IMAGE) and image.users <= int(image.use_fake_user):
        bpy.data.images.remove(image)


def _find_present(generation: Generation, picture: Picture, storage_choice: ImageStorage) -> bpy.types.Image | None:
    for image in ownership_tags.find_by_role(bpy.data.images, ownership_tags.Role.IMAGE):
        if shows_picture(image, generation, picture) and _has_file(image):
            if storage_choice is ImageStorage.PACK and image.packed_file is None:
                pack_image(image)
            if storage_choice is ImageStorage.BESIDE and bpy.data.filepath and not image.packed_file:
                _move_beside(image, generation, picture)
            return image
    return None


def _move_beside(image: bpy.types.Image, generation: Generation, picture: Picture) -> None:
    """An image from before the .blend was saved gets its copy now."""
    if Path(bpy.path.abspath(image.filepath)) != Path(picture.path):
        return
    name = names.file_name(generation, picture)
    placed_file = files.place_file(Path(picture.path), name, ImageStorage.BESIDE)
    if placed_file.path != Path(picture.path):
        image.filepath = bpy.path.relpath(str(placed_file.path))


def _has_file(image: bpy.types.Image) -> bool:
    return bool(image.packed_file) or Path(bpy.path.abspath(image.filepath)).is_file()


def open_file(path: Path) -> bpy.types.Image:
    """A new image of a file. Raises `NanoBananaError` if Blender cannot open it."""
    try:
        return bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as error:
        raise NanoBananaError(
            ErrorKind.DISK, f"Blender cannot open the picture {path}.", detail=str(error)[:500]
        ) from error


def pack_image(image: bpy.types.Image) -> None:
    """The file's own bytes go into the .blend; nothing is decoded."""
    try:
        image.pack()
    except RuntimeError as error:
        raise NanoBananaError(
            ErrorKind.DISK, f'"{image.name}" could not be packed.', detail=str(error)[:500]
        ) from error
