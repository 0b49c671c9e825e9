# SPDX-License-Identifier: GPL-3.0-or-later
"""The places that an image of the scene can come from, each a row and a function of this package.

The function takes `(context, settings, folder)` and gives a `ViewCapture`, which is then written as the others are, or
a whole `CaptureResult`. Its module is imported at its first use: menus need only the rows.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ...core import errors
from ...core.options import Item
from ...core.settings import Source
from ...light_tuple import LightTuple


class CaptureSource(LightTuple):
    """One place. `function` is "module.name"; "" captures nothing.

    `has_view`: there is a camera whose guides can be drawn. `uses_shading`: the 3D view draws it, with shading and
    overlays. `filters_objects`: Only Selected and a transparent background can be had. `shows_frame`: the image is one
    of the scene camera's frame. `follows_shots`: it changes with the scene's frame and camera, as storyboards need.
    """

    item: Item
    function: str = ""
    has_view: bool = True
    uses_shading: bool = False
    filters_objects: bool = True
    shows_frame: bool = True
    follows_shots: bool = False

    def load(self) -> Callable[..., Any]:
        """The function that captures."""
        module, _, name = self.function.rpartition(".")
        return getattr(importlib.import_module(f"{__package__}.{module}"), name)


_ROWS = (
    CaptureSource(
        Item(Source.CAMERA, "Camera", "What the scene's camera sees, drawn as in the 3D view", 0, "CAMERA_DATA"),
        "draw.capture_camera",
        uses_shading=True,
        follows_shots=True,
    ),
    CaptureSource(
        Item(Source.VIEWPORT, "Viewport", "What the 3D view shows now", 1, "VIEW3D"),
        "draw.capture_viewport",
        uses_shading=True,
        shows_frame=False,
    ),
    CaptureSource(
        Item(Source.RENDER, "Render", "A render of the scene with its own engine", 2, "RENDER_STILL"),
        "render.capture_render",
        follows_shots=True,
    ),
    CaptureSource(
        Item(Source.LAST_RENDER, "Last Render", "The Render Result as it is", 3, "RENDER_RESULT"),
        "render.capture_last_render",
        filters_objects=False,
    ),
    CaptureSource(
        Item(Source.IMAGE, "Image", "An image data-block or file", 4, "IMAGE_DATA"),
        "image_source.capture_image",
        has_view=False,
        filters_objects=False,
        shows_frame=False,
    ),
    CaptureSource(
        Item(Source.NONE, "Text Only", "No image of the scene: a texture from text and references", 5, "TEXT"),
        has_view=False,
        filters_objects=False,
        shows_frame=False,
    ),
)

#: All sources by their ids.
SOURCES: dict[str, CaptureSource] = {source.item.id: source for source in _ROWS}


def find_source(id: str) -> CaptureSource:
    """The source of an id. Raises `InputError` for one of another version of the add-on."""
    if id not in SOURCES:
        raise errors.InputError(f"This version knows no source {id!r}.", next_step="Choose another source.")
    return SOURCES[id]
