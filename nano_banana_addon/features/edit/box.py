# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes over the image in the Image Editor, dragged by the mouse: the area of an edit, and the part for a material."""

from __future__ import annotations

from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ...core.constants import EditArea
from ...identity import SCENE_PROPERTY

_RIM = (0.0, 0.0, 0.0, 0.6)
_EDIT, _MATERIAL = (1.0, 0.2, 0.25, 1.0), (0.25, 0.7, 1.0, 1.0)
Corners = tuple[float, float, float, float]  # left, bottom, right, top as parts of the image
_handlers: list[object] = []


def show() -> None:
    """Draw the box in Image Editors from now on."""
    if not _handlers:
        _handlers.append(bpy.types.SpaceImageEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def stop() -> None:
    """Draw it no more."""
    while _handlers:
        bpy.types.SpaceImageEditor.draw_handler_remove(_handlers.pop(), "WINDOW")


def find_place(context: bpy.types.Context, event: bpy.types.Event) -> tuple[float, float]:
    """Where the mouse is on the image of the editor: from its lower left corner, as parts of its sides."""
    region = next(each for each in context.area.regions if each.type == "WINDOW")
    return region.view2d.region_to_view(event.mouse_x - region.x, event.mouse_y - region.y)


def sort_corners(first: tuple[float, float], second: tuple[float, float]) -> Corners:
    """The box between two places, as far as it lies on the image."""
    columns, rows = (sorted(min(max(value, 0.0), 1.0) for value in pair) for pair in zip(first, second, strict=True))
    return columns[0], rows[0], columns[1], rows[1]


def list_boxes(choices: Any) -> list[tuple[Corners, tuple[float, ...]]]:
    """The boxes with an area that a scene's choices hold, each with its colour."""
    boxes = [(choices.edit_box, _EDIT)] if choices.edit_area == EditArea.BOX else []
    boxes.append((choices.material.box, _MATERIAL))
    corners = (((left, bottom, right, top), colour) for (left, bottom, right, top), colour in boxes)
    return [(box, colour) for box, colour in corners if box[0] < box[2] and box[1] < box[3]]


def show_saved() -> None:
    """Draw the boxes that the open file has."""
    if not bpy.app.background and any(list_boxes(getattr(scene, SCENE_PROPERTY)) for scene in bpy.data.scenes):
        show()


def _draw() -> None:
    """Called by Blender for every Image Editor's region."""
    if bpy.context.space_data.image is None:
        return
    gpu.state.blend_set("ALPHA")
    for box, colour in list_boxes(getattr(bpy.context.scene, SCENE_PROPERTY)):
        _draw_box(box, colour)
    gpu.state.line_width_set(1.0)
    gpu.state.blend_set("NONE")


def _draw_box(box: Corners, colour: tuple[float, ...]) -> None:
    left, bottom, right, top = box
    to_region = bpy.context.region.view2d.view_to_region
    corners = [to_region(x, y, clip=False) for x, y in ((left, bottom), (right, bottom), (right, top), (left, top))]
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    for width, line in ((3.0, _RIM), (1.5, colour)):
        gpu.state.line_width_set(width)
        shader.uniform_float("color", line)
        batch_for_shader(shader, "LINE_LOOP", {"pos": corners}).draw(shader)
