# SPDX-License-Identifier: GPL-3.0-or-later
"""One capture from settings to files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...core.scene.capture import Capture, DataBlockRef
from ...core.settings import CaptureSettings
from ..host.file_session import reference_to
from .draw import ViewCapture
from .pixels import add_bars, make_path, write_mask, write_structure
from .result import CaptureResult
from .scene_copy import require_selection
from .sources import find_source


def run_capture(context: bpy.types.Context, settings: CaptureSettings, folder: Path) -> CaptureResult:
    """See `capture`."""
    make_path(folder, "")  # a folder that cannot be used is told before anything is rendered
    objects = _reference_meshes(context.view_layer)
    source = find_source(settings.source)
    if settings.only_selected and source.filters_objects:
        require_selection(context.view_layer)
    result = source.load()(context, settings, folder)
    if isinstance(result, CaptureResult):
        return replace(result, capture=replace(result.capture, source=settings.source, objects=objects))
    pixels = add_bars(result.pixels, result.framing, result.region)
    reference = write_structure(pixels, folder, source.item.label)
    mask = write_mask(result.pixels, folder) if settings.transparent else ""
    return CaptureResult(reference, _build_record(context.scene, result, objects, mask, settings), result.notes)


def _build_record(
    scene: bpy.types.Scene,
    view_capture: ViewCapture,
    objects: tuple[DataBlockRef, ...],
    mask: str,
    settings: CaptureSettings,
) -> Capture:
    return Capture(
        source=settings.source,
        framing=view_capture.framing,
        view=view_capture.view,
        mask=mask,
        view_transform=scene.view_settings.view_transform,
        objects=objects,
    )


def _reference_meshes(layer: bpy.types.ViewLayer) -> tuple[DataBlockRef, ...]:
    objects = [o for o in layer.objects if o.type == "MESH" and o.select_get(view_layer=layer)]
    return tuple(reference_to(item, "OBJECT") for item in objects)
