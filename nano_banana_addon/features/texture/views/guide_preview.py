# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides as they would be sent, in one image, before anything is billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ....blender.capture.sources import find_source
from ....blender.deliver.datablocks import check_image
from ....blender.guides import scene
from ....core.errors import InputError
from ....core.guides import Guide
from ....core.settings import Settings
from ....core.texture import TextureSettings
from ....imaging.arrays import Pixels

if TYPE_CHECKING:
    from ....imaging.sheets.contact_sheet import Tile

IMAGE_NAME = "Nano Banana Guides"
#: Pixels of each guide's longer edge.
EDGE = 480
_TITLES = {Guide.NORMAL: "Normals", Guide.IDENTITY: "Object ID"}


def preview_capture_guides(context: bpy.types.Context, settings: Settings) -> bpy.types.Image:
    """The guides of a capture. Raises `InputError` when none is chosen."""
    if not settings.capture_guides:
        raise InputError("No guide is chosen.", next_step="Choose some under Guides.")
    guides = scene.draw_scene_guides(context, settings, scene.find_current_view(context, settings), EDGE)
    tiles = [_make_tile(pixels, format_title(guide)) for guide, pixels in guides.items()]
    return _show_sheet(tiles, 0, f"Guides of the source {find_source(settings.source).item.label}")


def preview_view_guides(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> bpy.types.Image:
    """The guides of every view of a texture, a row for each view. Raises `InputError` as generating would."""
    from ..objects.choice import choose_objects
    from . import guide_references, object_views

    geometry, planned, _ = object_views.read_views(context, choose_objects(context), texture, settings)
    tiles: list[Tile] = []
    for view in planned:
        scale = EDGE / max(view.canvas)
        small_canvas = (max(8, round(view.canvas[0] * scale)), max(8, round(view.canvas[1] * scale)))
        pictures = guide_references.draw_guides(
            geometry, replace(view, canvas=small_canvas), texture.guides, settings.mask_image
        )
        for guide, pixels in zip(texture.guides, pictures, strict=True):
            tiles.append(_make_tile(pixels, f"{view.name}: {format_title(guide)}", view.prompt))
    return _show_sheet(
        tiles,
        _count_columns(len(planned), len(texture.guides)),
        "Guides of the views, as they would be sent",
    )


def _count_columns(views: int, guides: int) -> int:
    """All guides of a view side by side, and as many views in a row as make the whole about 3 to 2."""
    return guides * max(1, round((1.5 * views / guides) ** 0.5))


def format_title(guide: Guide) -> str:
    """The guide's name in the panels."""
    return _TITLES.get(guide, guide.value.title())


def _make_tile(pixels: Pixels, caption: str, detail: str = "") -> Tile:
    from PIL import Image

    from ....imaging.sheets.contact_sheet import Tile

    return Tile(Image.fromarray(np.ascontiguousarray(pixels)), caption, detail)


def _show_sheet(tiles: Sequence[Tile], columns: int, heading: str) -> bpy.types.Image:
    """The tiles as an image data-block; an earlier preview is replaced."""
    from ....imaging.sheets.contact_sheet import contact_sheet

    return check_image.write_sheet(IMAGE_NAME, contact_sheet(tiles, columns=columns, edge=EDGE, title=heading))
