"""A scene, finished generations and renders for the tests of delivery."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from nano_banana_addon.core.result import Generation

from . import pictures
from .staging import generation_of


@pytest.fixture(autouse=True)
def fresh_file() -> None:
    """An empty, unsaved file with a Cycles scene of one sample and the view transform Standard."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 0.01  # through the pixel's centre, not somewhere in it
    scene.render.dither_intensity = 0.0
    scene.render.resolution_x, scene.render.resolution_y = 192, 108
    scene.view_settings.view_transform = "Standard"


@pytest.fixture
def scene() -> bpy.types.Scene:
    """The open scene."""
    return bpy.context.scene


@pytest.fixture
def finished(tmp_path: Path) -> Callable[..., Generation]:
    """A finished generation whose result shows given pixels."""
    folder = tmp_path / "store"
    folder.mkdir()

    def make(pixels: np.ndarray | None = None, **fields: Any) -> Generation:
        count = len(list(folder.iterdir()))
        shown = pictures.markers(172, 96) if pixels is None else pixels
        path = pictures.write_png(folder / f"result-{count}.png", shown)
        return generation_of(path, shown.shape[1], shown.shape[0], f"{count:08d}", **fields)

    return make
