# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures by a render engine, in a temporary scene: the artist's scene and its Render Result stay as they are."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import bpy

from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.scene.capture import View
from ...core.scene.frames import Framing
from ...core.settings import CaptureSettings
from ..host import compat, gpu_probe
from .lens import canvas_camera
from .pixels import Pixels, read_targa
from .scene_copy import copy_scene, keep_selection_only
from .temporary import blank_scene, remove_new_images
from .temporary_compositor import mute_own_groups

#: Enough for a denoised picture of the layout, which is all that a stand-in for the 3D view is.
_PREVIEW_SAMPLES = 16


def require_idle() -> None:
    """Raises `InputError` while Blender renders: there is one renderer."""
    if bpy.app.is_job_running("RENDER"):
        raise InputError("Blender is rendering.", next_step="Wait until it has finished.")


def needs_cycles(scene: bpy.types.Scene) -> bool:
    """Whether the scene's own engine cannot work here, because there is no OpenGL."""
    return scene.render.engine in compat.RASTER_ENGINES and not gpu_probe.can_draw()


def render_view(context: bpy.types.Context, settings: CaptureSettings, framing: Framing, view: View) -> Pixels:
    """A quick Cycles render of a view: the stand-in where a 3D view cannot be drawn.

    Returns uint8 (height, width, 3, or 4 with straight alpha) of the canvas's size.
    """
    require_idle()
    with copy_scene(context.scene, settings.frame_number) as copy:
        layer = context.view_layer
        with canvas_camera(copy, None, view, framing.canvas, layer.depsgraph):
            use_quick_cycles(copy)
            return render(copy, context, framing.canvas, settings)


def use_quick_cycles(copy: bpy.types.Scene) -> None:
    """Let a temporary scene be rendered by Cycles, with few samples. Raises `InputError` without Cycles."""
    try:
        copy.render.engine = "CYCLES"
    except TypeError as error:
        raise InputError(
            "Blender cannot draw this here, and Cycles, which could, is switched off.",
            next_step="Switch on the add-on Cycles Render Engine in the preferences.",
        ) from error
    copy.cycles.samples = _PREVIEW_SAMPLES
    copy.cycles.device = "CPU"


def render(
    copy: bpy.types.Scene,
    context: bpy.types.Context,
    size: tuple[int, int],
    settings: CaptureSettings,
) -> Pixels:
    """Render a temporary scene at `size` through its view transform, without sequencer and own groups.

    Returns uint8 (height, width, 3, or 4 with straight alpha). Raises `NanoBananaError` when Blender cannot.
    """
    if settings.only_selected:
        keep_selection_only(copy, context.view_layer)
    _prepare(copy, size, settings.transparent)
    with remove_new_images(), mute_own_groups(copy, context.scene), temporary_file() as path:
        copy.render.filepath = str(path)
        try:
            run(copy)
            return read_targa(path)
        finally:
            _free_result(copy)


def _prepare(copy: bpy.types.Scene, size: tuple[int, int], transparent: bool) -> None:
    target = copy.render
    target.resolution_x, target.resolution_y = size
    target.resolution_percentage = 100
    target.pixel_aspect_x = target.pixel_aspect_y = 1.0
    off = ("use_border", "use_sequencer", "use_multiview", "use_stamp", "use_persistent_data")
    for name in (*off, "use_file_extension", "use_render_cache"):
        setattr(target, name, False)
    target.use_overwrite = True
    if transparent:
        target.film_transparent = True
    colours = "RGBA" if transparent else "RGB"
    format_values = {"media_type": "IMAGE", "file_format": "TARGA_RAW", "color_mode": colours}
    compat.set_image_format(target.image_settings, format_values)
    target.image_settings.color_management = "FOLLOW_SCENE"


def run(copy: bpy.types.Scene, *, write: bool = True, animation: bool = False) -> None:
    """Render a temporary scene, one frame or all. Raises `NanoBananaError` when Blender cannot.

    Afterwards the operator evaluates the *context's* scene anew, which would undo changes that the artist has not keyed
    yet (as F12 does); and it renders that scene's frame. So the context's scene is an empty one.
    """
    try:
        with (
            blank_scene(copy) as blank,
            bpy.context.temp_override(scene=blank, view_layer=blank.view_layers[0]),
        ):
            result = bpy.ops.render.render("EXEC_DEFAULT", scene=copy.name, write_still=write, animation=animation)
    except RuntimeError as error:
        raise NanoBananaError(
            ErrorKind.INPUT,
            "Blender could not render the scene.",
            next_step="Render it once with F12 to see what is missing.",
            detail=str(error).strip()[:500],
        ) from error
    if "FINISHED" not in result:
        raise NanoBananaError(ErrorKind.CANCELLED, "The render was cancelled.")


def _free_result(copy: bpy.types.Scene) -> None:
    """Shrink the temporary scene's Render Result to a few pixels.

    Blender keeps it when the scene is removed (50 MB for each picture of 2K).
    """
    copy.render.resolution_x = copy.render.resolution_y = 4
    copy.render.use_compositing = copy.render.use_freestyle = False
    with suppress(TypeError):  # Cycles is off: the scene's own engine does it, with the objects
        copy.render.engine = "CYCLES"
        copy.cycles.samples, copy.cycles.use_denoising = 1, False
        for child in copy.view_layers[0].layer_collection.children:
            child.exclude = True
    with suppress(NanoBananaError):  # then nothing was rendered that could be kept
        run(copy, write=False)


@contextmanager
def temporary_file(suffix: str = ".tga") -> Iterator[Path]:
    """A passing file in Blender's own temporary folder, whose path has no characters that Blender expands."""
    handle, name = tempfile.mkstemp(suffix=suffix, dir=bpy.app.tempdir)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
