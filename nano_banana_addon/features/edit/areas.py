# SPDX-License-Identifier: GPL-3.0-or-later
"""The area of an image that changes: painted, a mask of Blender, a box, or the selected objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import bpy

from ...blender.deliver.datablocks import ownership_tags
from ...core.constants import EditArea, EditMode
from ...core.errors import InputError
from ...core.menus import AUTO_RATIO
from ...core.settings import Settings
from ...core.text.prompts import EDIT_PROMPTS
from ...identity import SCENE_PROPERTY
from ...session import background_tasks
from ..generation import readiness
from ..history import gallery
from . import marks

if TYPE_CHECKING:
    from ...core.result import Generation
    from ...imaging.arrays import Pixels

#: The mask (h, w), uint8, of an image of (width, height), above 0 where it changes. May be called on any thread.
DrawMask = Callable[[tuple[int, int]], "Pixels"]

#: Pixels around objects that change with them, so that nothing is left of their outlines.
_MARGIN = 24


def find_blocker(context: bpy.types.Context, *, in_view: bool = False) -> str:
    """Why an edit of the Image Editor's image, or a result of this view, cannot be sent; "" for nothing."""
    choices = getattr(context.scene, SCENE_PROPERTY)
    if background_tasks.is_running():
        return "Wait until the background task has ended."
    if in_view and choices.edit_mode == EditMode.EXTEND:
        return "Extend Canvas is in the Image Editor: choose another mode."
    if not EDIT_PROMPTS[EditMode(choices.edit_mode)] and not choices.edit_prompt.strip():
        return "Describe the change first."
    missing = "" if in_view else _find_missing_area(context, choices)
    return missing or readiness.find_service_blocker(context)


def _find_missing_area(context: bpy.types.Context, choices: Any) -> str:
    area = EditArea(choices.edit_area)
    if choices.edit_mode == EditMode.EXTEND:
        return "Choose an aspect ratio." if choices.aspect_ratio == AUTO_RATIO else ""
    if area is EditArea.PAINTED and marks.find_marks(context) is None:
        return "Mark the area first."
    if area is EditArea.MASK and find_mask(context) is None:
        return "Choose a mask first."
    if area is EditArea.BOX and choices.edit_box[0] == choices.edit_box[2]:
        return "Drag the box first."
    return "Select the objects first." if area is EditArea.OBJECTS and not context.selected_objects else ""


def read(context: bpy.types.Context, settings: Settings) -> tuple[bpy.types.Image, DrawMask | None]:
    """The image and its area; None where its border is what is added. Raises `InputError` where there is none."""
    image = marks.find_image(context)
    if image is None:
        raise InputError("There is no image.", next_step="Show the image in the Image Editor.")
    marks.check_image(image)
    if settings.edit_mode == EditMode.EXTEND:
        return image, None
    return image, _READERS[EditArea(settings.edit_area)](context, image)


def draw_box(box: tuple[float, float, float, float]) -> DrawMask:
    """The area of a rectangle: left, top, right, bottom as parts of the image. Raises `InputError` without area."""
    import numpy as np  # not for drawing the panel

    left, top, right, bottom = (min(max(value, 0.0), 1.0) for value in box)
    if right <= left or bottom <= top:
        raise InputError("The box is empty, or lies beside the image.", next_step="Drag it over what should change.")

    def draw(size: tuple[int, int]) -> Pixels:
        mask = np.zeros((size[1], size[0]), np.uint8)
        rows, columns = (
            slice(int(a * n), max(round(b * n), int(a * n) + 1))
            for a, b, n in ((top, bottom, size[1]), (left, right, size[0]))
        )
        mask[rows, columns] = 255
        return mask

    return draw


def draw_objects(context: bpy.types.Context, names: Collection[str], shown: Generation | None) -> DrawMask:
    """Where a result shows objects, by their full names, with a margin.

    Raises `InputError` where none is seen, and for what no camera or 3D view looked at.
    """
    from ...blender.bake.mesh import read_visible
    from ...blender.guides.draw import draw_visible
    from ...imaging.edit.files import grow

    capture = shown.request.capture if shown else None
    if capture is None or capture.view is None or capture.framing is None:
        raise InputError(
            "There is no telling where this image shows the objects: it is no result of a camera or 3D view.",
            next_step="Choose a result that was captured from the scene, or another area.",
        )
    depsgraph = context.evaluated_depsgraph_get()
    parts = (read_visible(depsgraph, names), read_visible(depsgraph))
    seen = draw_visible(*parts, capture.view, capture.framing.canvas)
    if not seen.any():
        raise InputError("The image does not show these objects.", next_step="Choose others.")
    return lambda size: grow(_fit(seen)(size), _MARGIN)


def list_selection(context: bpy.types.Context) -> set[str]:
    """The full names of the selected objects. Raises `InputError` without any."""
    from ...blender.capture.scene_copy import require_selection

    return {obj.name_full for obj in require_selection(context.view_layer)}


def find_origin(image: bpy.types.Image) -> Generation | None:
    """The generation whose result an image is."""
    id, store = str(ownership_tags.get_fact(image, "generation", "")), gallery.find_store()
    return store.get(id) if id and store else None


def _fit(mask: Pixels) -> DrawMask:
    from ...imaging.edit.files import fit_mask

    return lambda size: fit_mask(mask, size)


def _read_box(context: bpy.types.Context, _image: bpy.types.Image) -> DrawMask:
    left, bottom, right, top = getattr(context.scene, SCENE_PROPERTY).edit_box
    return draw_box((left, 1 - top, right, 1 - bottom))


def _read_mask(context: bpy.types.Context, image: bpy.types.Image) -> DrawMask:
    mask = find_mask(context)
    if mask is None:
        raise InputError("No mask is chosen.", next_step="Choose one, or draw one in the editor's mode Mask.")
    from ...blender.guides.mask_shape import draw_mask_shape

    return _fit(draw_mask_shape(context, mask, tuple(image.size)))


def find_mask(context: bpy.types.Context) -> bpy.types.ID | None:
    """The chosen mask, else the one that the Image Editor shows."""
    return getattr(context.scene, SCENE_PROPERTY).edit_mask or getattr(context.space_data, "mask", None)


_READERS: Mapping[EditArea, Callable[[bpy.types.Context, bpy.types.Image], DrawMask]] = {
    EditArea.PAINTED: marks.read,
    EditArea.MASK: _read_mask,
    EditArea.BOX: _read_box,
    EditArea.OBJECTS: lambda context, image: draw_objects(context, list_selection(context), find_origin(image)),
}
