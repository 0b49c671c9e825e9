# SPDX-License-Identifier: GPL-3.0-or-later
"""A result of the scene's camera, a part of which is generated again: the render region, or the selected objects."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...blender.capture import lens
from ...blender.deliver.datablocks import ownership_tags
from ...core.constants import EditArea, State
from ...core.errors import InputError
from ...core.scene.capture import View
from ...core.settings import Settings
from ...identity import SESSION_PROPERTY
from ..history import lookup
from . import areas

if TYPE_CHECKING:
    from ...core.result import Generation
    from ...core.scene.frames import Framing

_SAME = 1e-4  # of matrices: an image of 4K moves by less than half a pixel


def find_result(context: bpy.types.Context) -> bpy.types.PropertyGroup | None:
    """The result of the scene's camera: the active one of the list if it is, else the latest. For draw()."""
    session, camera = getattr(context.window_manager, SESSION_PROPERTY), context.scene.camera
    active = session.results[session.active_result :][:1] if len(session.results) else []
    listed = [*active, *session.results] if camera else []
    return next((item for item in listed if item.state == State.DONE and item.camera == camera.name), None)


def find_blocker(context: bpy.types.Context) -> str:
    """Why nothing can be generated again, as a sentence; "" for nothing."""
    if context.scene.camera is None:
        return "The scene has no camera."
    if find_result(context) is None:
        return f"There is no result of {context.scene.camera.name}: restyle its view first, or load earlier results."
    return areas.find_blocker(context, in_view=True)


def read(context: bpy.types.Context, settings: Settings) -> tuple[bpy.types.Image | Path, areas.DrawMask, Generation]:
    """The result's image, what of it changes, and the result.

    Raises `InputError` where there is none, or the camera does not see any more what it shows.
    """
    item = find_result(context)
    if item is None:
        raise InputError("There is no result of this camera.", next_step="Restyle the camera's view first.")
    result = lookup.find(item.name)
    check_camera(context, result)
    if settings.edit_part == EditArea.OBJECTS:
        area = areas.draw_objects(context, areas.list_selection(context), result)
    else:
        area = draw_region(context, result)
    return find_image(result), area, result


def check_camera(context: bpy.types.Context, result: Generation | None) -> None:
    """Raise `InputError` where the scene's camera does not look as it did for a result."""
    capture, scene = result.request.capture if result else None, context.scene
    if capture is None or capture.view is None or capture.framing is None:
        raise InputError("This is no result of a camera.", next_step="Restyle the camera's view first.")
    if capture.view.frame_number != scene.frame_current:
        raise InputError(
            f"The result shows frame {capture.view.frame_number}, the scene stands at frame {scene.frame_current}.",
            next_step="Go to that frame, or restyle this one.",
        )
    now = _freeze(context, capture.framing)
    if not (_is_same(now.world, capture.view.world) and _is_same(now.projection, capture.view.projection)):
        raise InputError(
            f"{now.camera} has moved, or its lens or the render's shape has changed, since the result was made.",
            next_step="Put it back, or restyle its view again.",
        )


def _freeze(context: bpy.types.Context, framing: Framing) -> View:
    scene, depsgraph = context.scene, context.evaluated_depsgraph_get()
    camera = lens.require_camera(scene.camera)
    projection = lens.camera_projection(camera, depsgraph, scene.render)
    return lens.freeze_view(lens.camera_world(camera, depsgraph), projection, framing, camera.name, scene.frame_current)


def _is_same(first: tuple[tuple[float, ...], ...], second: tuple[tuple[float, ...], ...]) -> bool:
    pairs = ((a, b) for rows in zip(first, second, strict=True) for a, b in zip(*rows, strict=True))
    return all(math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME) for a, b in pairs)


def draw_region(context: bpy.types.Context, result: Generation | None) -> areas.DrawMask:
    """The area of the render region in a result. Raises `InputError` without one, or where the camera has moved."""
    check_camera(context, result)
    region, framing = lens.render_region(context.scene.render, is_enabled=True), result.request.capture.framing
    if region is None:
        raise InputError("There is no render region.", next_step="Draw one with Ctrl B in the camera's view.")
    (left, top), (right, bottom) = framing.to_canvas(*region[:2]), framing.to_canvas(*region[2:])
    width, height = framing.canvas
    return areas.draw_box((left / width, top / height, right / width, bottom / height))


def find_image(result: Generation) -> bpy.types.Image | Path:
    """The result in this file, else its file in the history."""
    loaded = (i for i in bpy.data.images if ownership_tags.get_fact(i, "generation", "") == result.id)
    picture = result.picture
    if (image := next(loaded, None)) is not None:
        return image
    if picture is None or not Path(picture.path).is_file():
        raise InputError("The result's image is gone.", next_step="Choose another result.")
    return Path(picture.path)
