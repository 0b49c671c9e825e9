# SPDX-License-Identifier: GPL-3.0-or-later
"""An edited image in place of the one that was edited: in materials, node trees, backgrounds, wherever it is used."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core.constants import EditMode
from ...core.errors import InputError
from ...core.request import GenerationRequest
from ..capture.sources import CaptureSource
from .datablocks import lookup, ownership_tags
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .strip import replace_file

_ORIGINAL = "original"
#: Facts of images that are images themselves; `MARKS_OF`: it is a copy with marks of that one.
MARKS_OF = "marks_of"
#: What has a place for each pixel.
_MAPPED = (bpy.types.Material, bpy.types.NodeTree, bpy.types.World, bpy.types.Light, bpy.types.Texture, bpy.types.Brush)
_NOTES = (_ORIGINAL, MARKS_OF)


def check(request: GenerationRequest, _context: bpy.types.Context, _source: CaptureSource) -> None:
    """Raise `InputError` where nothing was edited, or where the image is gone."""
    _require_original(request)


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Let every user of the original use the edited image; the original stays in the file, to go back to."""
    image, original = delivery.image, _require_original(delivery.request)
    if delivery.request.region.mode == EditMode.EXTEND:
        _require_free_shape(original)
    # What was edited before is replaced, too, and all of them go back to the first.
    first = ownership_tags.get_fact(original, _ORIGINAL) or original
    earlier = [each for each in list_edited() if ownership_tags.get_fact(each, _ORIGINAL) == first and each != image]
    image.colorspace_settings.name = original.colorspace_settings.name
    image.alpha_mode = original.alpha_mode
    if not first.use_fake_user:
        first.use_fake_user = True
        undo.callback(setattr, first, "use_fake_user", False)
    undo.callback(_replace, image, earlier[-1] if earlier else original)
    for each in (*earlier, original):
        _replace(each, image)
        ownership_tags.set_fact(each, _ORIGINAL, None)
    ownership_tags.set_fact(image, _ORIGINAL, first)
    log.add_name(f"all uses of {original.name}")


def list_edited() -> list[bpy.types.Image]:
    """The edited images that are used instead of their originals."""
    return [image for image in bpy.data.images if ownership_tags.get_fact(image, _ORIGINAL)]


def remove_all() -> int:
    """Let all users of edited images use the originals again."""
    edited = list_edited()
    for image in edited:
        original = ownership_tags.get_fact(image, _ORIGINAL)
        ownership_tags.set_fact(image, _ORIGINAL, None)
        _replace(image, original)
    return len(edited)


def _replace(image: bpy.types.Image, other: bpy.types.Image) -> None:
    """Let all users of an image use another; what was noted of the image on others stays."""
    noted = [
        (each, name) for each in bpy.data.images for name in _NOTES if ownership_tags.get_fact(each, name) == image
    ]
    image.user_remap(other)
    replace_file(image, other)
    for each, name in noted:
        ownership_tags.set_fact(each, name, image)


def _require_free_shape(original: bpy.types.Image) -> None:
    """Raise `InputError` where an image of another shape would lie wrongly: on the UV map of something."""
    users = bpy.data.user_map(subset={original})[original]
    mapped = [user for user in users if isinstance(user, _MAPPED) and getattr(user, "type", "") != "COMPOSITING"]
    if mapped:
        raise InputError(
            f"The extended image has another shape than {original.name}, which lies on {mapped[0].name} by its UV map.",
            next_step="Use the result as an image of its own; it is in this file.",
        )


def _require_original(request: GenerationRequest) -> bpy.types.Image:
    if request.region is None or request.region.target is None:
        raise InputError("This result is not an edit of an image of this file.", next_step="Apply it to another place.")
    found = lookup.find_datablock(request.region.target, request.blend_path)
    if not isinstance(found.block, bpy.types.Image):
        raise InputError(found.note, next_step="Apply the result to another place.")
    return found.block
