# SPDX-License-Identifier: GPL-3.0-or-later
"""From aligned views to the maps of a texture: those in colour, and the grey ones that are wanted."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from ....blender.bake import bake
from ....blender.bake.bake import BakedMap, BakeSettings
from ....blender.bake.mesh import Geometry
from ....blender.host.progress_steps import ProgressStep, scale_progress
from ....core.material.values import Map
from ....core.request import TextureContext
from ....core.result import Generation
from ....core.text.grey_prompts import GREY_MAPS
from ....core.texture import PaintMode
from ..objects.atlas import join_targets
from .align import AlignedView
from .grey_maps import NO_GREY_MAPS, GreyMaps, bake_grey_steps, take_map
from .layers import Layers, add_steps
from .light import remove_light_steps
from .touch_up import change_steps

#: Of the maps' own share, when the light is removed.
_UNLIT_SHARE = 0.1
#: Of the maps' own share, when those in colour are baked and grey ones follow.
_COLOURED_SHARE = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class BakedMaps:
    """The maps of all targets, the keys of views that contradict the others, and notes."""

    maps: tuple[BakedMap, ...]
    wrong: set[str]
    notes: list[str]
    grey: GreyMaps = NO_GREY_MAPS

    def group(self, geometry: Geometry) -> list[dict[Map, list[BakedMap]]]:
        """What is written of each object."""
        kinds = {Map.COLOUR: self.maps} | {
            k: [take_map(m, k) for m in self.grey.maps] for k in GREY_MAPS if self.grey.maps
        }
        groups = geometry.group_targets()
        return [{kind: [maps[number] for number in numbers] for kind, maps in kinds.items()} for numbers in groups]


@dataclass(frozen=True, slots=True, eq=False)
class GreySheets:
    """The sheets of grey maps, and the views as they were when these were drawn: before detail was added."""

    generations: Sequence[Generation]
    views: Sequence[AlignedView]


def bake_all_steps(
    geometries: tuple[Geometry, Geometry],
    part: TextureContext,
    views: Sequence[AlignedView],
    sheets: GreySheets,
    blend_path: str,
) -> Generator[ProgressStep, None, BakedMaps]:
    """The maps in colour, then the grey ones if they are wanted; `geometries` as `_bake_steps` takes them."""
    coloured = _bake_steps(*geometries, part, views, blend_path)
    if part.base is not None or not (part.pbr or sheets.generations):
        return BakedMaps(*(yield from coloured))
    baked = BakedMaps(*(yield from scale_progress(coloured, 0.0, _COLOURED_SHARE)))
    agreeing = [view for view in sheets.views if view.drift.key not in baked.wrong]
    grey = bake_grey_steps(geometries[1], part, join_seen(agreeing) if part.atlas else agreeing, sheets.generations)
    return replace(baked, grey=(yield from scale_progress(grey, _COLOURED_SHARE, 1.0)))


def _bake_steps(
    geometry: Geometry,
    maps_geometry: Geometry,
    part: TextureContext,
    views: Sequence[AlignedView],
    blend_path: str,
) -> Generator[ProgressStep, None, tuple[tuple[BakedMap, ...], set[str], list[str]]]:
    """The maps, the keys of the views that were left out because they contradict the others, and notes.

    `maps_geometry` has a target for each map, `geometry` one for each object.
    """
    removing = remove_light_steps(geometry, views, part.remove_light)
    views, notes = yield from scale_progress(removing, 0.0, _UNLIT_SHARE)
    if part.base is not None:
        changing = change_steps(geometry, part, views[-1].painted_view, blend_path)
        return (yield from scale_progress(changing, _UNLIT_SHARE, 1.0)), set(), notes
    geometry, views = maps_geometry, join_seen(views) if part.atlas else views
    settings = BakeSettings(size=(part.texture_size, part.texture_size), both_sides=part.both_sides)
    if part.mode == PaintMode.SEQUENTIAL.value:
        adding = add_steps(Layers(geometry, settings), [(view.painted_view, view.drift.name) for view in views])
        maps = yield from scale_progress(adding, _UNLIT_SHARE, 1.0)
        return maps, set(), notes
    baking = bake.bake_geometry_steps(geometry, [view.painted_view for view in views], settings)
    result = yield from scale_progress(baking, _UNLIT_SHARE, 1.0)
    return result.maps, {views[number].drift.key for number in result.contradicting}, notes


def join_seen(views: Sequence[AlignedView]) -> list[AlignedView]:
    """The views with what they saw joined as the maps are; poses that are the same stay so."""
    joined = {id(v.painted_view.pose): v.painted_view.pose and join_targets(v.painted_view.pose) for v in views}
    return [replace(v, painted_view=replace(v.painted_view, pose=joined[id(v.painted_view.pose)])) for v in views]
