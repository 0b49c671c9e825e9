# SPDX-License-Identifier: GPL-3.0-or-later
"""The box over the image in the Image Editor: dragged by the mouse, and drawn while it is the area."""

from __future__ import annotations

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ...core.constants import EditArea
from ...identity import SCENE_PROPERTY

_LINES = ((3.0, (0.0, 0.0, 0.0, 0.6)), (1.5, (1.0, 0.2, 0.25, 1.0)))  # width in pixels, colour
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


def set_corners(context: bpy.types.Context, first: tuple[float, float], second: tuple[float, float]) -> None:
    """Set the box between two places."""
    columns, rows = (sorted(min(max(value, 0.0), 1.0) for value in pair) for pair in zip(first, second, strict=True))
    getattr(context.scene, SCENE_PROPERTY).edit_box = (columns[0], rows[0], columns[1], rows[1])
    context.area.tag_redraw()


def _draw() -> None:
    """Called by Blender for every Image Editor's region."""
    choices = getattr(bpy.context.scene, SCENE_PROPERTY)
    left, bottom, right, top = choices.edit_box
    if choices.edit_area != EditArea.BOX or left == right or bpy.context.space_data.image is None:
        return
    to_region = bpy.context.region.view2d.view_to_region
    corners = [to_region(x, y, clip=False) for x, y in ((left, bottom), (right, bottom), (right, top), (left, top))]
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    for width, colour in _LINES:
        gpu.state.line_width_set(width)
        shader.uniform_float("color", colour)
        batch_for_shader(shader, "LINE_LOOP", {"pos": corners}).draw(shader)
    gpu.state.line_width_set(1.0)
    gpu.state.blend_set("NONE")
