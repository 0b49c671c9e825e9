# SPDX-License-Identifier: GPL-3.0-or-later
"""The view layers of the Render Result as references of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.request import Reference
from ...core.scene.capture import Capture
from ...imaging.arrays import Floats, Pixels
from ...imaging.fit import place_on_canvas
from ...imaging.formats.exr import read_layers
from ..capture.pixels import read_targa, write_structure
from ..capture.render import require_render_result, use_image_format, use_targa_format
from ..capture.render_engine import temporary_file

#: As `read_layers` takes it: not compressed, all layers in one part.
_FORMAT = {
    **{"media_type": "MULTI_LAYER_IMAGE", "file_format": "OPEN_EXR_MULTILAYER", "color_depth": "32"},
    **{"exr_codec": "NONE", "use_exr_interleave": True},
}


def write_view_layers(
    scene: bpy.types.Scene, names: Sequence[str], capture: Capture, folder: Path
) -> tuple[Reference, ...]:
    """The named view layers of the Render Result, through the scene's view transform, on the capture's canvas.

    Raises `InputError` for one that was not rendered.
    """
    layers = _read_result(scene)
    for name in names:
        if name not in layers:
            raise InputError(
                f"The Render Result has no view layer {name!r}; it has {', '.join(layers)}.",
                next_step="Render again, or change View Layers under Capture.",
            )
    return tuple(_write(scene, name, layers[name], capture, folder) for name in names)


def _read_result(scene: bpy.types.Scene) -> dict[str, Floats]:
    result = require_render_result()
    with temporary_file(".exr") as path, use_image_format(scene, _FORMAT):
        result.save_render(str(path), scene=scene)
        return {name: layer for name, layer in read_layers(path).items() if name != "Composite"}


def _write(scene: bpy.types.Scene, name: str, layer: Floats, capture: Capture, folder: Path) -> Reference:
    pixels = _display(scene, layer)
    if capture.framing:
        pixels = place_on_canvas(pixels, capture.framing)
    reference = write_structure(pixels, folder, f"only the view layer {name}")
    return replace(reference, role=ReferenceRole.GUIDE)


def _display(scene: bpy.types.Scene, layer: Floats) -> Pixels:
    """A layer (h, w, 4) through the view transform (h, w, 3), or 4 where the render has a transparent background."""
    height, width = layer.shape[:2]
    image = bpy.data.images.new(".layer", width, height, alpha=True, float_buffer=True)
    try:
        image.alpha_mode = "PREMUL"
        image.pixels.foreach_set(layer[::-1].ravel())
        with temporary_file() as path, use_targa_format(scene, scene.render.film_transparent):
            image.save_render(str(path), scene=scene)
            return read_targa(path)
    finally:
        bpy.data.images.remove(image)
