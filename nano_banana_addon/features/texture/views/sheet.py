# SPDX-License-Identifier: GPL-3.0-or-later
"""Several views in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ....blender.bake.mesh import Geometry
from ....blender.host import folders
from ....core.errors import InputError
from ....core.request import Reference, ViewTile
from ....core.settings import AUTO_RATIO, Settings
from ....core.texture import MAX_SHEET, TextureSettings, compose_sheet_prompt
from . import guide_references
from .views import PlannedView, model_of, size_of


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's references (structure last), its ratio, and where each view lies."""

    references: tuple[Reference, ...]
    ratio: str
    shown: tuple[ViewTile, ...]

    def prompt(self, words: str, views: Sequence[PlannedView]) -> str:
        """The text that goes with it."""
        return compose_sheet_prompt(words, len(self.shown), [view.prompt for view in views])


def draw_sheet(geometry: Geometry, views: Sequence[PlannedView], texture: TextureSettings, settings: Settings) -> Sheet:
    """Draw the guides of all views into sheets of one layout. Raises `InputError` for views that do not go together."""
    from ....imaging.sheet_layout import compose, lay_out

    shapes = {view.canvas for view in views}
    if len(views) > MAX_SHEET or len(shapes) > 1:
        raise InputError(
            f"A sheet holds up to {MAX_SHEET} views of one shape.",
            next_step="Choose fewer views, or the mode Single.",
        )
    model, size = model_of(settings), size_of(settings)
    ratios = model.ratios if settings.aspect_ratio == AUTO_RATIO else (settings.aspect_ratio,)
    canvases = {ratio: model.find_pixel_size(ratio, size) for ratio in ratios}
    (shape,) = shapes
    layout = lay_out(len(views), shape, canvases)
    small = [replace(view, canvas=layout.tile) for view in views]
    drawn = [guide_references.draw_guides(geometry, view, texture.guides, settings.mask_image) for view in small]
    sheets = [compose([each[n] for each in drawn], layout) for n in range(len(texture.guides))]
    shown = tuple(
        ViewTile(index, view.view, layout.tile, box, view.prompt)
        for index, (view, box) in enumerate(zip(small, layout.boxes, strict=True))
    )
    return Sheet(
        guide_references.write_guides(sheets, texture.guides, folders.ensure_incoming_folder()), layout.ratio, shown
    )
