# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic of a texture: grey panels, cut from their sheets, laid on their views, and baked like those.

Both maps are baked at once, as two channels of one image that lies as the view in colour lies: visibility and weights
are the same for all maps.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ....blender.bake import bake
from ....blender.bake.bake import BakedMap, BakeSettings
from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.host.progress_steps import ProgressStep, run_in_thread, scale_progress
from ....core.errors import NanoBananaError
from ....core.material.values import Map
from ....core.request import TextureContext
from ....core.result import Generation
from ....core.scene.capture import MapPanel
from ....core.text.grey_prompts import GREY_MAPS
from ....core.texture import PaintMode, require_texture_context
from .align import AlignedView, read_picture
from .layers import Layers, add_steps

if TYPE_CHECKING:
    from ....imaging.sheets.grey_panels import GreyPanel

_ALIGNED_SHARE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class GreyMaps:
    """The maps (`rgba`: each channel is the map's value, linear) of each target, and the views that lack theirs."""

    maps: tuple[BakedMap, ...]
    missing: tuple[int, ...]


NO_GREY_MAPS = GreyMaps((), ())


def bake_grey_steps(
    geometry: Geometry, part: TextureContext, views: Sequence[AlignedView], sheets: Sequence[Generation]
) -> Generator[ProgressStep, None, GreyMaps]:
    """In steps, the maps that some sheets give: of several panels of a view, the last count. None if there are none.

    `views` are those in the texture, as they are aligned. A sheet that cannot be read gives none.
    """
    found = _cut_sheets(sheets)
    chosen = [view for view in views if set(found.get(view.drift.index, ())) >= set(GREY_MAPS)]
    missing = tuple(view.drift.index for view in views if view not in chosen)
    painted: list[PaintedView] = []
    with ThreadPoolExecutor(1) as pool:
        for number, view in enumerate(chosen):
            work = partial(_paint, view.painted_view, found[view.drift.index])
            step = (_ALIGNED_SHARE * number / len(chosen), f"Aligning roughness and metallic of {view.drift.name}")
            painted.append((yield from run_in_thread(pool, work, step)))
    if not painted:
        return GreyMaps((), missing)
    size = (part.texture_size, part.texture_size)
    settings = BakeSettings(size, match_colours=False, bicubic=False, both_sides=part.both_sides, heat_size=0)
    if part.mode == PaintMode.SEQUENTIAL.value:
        steps = add_steps(Layers(geometry, settings), [(view, view.name) for view in painted])
        return GreyMaps((yield from scale_progress(steps, _ALIGNED_SHARE, 1.0)), missing)
    steps = bake.bake_geometry_steps(geometry, painted, settings)
    result = yield from scale_progress(steps, _ALIGNED_SHARE, 1.0)
    return GreyMaps(result.maps, missing)


def take_map(baked: BakedMap, kind: Map) -> BakedMap:
    """One of the maps, as what is written: texels (h, w) uint8."""
    return replace(baked, texels=np.ascontiguousarray(baked.rgba[..., GREY_MAPS.index(kind)]))


def _cut_sheets(sheets: Sequence[Generation]) -> dict[int, dict[Map, GreyPanel]]:
    """The panels of the views, by their numbers. A sheet that cannot be read, or is coloured, has none."""
    from ....imaging.sheets.grey_panels import cut

    found: dict[int, dict[Map, GreyPanel]] = {}
    for sheet in sheets:
        panels = [panel for panel in require_texture_context(sheet.request).panels if _is_usable(panel)]
        boxes = [panel.box for panel in panels]
        try:
            pieces = cut(read_picture(sheet), boxes)
        except NanoBananaError:
            continue  # the views lack their maps then, and that is told
        for panel, piece in zip(panels, pieces, strict=True):
            found.setdefault(panel.index, {})[Map(panel.map)] = piece
    return found


def _is_usable(panel: MapPanel) -> bool:
    """Whether a record names a map and a box in the sheet; it may be imported."""
    left, top, right, bottom = panel.box
    return panel.map in GREY_MAPS and 0 <= left < right <= 1 + 1e-6 and 0 <= top < bottom <= 1 + 1e-6


def _paint(view: PaintedView, panels: Mapping[Map, GreyPanel]) -> PaintedView:
    """The view with its maps as channels of its image: of the same size, in the same place."""
    from ....imaging.sheets.grey_panels import register

    channels = np.zeros((*view.picture.shape[:2], 3), np.uint8)
    planes = register([panels[kind] for kind in GREY_MAPS], view.picture[..., :3]).planes
    for number, plane in enumerate(planes):
        channels[..., number] = np.rint(np.clip(plane, 0, 1) * 255)
    return replace(view, picture=channels)
