# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic of a texture: grey panels cut from their sheets, aligned to their views, and baked like those.

Both maps are baked at once, as two channels of one image that lies as the view in colour lies: visibility and weights
are the same for all maps.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....blender.bake import bake
from ....blender.bake.bake import BakedMap, BakeSettings
from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.host.progress_steps import ProgressStep, scale_progress
from ....core.errors import NanoBananaError
from ....core.material.values import Map
from ....core.request import TextureContext
from ....core.result import Generation
from ....core.scene.capture import GreyPanel
from ....core.texture import LOWEST_CONFIDENCE, PaintMode, require_texture_context
from ....imaging.arrays import Doubles, Pixels
from ..views.grey_sheets import MAPS
from .align import AlignedImage, AlignedView, align_image, read_picture
from .layers import Layers, add_steps

_ALIGNED_SHARE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class GreyMaps:
    """The maps (`rgba`: each channel is the map's value, linear) of each target, and the views that lack theirs."""

    maps: tuple[BakedMap, ...]
    missing: tuple[int, ...]


NO_GREY_MAPS = GreyMaps((), ())
#: The panels (h, w) of one view, by what they are.
Panels = Mapping[Map, Pixels]


def bake_grey_steps(
    geometry: Geometry, part: TextureContext, views: Sequence[AlignedView], sheets: Sequence[Generation]
) -> Generator[ProgressStep, None, GreyMaps]:
    """In steps, the maps that some sheets give: of several panels of a view, the last count. None if there are none.

    `views` are those in the texture, as they are aligned. A sheet that cannot be read gives none.
    """
    found = _cut_sheets(sheets)
    chosen = [view for view in views if set(found.get(view.drift.index, ())) >= set(MAPS)]
    missing = tuple(view.drift.index for view in views if view not in chosen)
    painted: list[PaintedView] = []
    for number, view in enumerate(chosen):
        yield _ALIGNED_SHARE * number / len(chosen), f"Aligning roughness and metallic of {view.drift.name}"
        painted.append(_paint(view.painted_view.pose or geometry, view.painted_view, found[view.drift.index]))
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
    return replace(baked, texels=np.ascontiguousarray(baked.rgba[..., MAPS.index(kind)]))


def _cut_sheets(sheets: Sequence[Generation]) -> dict[int, dict[Map, Pixels]]:
    from ....imaging.sheets.grey_panels import cut_panels

    found: dict[int, dict[Map, Pixels]] = {}
    for sheet in sheets:
        panels = require_texture_context(sheet.request).panels
        try:
            cut = cut_panels(read_picture(sheet), [panel.box for panel in panels])
        except NanoBananaError:
            continue  # its file is gone or damaged: the views lack their maps, and that is told
        for panel, pixels in zip(panels, cut, strict=True):
            if _is_usable(panel, pixels):
                found.setdefault(panel.index, {})[Map(panel.map)] = pixels
    return found


def _is_usable(panel: GreyPanel, pixels: Pixels) -> bool:
    return min(pixels.shape) > 1 and panel.map in MAPS


def _paint(geometry: Geometry, view: PaintedView, panels: Panels) -> PaintedView:
    """The view with its maps as channels of its image: of the same size, in the same place."""
    height, width = view.picture.shape[:2]
    canvas = (max(8, round(height * view.aspect)), height)
    aligned = [align_image(geometry, view.view, canvas, np.repeat(panels[k][..., None], 3, axis=2)) for k in MAPS]
    surest = max(aligned, key=lambda image: image.confidence)
    channels = np.zeros((height, width, 3), np.uint8)
    for number, image in enumerate(aligned):
        placement = _choose_placement(view, image, surest)
        channels[..., number] = _lay(image.picture, placement, view)[..., 0]
    return replace(view, picture=channels)


def _choose_placement(view: PaintedView, image: AlignedImage, surest: AlignedImage) -> Doubles:
    """Where a panel lies (2 x 3). One without shapes lies as the other of its pair does, or as the view in colour."""
    for each in (image, surest):
        if each.confidence >= LOWEST_CONFIDENCE and each.before > 0:
            return each.placement
    return np.eye(2, 3) if view.placement is None else np.asarray(view.placement, np.float64)


def _lay(panel: Pixels, placement: Doubles, view: PaintedView) -> Pixels:
    """A panel (h, w, 3) on the grid of the view's image."""
    from ....imaging.registration.affine import invert, multiply
    from ....imaging.registration.registration import warp

    height, width = view.picture.shape[:2]
    own = np.eye(2, 3) if view.placement is None else np.asarray(view.placement, np.float64)
    matrix = multiply(own, invert(placement)) * np.array([[width], [height]])
    matrix[:, :2] /= np.array(panel.shape[1::-1])
    return warp(panel, matrix, (width, height))
