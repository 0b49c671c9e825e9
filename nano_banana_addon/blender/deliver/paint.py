# SPDX-License-Identifier: GPL-3.0-or-later
"""A result for Texture Paint: as the brush's stencil, or to clone from."""

from __future__ import annotations

import bpy

from ...core.errors import InputError
from .datablocks import ownership_tags
from .datablocks.ownership_tags import Role

_BRUSH_NAME = "Nano Banana Stencil"
_STENCIL_WIDTH = 256.0  # half the stencil's width on the screen, in pixels


def set_clone_image(scene: bpy.types.Scene, image: bpy.types.Image) -> None:
    """Clone from an image through UVs: Texture Paint > Options > Clone from Paint Slot, and in the
    Image Editor.
    """
    paint = scene.tool_settings.image_paint
    paint.clone_image = image
    paint.use_clone_layer = True


def set_stencil(scene: bpy.types.Scene, image: bpy.types.Image, image_size: tuple[int, int]) -> bpy.types.Brush:
    """Put an image on the present Texture Paint brush as a stencil that lies over the view.

    Blender's own brushes cannot hold images of this file: a copy of the brush is made, once, and
    chosen. `image_size` is in pixels. Raises `InputError` outside Texture Paint.
    """
    brush = scene.tool_settings.image_paint.brush
    if brush is None:
        raise InputError(
            "Texture Paint has no brush yet.",
            next_step="Switch the object to Texture Paint, choose a brush, and try again.",
        )
    if brush.library is not None:
        brush = _own_copy(brush)
    brush.texture = _texture_of(image)
    brush.texture_slot.map_mode = "STENCIL"
    width, height = image_size
    brush.stencil_dimension = (_STENCIL_WIDTH, _STENCIL_WIDTH * height / width)
    return brush


def _own_copy(brush: bpy.types.Brush) -> bpy.types.Brush:
    """Only brushes that are assets can be chosen, so the copy is one."""
    copy = next(iter(ownership_tags.find_by_role(bpy.data.brushes, Role.BRUSH)), None)
    if copy is None:
        copy = brush.copy()
        copy.name = _BRUSH_NAME
        ownership_tags.set_role(copy, Role.BRUSH)
        copy.asset_mark()
    try:
        bpy.ops.brush.asset_activate(asset_library_type="LOCAL", relative_asset_identifier=f"Brush/{copy.name}")
    except RuntimeError as error:
        bpy.data.brushes.remove(copy)
        raise InputError(
            "The brush cannot be chosen here.",
            next_step="Switch the object to Texture Paint, and try again.",
            detail=str(error)[:500],
        ) from error
    return copy


def _texture_of(image: bpy.types.Image) -> bpy.types.Texture:
    """Brushes show images through texture data-blocks: the one made before, or a new one."""
    for texture in ownership_tags.find_by_role(bpy.data.textures, Role.TEXTURE):
        if texture.image == image:
            return texture
    texture = bpy.data.textures.new(image.name, "IMAGE")
    ownership_tags.set_role(texture, Role.TEXTURE)
    texture.image = image
    texture.extension = "CLIP"
    return texture
