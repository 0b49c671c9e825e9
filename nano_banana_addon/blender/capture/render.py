# SPDX-License-Identifier: GPL-3.0-or-later
"""RENDER and LAST_RENDER: the scene by its own engine, new or as it was rendered last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import InputError
from ...core.scene.fit import Fit
from ...core.settings import CaptureSettings
from ...imaging.fit import place_on_canvas
from ..host import compat
from . import lens, render_engine
from .draw import ViewCapture, compute_camera_view
from .pixels import Pixels, read_targa
from .scene_copy import copy_scene, evaluate_camera
from .temporary_compositor import has_own_groups

_CYCLES_NOTE = "Blender cannot draw on this machine (no OpenGL): rendered with Cycles instead of {}."
_BARS_NOTE = "A finished render cannot show more of the scene: it gets bars instead."
_OWN_GROUP_NOTE = (
    "The last render went through a Nano Banana group in the compositor and may show its image;"
    " the source Render leaves it out."
)


def capture_render(context: bpy.types.Context, settings: CaptureSettings, _folder: Path) -> ViewCapture:
    """RENDER: the scene's own engine, compositor and view transform, exactly the canvas.

    Raises `InputError` without a camera, or for EXTEND with a panoramic one.
    """
    render_engine.require_idle()
    with copy_scene(context.scene, settings.frame_number) as copy:
        camera = lens.require_camera(copy.camera)
        lens.check_fit(camera, Fit(settings.fit))
        notes = _choose_engine(copy)
        if not lens.is_flat(camera):
            return _capture_panorama(copy, context, settings, notes)
        with evaluate_camera(copy, camera) as depsgraph:
            view, framing, region = compute_camera_view(camera, depsgraph, copy, settings)
            with lens.canvas_camera(copy, camera, view, framing.canvas, depsgraph):
                pixels = render_engine.render(copy, context, framing.canvas, settings)
        return ViewCapture(pixels, framing, region, view, notes)


def _choose_engine(copy: bpy.types.Scene) -> tuple[str, ...]:
    if not render_engine.needs_cycles(copy):
        return ()
    note = _CYCLES_NOTE.format(copy.render.engine.replace("_", " ").title())
    render_engine.use_quick_cycles(copy)
    return (note,)


def _capture_panorama(
    copy: bpy.types.Scene,
    context: bpy.types.Context,
    settings: CaptureSettings,
    notes: tuple[str, ...],
) -> ViewCapture:
    """A picture without a plane: the whole frame is rendered, then cut or barred. There is no view."""
    region = lens.render_region(copy.render, settings.use_region)
    framing = lens.fit_region(lens.camera_frame(copy.render), settings, region)
    width, height = (max(round(side * framing.scale), 4) for side in framing.frame)
    pixels = render_engine.render(copy, context, (width, height), settings)
    return ViewCapture(place_on_canvas(pixels, framing), framing, region, None, notes)


def capture_last_render(context: bpy.types.Context, settings: CaptureSettings, _folder: Path) -> ViewCapture:
    """LAST_RENDER: the Render Result as it is, through the scene's view transform.

    Its view is the scene's camera as it stands now, if the size still agrees. Raises `InputError` if there is no Render
    Result.
    """
    scene = context.scene
    pixels = _read_render_result(scene, settings.transparent)
    height, width = pixels.shape[:2]
    aspects = scene.render.pixel_aspect_x, scene.render.pixel_aspect_y
    frame = (width * aspects[0], height * aspects[1])
    region = lens.render_region(scene.render, settings.use_region)
    framing = lens.fit_region(frame, settings, region)
    notes = (_BARS_NOTE,) if framing.fit is Fit.EXTEND and _exceeds_frame(framing.window) else ()
    notes += (_OWN_GROUP_NOTE,) if has_own_groups(scene) else ()
    view_capture = ViewCapture(place_on_canvas(pixels, framing), framing, region, None, notes)
    camera = scene.camera
    if camera is None or not lens.is_flat(camera) or frame != lens.camera_frame(scene.render):
        return view_capture
    context.view_layer.update()
    view, _, _ = compute_camera_view(camera, context.view_layer.depsgraph, scene, settings)
    return ViewCapture(view_capture.pixels, framing, region, view, notes)


def _exceeds_frame(window: tuple[float, float, float, float]) -> bool:
    return window[0] < -1e-6 or window[1] < -1e-6


def require_render_result() -> bpy.types.Image:
    """The Render Result, which may be empty. Raises `InputError` if there is none."""
    result = next((i for i in bpy.data.images if i.type == "RENDER_RESULT"), None)
    if result is None:
        raise _build_missing_result()
    return result


def _build_missing_result() -> InputError:
    return InputError("There is no Render Result.", next_step="Render the scene with F12, or choose Render.")


def _read_render_result(scene: bpy.types.Scene, alpha: bool) -> Pixels:
    result = require_render_result()
    with render_engine.temporary_file() as path, use_targa_format(scene, alpha):
        try:
            result.save_render(str(path), scene=scene)
        except RuntimeError as error:
            raise _build_missing_result() from error
        if path.stat().st_size == 0:
            raise _build_missing_result()
        return read_targa(path)


def use_targa_format(scene: bpy.types.Scene, alpha: bool) -> AbstractContextManager[None]:
    """Let images be saved as `read_targa` reads them."""
    colours = "RGBA" if alpha else "RGB"
    return use_image_format(scene, {"media_type": "IMAGE", "file_format": "TARGA_RAW", "color_mode": colours})


@contextmanager
def use_image_format(scene: bpy.types.Scene, format_values: dict[str, Any]) -> Iterator[None]:
    """The scene's output format is what a Render Result is saved in."""
    target = scene.render.image_settings
    previous_format, previous_management = compat.image_format(target), target.color_management
    try:
        compat.set_image_format(target, format_values)
        target.color_management = "FOLLOW_SCENE"
        yield
    finally:
        target.color_management = previous_management
        compat.set_image_format(target, previous_format)
