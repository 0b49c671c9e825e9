# SPDX-License-Identifier: GPL-3.0-or-later
"""Several views in one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ....blender.bake.mesh import Geometry
from ....blender.host import folders
from ....core.errors import InputError
from ....core.request import Reference
from ....core.scene.capture import ViewTile
from ....core.settings import AUTO_RATIO, Settings
from ....core.text.view_prompts import compose_sheet_prompt
from ....core.texture import MAX_SHEET, TextureSettings
from . import guide_references
from .views import PlannedView, model_of, size_of


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's references (structure last), its ratio, and the box of each view."""

    references: tuple[Reference, ...]
    ratio: str
    tiles: tuple[ViewTile, ...]

    def compose_prompt(self, text: str, views: Sequence[PlannedView]) -> str:
        """The text that goes with it."""
        return compose_sheet_prompt(text, len(self.tiles), [view.prompt for view in views])


def draw_sheet(geometry: Geometry, views: Sequence[PlannedView], texture: TextureSettings, settings: Settings) -> Sheet:
    """Draw the guides of all views into sheets of one layout.

    Raises `InputError` for views that do not fit together.
    """
    from ....imaging.sheets.sheet_layout import compose, lay_out

    shapes = {view.canvas for view in views}
    if len(views) > MAX_SHEET or len(shapes) > 1:
        raise InputError(
            f"A sheet holds up to {MAX_SHEET} views of the same aspect ratio.",
            next_step="Choose fewer views, or the mode Single.",
        )
    model, size = model_of(settings), size_of(settings)
    ratios = model.ratios if settings.aspect_ratio == AUTO_RATIO else (settings.aspect_ratio,)
    canvases = {ratio: model.find_pixel_size(ratio, size) for ratio in ratios}
    (shape,) = shapes
    layout = lay_out(len(views), shape, canvases)
    small_views = [replace(view, canvas=layout.tile) for view in views]
    guide_sets = [
        guide_references.draw_guides(geometry, view, texture.guides, settings.mask_image) for view in small_views
    ]
    sheets = [
        compose([guide_set[guide_index] for guide_set in guide_sets], layout)
        for guide_index in range(len(texture.guides))
    ]
    tiles = tuple(
        ViewTile(index, view.view, layout.tile, box, view.prompt)
        for index, (view, box) in enumerate(zip(small_views, layout.boxes, strict=True))
    )
    return Sheet(
        guide_references.write_guides(sheets, texture.guides, folders.ensure_incoming_folder()), layout.ratio, tiles
    )
