# SPDX-License-Identifier: GPL-3.0-or-later
"""The marked area of an image: a copy of it on which the artist paints over what should change.

Blender's Image Editor paints only on the image that it shows; so the artist sees the image while painting, and the mask
is where the copy differs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import bpy

from ...blender.deliver.datablocks import ownership_tags
from ...blender.deliver.replacement import MARKS_OF
from ...core.errors import InputError

if TYPE_CHECKING:
    from ...imaging.arrays import Floats, Pixels

_LEAST = 2.5 / 255  # a difference that no stroke leaves is rounding


def find_image(context: bpy.types.Context) -> bpy.types.Image | None:
    """The image in the Image Editor; for a copy with marks the image that it was made of."""
    shown = getattr(context.space_data, "image", None)
    return ownership_tags.get_fact(shown, MARKS_OF) or shown if shown else None


def find_marks(context: bpy.types.Context) -> bpy.types.Image | None:
    """The copy with marks in the Image Editor."""
    shown = getattr(context.space_data, "image", None)
    return shown if shown and ownership_tags.get_fact(shown, MARKS_OF) else None


def turn_box(box: Sequence[float]) -> tuple[float, float, float, float] | None:
    """A box of Blender (left, bottom, right, top) as left, top, right, bottom; None for one without an area."""
    left, bottom, right, top = box
    return (left, 1 - top, right, 1 - bottom) if left < right and bottom < top else None


def begin(context: bpy.types.Context) -> bpy.types.Image:
    """Show a copy of the image for painting. Raises `InputError` for an image that cannot be edited."""
    image = find_image(context)
    check_image(image)
    width, height = image.size
    copy = bpy.data.images.new(f"{image.name} marks", width, height, alpha=True)
    copy.colorspace_settings.name = image.colorspace_settings.name
    copy.pixels.foreach_set(_read_rgba(image).ravel())
    copy.update()
    ownership_tags.set_fact(copy, MARKS_OF, image)
    context.space_data.image = copy
    context.space_data.ui_mode = "PAINT"
    return copy


def check_image(image: bpy.types.Image | None) -> None:
    """Raise `InputError` for what is no single image with pixels."""
    if image is None or image.source in {"TILED", "MOVIE", "SEQUENCE", "VIEWER"} or min(image.size) < 1:
        raise InputError("This is no single image with pixels.", next_step="Choose another image in the Image Editor.")


def discard(context: bpy.types.Context) -> None:
    """Remove the copy and show the image again."""
    copy, image = find_marks(context), find_image(context)
    if copy:
        context.space_data.ui_mode = "VIEW"
        context.space_data.image = image
        bpy.data.images.remove(copy)


def read(context: bpy.types.Context, image: bpy.types.Image) -> Callable[[tuple[int, int]], Pixels]:
    """The mask (h, w) of an image, 255 where its copy was painted, as a function that may be called on any thread.

    Raises `InputError` without a copy; the function does where it was not painted.
    """
    copy = find_marks(context)
    if copy is None:
        raise InputError("No area is marked.", next_step="Press Mark Area and paint over what should change.")
    if tuple(copy.size) != tuple(image.size):
        raise InputError("The image has another size than when it was marked.", next_step="Mark the area again.")
    painted, plain = _read_rgba(copy), _read_rgba(image)

    def draw(_size: tuple[int, int]) -> Pixels:
        import numpy as np  # not for drawing the panel

        marked = np.zeros(painted.shape[:2], bool)
        for channel in range(4):  # one by one: a quarter of the memory, and several times as quick
            marked |= np.abs(painted[:, :, channel] - plain[:, :, channel]) > _LEAST
        if not marked.any():
            raise InputError("No area is marked.", next_step="Paint over what should change.")
        return marked[::-1].astype(np.uint8) * 255

    return draw


def _read_rgba(image: bpy.types.Image) -> Floats:
    """The pixels (h, w, 4), bottom row first, as Blender holds them."""
    import numpy as np

    width, height = image.size
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    pixels = values.reshape(height, width, image.channels)
    if image.channels == 4:
        return pixels
    opaque = np.ones((height, width, 1), np.float32)
    colours = pixels if image.channels == 3 else pixels[:, :, :1].repeat(3, axis=2)
    return np.concatenate([colours, opaque], axis=2)
