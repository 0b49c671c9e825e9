# SPDX-License-Identifier: GPL-3.0-or-later
"""The request for a masked edit: the image, its mask, the crop around it, and what should change in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy

from ...blender.capture import image_file
from ...blender.capture.pixels import make_path
from ...blender.host import file_session, folders
from ...core import models
from ...core.constants import DeliveryKind, Kind, ReferenceRole
from ...core.errors import InputError
from ...core.guides import GUIDE_LABELS, Guide
from ...core.request import Reference, Region
from ...core.settings import Settings
from ...core.text.prompts import REGION_LABEL
from ...imaging.arrays import Pixels
from ...imaging.edit import composite, files
from ...imaging.edit.crop import Crop, choose_crop
from ...imaging.formats.raw import write_raw
from ..generation import request_builder
from ..generation.destination import resolve_destination
from ..generation.request_builder import Order, RequestDraft
from ..references import reference_files


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    image: bpy.types.Image | Path,
    mask: bpy.types.Image | Path,
    *,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> Order:
    """The order for an edit. Nothing is recorded or sent yet.

    `image` and `mask` are data-blocks or files; the mask is above black where the image changes. Raises
    `NanoBananaError` with what to change, before anything is paid.
    """
    if not settings.prompt.strip():
        raise InputError("There is no instruction what to change.", next_step="Write it under Prompt.")
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    folder = folders.ensure_incoming_folder()
    image_path, mask_path = (_find_file(each, folder) for each in (image, mask))
    original = files.read_original(image_path)
    marked = files.read_edit_mask(mask_path, (original.shape[1], original.shape[0]))
    model = models.find(settings.model_id)
    canvases = {ratio: model.find_pixel_size(ratio, settings.image_size) for ratio in model.ratios}
    crop = choose_crop(marked, canvases)
    composite.check_surroundings(original, marked, crop)
    pictures = reference_files.choose_references(context.scene, reference_override)
    draft = request_builder.build_request(context, settings, destination.provider, pictures, Kind.EDIT)
    target = file_session.reference_to(image, "IMAGE") if isinstance(image, bpy.types.Image) else None
    region = Region(str(image_path), str(mask_path), crop.box, crop.canvas, target)
    request = replace(
        draft,
        aspect_ratio=crop.ratio,
        references=(*draft.references, *_draw_references(original, marked, crop, folder, masks=bool(model.mask))),
        region=region,
        delivery=replace(draft.delivery, kinds=(DeliveryKind.IMAGE.value,), name=_name(image)),
    )
    return request_builder.build_order(RequestDraft(request), settings.variants, destination)


def _find_file(image: bpy.types.Image | Path, folder: Path) -> Path:
    if isinstance(image, Path):
        return image
    if image.is_float:
        raise InputError(
            f"The image {image.name!r} has floating-point colours, and a generated part has 8 bits.",
            next_step="Save a copy of it as an 8-bit PNG, and edit that.",
        )
    return image_file(image, folder)


def _draw_references(original: Pixels, mask: Pixels, crop: Crop, folder: Path, *, masks: bool) -> tuple[Reference, ...]:
    """What shows the area, then the crop itself: the model takes shape and layout from the last image.

    The area is a mask where the model takes `masks`, else the crop with a line around it.
    """
    label = GUIDE_LABELS[Guide.MASK] if masks else REGION_LABEL
    shown = files.cut_mask(mask, crop) if masks else files.draw_outline(original, mask, crop)
    area = _write(shown, ReferenceRole.GUIDE, label, folder)
    return area, _write(composite.cut_crop(original, crop), ReferenceRole.STRUCTURE, "", folder)


def _write(pixels: Pixels, role: ReferenceRole, label: str, folder: Path) -> Reference:
    path = make_path(folder, ".npy")
    write_raw(path, pixels)
    return Reference(role, str(path), label, width=pixels.shape[1], height=pixels.shape[0])


def _name(image: bpy.types.Image | Path) -> str:
    return f"{image.stem if isinstance(image, Path) else image.name} edited"
