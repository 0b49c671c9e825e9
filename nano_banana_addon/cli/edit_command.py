# SPDX-License-Identifier: GPL-3.0-or-later
"""`edit`: the image, the area of it, and the order."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

import bpy

from ..blender.guides.mask_shape import draw_mask_shape
from ..core.constants import EditMode
from ..core.errors import InputError
from ..core.result import Generation
from ..features.conversation import continuation
from ..features.edit import areas, masked_edit, view_result
from ..features.generation.request_builder import Order
from ..features.history import lookup
from . import choices


def prepare(options: argparse.Namespace) -> Order:
    """The order for an edit. Raises `NanoBananaError` with what to change."""
    choices.check_before_capture(options)
    # The scene's prompt describes a whole image, not a change.
    settings = replace(choices.read_settings(options), prompt=choices.read_arguments(options).get("prompt", ""))
    image, origin = _find_image(options)
    draft = masked_edit.read(
        bpy.context,
        settings,
        image,
        None if settings.edit_mode == EditMode.EXTEND else _find_area(options, origin),
        origin=origin,
        base_url=options.base_url,
        reference_override=choices.read_references(options),
        dry_run=options.dry_run,
    )
    return masked_edit.cut(draft)


def _find_image(options: argparse.Namespace) -> tuple[bpy.types.Image | Path, Generation | None]:
    if options.result:
        result = lookup.find(continuation.resolve_id(options.result))
        return view_result.find_image(result), result
    image = choices.find_image(options.image)
    return image, areas.find_origin(image) if isinstance(image, bpy.types.Image) else None


def _find_area(options: argparse.Namespace, origin: Generation | None) -> areas.DrawMask | bpy.types.Image | Path:
    if options.box:
        return areas.draw_box(tuple(options.box))
    if options.object:
        return areas.draw_objects(bpy.context, options.object, origin)
    if options.render_region:
        return view_result.draw_region(bpy.context, origin)
    if not options.mask:
        raise InputError("There is no area.", next_step="Pass --mask, --box, --object or --render-region.")
    if (mask := bpy.data.masks.get(options.mask)) is not None:
        return partial(draw_mask_shape, bpy.context, mask)
    return choices.find_image(options.mask)
