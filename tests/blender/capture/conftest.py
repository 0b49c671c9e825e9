"""A small scene for captures, at the smallest canvas that a model has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from nano_banana_addon.blender.capture import CaptureSettings, Source, capture
from nano_banana_addon.blender.capture.result import CaptureResult

from .markers import add_camera, add_markers


@pytest.fixture(autouse=True)
def scene() -> bpy.types.Scene:
    """Markers, a camera and a lamp in a new file, rendered by Workbench (the quickest engine)."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    for item in list(bpy.data.objects):
        if item.type != "LIGHT":
            bpy.data.objects.remove(item)
    for data in (*bpy.data.meshes, *bpy.data.cameras, *bpy.data.materials):
        bpy.data.batch_remove([data])
    made = bpy.context.scene
    made.render.engine = "BLENDER_WORKBENCH"
    made.render.resolution_x, made.render.resolution_y = 1920, 1080
    add_camera()
    add_markers()
    bpy.ops.object.select_all(action="DESELECT")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "incoming"


@pytest.fixture
def take(folder: Path) -> Callable[..., CaptureResult]:
    """Capture with small settings; named choices replace them."""

    def run(source: str | Source = "CAMERA", **choices: Any) -> CaptureResult:
        small: dict[str, Any] = {"model": "gemini-3.1-flash-image", "image_size": "512", "shading": "SOLID"}
        settings = CaptureSettings(source=source, **{**small, **choices})
        return capture(bpy.context, settings, folder)

    return run
