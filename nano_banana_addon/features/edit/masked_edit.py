# SPDX-License-Identifier: GPL-3.0-or-later
"""The request for a masked edit: the image, its mask, the crop around it, and what should change in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import bpy
import numpy as np

from ...blender.capture import image_file
from ...blender.capture.pixels import make_path
from ...blender.deliver.datablocks import names
from ...blender.host import file_session, folders
from ...core import models
from ...core.constants import DeliveryKind, EditMode, Kind, ReferenceRole
from ...core.errors import InputError
from ...core.files import convert_disk_errors, copy_whole
from ...core.guides import GUIDE_LABELS, Guide
from ...core.request import GenerationRequest, Reference, Region
from ...core.result import Generation
from ...core.settings import Settings
from ...core.text.prompts import EDIT_PROMPTS, REGION_LABEL
from ...imaging.arrays import Pixels
from ...imaging.edit import composite, files
from ...imaging.edit.crop import Crop, choose_crop, extend_canvas
from ...imaging.edit.repeated import show_edges
from ...imaging.formats.raw import write_raw
from ..generation import request_builder
from ..generation.destination import Destination, resolve_destination
from ..generation.request_builder import Order, RequestDraft
from ..references import reference_files
from .areas import DrawMask


@dataclass(frozen=True, slots=True)
class Draft:
    """What an edit needs of Blender: the rest can be done on another thread (`cut`).

    `draw_mask` None: the border that is added for `ratio`.
    """

    request: GenerationRequest
    destination: Destination
    variants: int
    folder: Path
    image: Path
    draw_mask: DrawMask | None
    ratio: str


def read(
    context: bpy.types.Context,
    settings: Settings,
    image: bpy.types.Image | Path,
    mask: DrawMask | bpy.types.Image | Path | None,
    *,
    origin: Generation | None = None,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> Draft:
    """Read all that an edit needs of Blender. Nothing is recorded or sent yet.

    `image` and `mask` are data-blocks or files; white in the mask changes, black stays. None extends the
    image to the settings' ratio. `origin` is the generation whose result the image is. Raises `NanoBananaError` with
    what to change.
    """
    mode = EditMode.EXTEND if mask is None else EditMode(settings.edit_mode)
    settings = replace(settings, prompt=settings.prompt.strip() or EDIT_PROMPTS[mode])
    if not settings.prompt:
        raise InputError(
            "There is no instruction what to change.", next_step="Write it in the panel, or pass it with --prompt."
        )
    if mask is None and not settings.ratio:
        raise InputError("There is no aspect ratio to extend the image to.", next_step="Choose one.")
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    folder = folders.ensure_incoming_folder()
    path = _find_file(image, folder)
    draw_mask = mask if mask is None or callable(mask) else partial(files.read_edit_mask, _find_file(mask, folder))
    pictures = reference_files.choose_references(context.scene, reference_override)
    draft = request_builder.build_request(context, settings, destination.provider, pictures, Kind.EDIT)
    target = file_session.reference_to(image, "IMAGE") if isinstance(image, bpy.types.Image) else None
    request = replace(
        draft,
        capture=origin.request.capture if origin and mask is not None else None,
        region=Region("", "", (0, 0, 1, 1), (1, 1), target, mode),
        delivery=replace(draft.delivery, kinds=(DeliveryKind.IMAGE.value,), name=_name(image, origin)),
    )
    return Draft(request, destination, settings.variants, folder, path, draw_mask, settings.ratio)


def cut(draft: Draft) -> Order:
    """Cut out what is sent, and check it: the order for an edit. Uses no Blender data: on any thread.

    Raises `NanoBananaError` with what to change, before anything is paid.
    """
    original, image = files.read_original(draft.image), _keep(draft.image, draft.folder)
    if draft.draw_mask is None:
        original, mask = extend_canvas(original, draft.ratio)
        image = _write(original, draft.folder)
    else:
        mask = draft.draw_mask((original.shape[1], original.shape[0]))
    request, model = draft.request, models.find(draft.request.model)
    canvases = model.list_canvases(request.image_size)
    shown, marked = (show_edges(original), show_edges(mask)) if request.region.wraps else (original, mask)
    crop = choose_crop(marked, canvases)
    _check_surroundings(shown, marked, crop, request)
    region = replace(
        request.region,
        image=str(image),
        mask=str(_write(np.repeat(mask[..., None], 3, axis=2), draft.folder)),
        box=crop.box,
        canvas=crop.canvas,
    )
    sent = _draw_references(shown, marked, crop, draft)
    request = replace(request, aspect_ratio=crop.ratio, references=(*request.references, *sent), region=region)
    return request_builder.build_order(RequestDraft(request), draft.variants, draft.destination)


def _check_surroundings(shown: Pixels, marked: Pixels, crop: Crop, request: GenerationRequest) -> None:
    try:
        composite.check_surroundings(shown, marked, crop)
    except InputError as error:
        if not request.region.wraps:
            raise
        raise InputError(
            "The material is so even that there is nothing by which generated edges could be laid in place.",
            next_step="Use it as it is, or make a material of another image.",
        ) from error


def _keep(image: Path, folder: Path) -> Path:
    """A copy of the file that was read: what is laid in later must be the image that was cut."""
    if image.parent == folder:
        return image
    copy = make_path(folder, image.suffix)
    with convert_disk_errors(f"{image.name} cannot be copied"):
        copy_whole(image, copy, private=True)
    return copy


def _find_file(image: bpy.types.Image | Path, folder: Path) -> Path:
    if isinstance(image, Path):
        return image
    if image.is_float:
        raise InputError(
            f"The image {image.name!r} has floating-point colours, and a generated part has 8 bits.",
            next_step="Save a copy of it as an 8-bit PNG, and edit that.",
        )
    return image_file(image, folder)


def _draw_references(original: Pixels, mask: Pixels, crop: Crop, draft: Draft) -> list[Reference]:
    """What shows the area, then the crop itself: the model takes shape and layout from the last image.

    The area is a mask where the model takes one, else the crop with a line around it; an empty one shows itself.
    """
    picture, inside = composite.cut_crop(original, crop), files.cut_mask(mask, crop)
    is_empty = draft.request.region.mode in (EditMode.FILL, EditMode.EXTEND)
    shown: list[Reference] = []
    if models.find(draft.request.model).mask:
        shown.append(_refer(inside, ReferenceRole.GUIDE, GUIDE_LABELS[Guide.MASK], draft.folder))
    elif not is_empty:
        outlined = files.draw_outline(picture, inside)
        shown.append(_refer(outlined, ReferenceRole.GUIDE, REGION_LABEL, draft.folder))
    sent = files.draw_empty(picture, inside) if is_empty else picture
    return [*shown, _refer(sent, ReferenceRole.STRUCTURE, "", draft.folder)]


def _refer(pixels: Pixels, role: ReferenceRole, label: str, folder: Path) -> Reference:
    return Reference(role, str(_write(pixels, folder)), label, width=pixels.shape[1], height=pixels.shape[0])


def _write(pixels: Pixels, folder: Path) -> Path:
    path = make_path(folder, ".npy")
    write_raw(path, pixels)
    return path


def _name(image: bpy.types.Image | Path, origin: Generation | None) -> str:
    if isinstance(image, bpy.types.Image):
        return f"{image.name} edited"
    return f"{names.title_of(origin) if origin else image.stem} edited"
