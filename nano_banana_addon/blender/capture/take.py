# SPDX-License-Identifier: GPL-3.0-or-later
"""One capture from settings to files."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.request import Capture, DataBlockRef
from ...core.settings import Source
from ..host.file_session import reference_to
from .draw import ViewCapture, capture_camera, capture_viewport
from .image_source import find_picture
from .pixels import add_bars, make_path, write_mask, write_structure
from .render import capture_last_render, capture_render
from .scene_copy import require_selection
from .settings import CaptureResult, CaptureSettings

_CAPTURE_FUNCTIONS = {
    Source.CAMERA: capture_camera,
    Source.VIEWPORT: capture_viewport,
    Source.RENDER: capture_render,
    Source.LAST_RENDER: capture_last_render,
}
_LABELS = {
    Source.CAMERA: "Camera",
    Source.VIEWPORT: "Viewport",
    Source.RENDER: "Render",
    Source.LAST_RENDER: "Last Render",
}


def run_capture(context: bpy.types.Context, settings: CaptureSettings, folder: Path) -> CaptureResult:
    """See `capture`."""
    make_path(folder, "")  # a folder that cannot be used is told before anything is rendered
    objects = _reference_meshes(context.view_layer)
    if settings.source is Source.IMAGE:
        reference = find_picture(settings.image, folder)
        return CaptureResult(reference, Capture(source=settings.source.value, objects=objects))
    if settings.only_selected and settings.source is not Source.LAST_RENDER:
        require_selection(context.view_layer)
    view_capture = _CAPTURE_FUNCTIONS[settings.source](context, settings)
    pixels = add_bars(view_capture.pixels, view_capture.framing, view_capture.region)
    reference = write_structure(pixels, folder, _LABELS[settings.source])
    mask = write_mask(view_capture.pixels, folder) if settings.transparent else ""
    return CaptureResult(
        reference, _build_record(context.scene, view_capture, objects, mask, settings), view_capture.notes
    )


def _build_record(
    scene: bpy.types.Scene,
    view_capture: ViewCapture,
    objects: tuple[DataBlockRef, ...],
    mask: str,
    settings: CaptureSettings,
) -> Capture:
    return Capture(
        source=settings.source.value,
        framing=view_capture.framing,
        view=view_capture.view,
        mask=mask,
        view_transform=scene.view_settings.view_transform,
        objects=objects,
    )


def _reference_meshes(layer: bpy.types.ViewLayer) -> tuple[DataBlockRef, ...]:
    objects = [o for o in layer.objects if o.type == "MESH" and o.select_get(view_layer=layer)]
    return tuple(reference_to(item, "OBJECT") for item in objects)
