# SPDX-License-Identifier: GPL-3.0-or-later
"""One capture from settings to files."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.request import Capture, DataName
from ...core.settings import Source
from ..host.file_session import data_name
from .draw import Shot, shoot_camera, shoot_view
from .image_source import named_picture
from .pixels import add_bars, new_path, write_mask, write_structure
from .render import shoot_last_render, shoot_render
from .scene_copy import selected
from .settings import Captured, CaptureSettings

_SHOOT = {
    Source.CAMERA: shoot_camera,
    Source.VIEWPORT: shoot_view,
    Source.RENDER: shoot_render,
    Source.LAST_RENDER: shoot_last_render,
}
_LABELS = {
    Source.CAMERA: "Camera",
    Source.VIEWPORT: "Viewport",
    Source.RENDER: "Render",
    Source.LAST_RENDER: "Last Render",
}


def take(context: bpy.types.Context, settings: CaptureSettings, folder: Path) -> Captured:
    """See `capture`."""
    new_path(folder, "")  # a folder that cannot be used is told before anything is rendered
    objects = _meshes(context.view_layer)
    if settings.source is Source.IMAGE:
        reference = named_picture(settings.image, folder)
        return Captured(reference, Capture(source=settings.source.value, objects=objects))
    if settings.only_selected and settings.source is not Source.LAST_RENDER:
        selected(context.view_layer)
    shot = _SHOOT[settings.source](context, settings)
    pixels = add_bars(shot.pixels, shot.framing, shot.region)
    reference = write_structure(pixels, folder, _LABELS[settings.source])
    mask = write_mask(shot.pixels, folder) if settings.transparent else ""
    return Captured(reference, _record(context.scene, shot, objects, mask, settings), shot.notes)


def _record(
    scene: bpy.types.Scene,
    shot: Shot,
    objects: tuple[DataName, ...],
    mask: str,
    settings: CaptureSettings,
) -> Capture:
    return Capture(
        source=settings.source.value,
        framing=shot.framing,
        view=shot.view,
        mask=mask,
        view_transform=scene.view_settings.view_transform,
        objects=objects,
    )


def _meshes(layer: bpy.types.ViewLayer) -> tuple[DataName, ...]:
    chosen = [o for o in layer.objects if o.type == "MESH" and o.select_get(view_layer=layer)]
    return tuple(data_name(item, "OBJECT") for item in chosen)
