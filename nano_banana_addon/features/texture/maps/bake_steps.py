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
from .aligned_views import AlignedViews
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
class Drawn:
    """The views as they were aligned, before detail was added, and the sheets of grey maps that were drawn of them."""

    aligned: AlignedViews
    sheets: Sequence[Generation]


def bake_all_steps(
    geometries: tuple[Geometry, Geometry],
    part: TextureContext,
    views: Sequence[AlignedView],
    drawn: Drawn,
    blend_path: str,
) -> Generator[ProgressStep, None, BakedMaps]:
    """The maps in colour, then the grey ones if they are wanted; `geometries` as `_bake_steps` takes them."""
    coloured = _bake_steps(geometries, part, views, drawn.aligned, blend_path)
    if part.base is not None or not (part.pbr or drawn.sheets):
        return BakedMaps(*(yield from coloured))
    baked = BakedMaps(*(yield from scale_progress(coloured, 0.0, _COLOURED_SHARE)))
    agreeing = [view for view in drawn.aligned.used if view.drift.key not in baked.wrong]
    grey = bake_grey_steps(geometries[1], part, join_seen(agreeing) if part.atlas else agreeing, drawn.sheets)
    return replace(baked, grey=(yield from scale_progress(grey, _COLOURED_SHARE, 1.0)))


def _bake_steps(
    geometries: tuple[Geometry, Geometry],
    part: TextureContext,
    views: Sequence[AlignedView],
    aligned: AlignedViews,
    blend_path: str,
) -> Generator[ProgressStep, None, tuple[tuple[BakedMap, ...], set[str], list[str]]]:
    """The maps, the keys of the views that were left out because they contradict the others, and notes.

    Of the geometries, the first has a target for each object, the second one for each map. What a sequence was
    `aligned` to is taken as its maps where it shows the views as they are.
    """
    geometry, maps_geometry = geometries
    removing = remove_light_steps(geometry, views, part.remove_light)
    views, notes = yield from scale_progress(removing, 0.0, _UNLIT_SHARE)
    if part.base is not None:
        changing = change_steps(geometry, part, views[-1].painted_view, blend_path)
        return (yield from scale_progress(changing, _UNLIT_SHARE, 1.0)), set(), notes
    views = join_seen(views) if part.atlas else views
    settings = BakeSettings(size=(part.texture_size, part.texture_size), both_sides=part.both_sides)
    if part.mode == PaintMode.SEQUENTIAL.value:
        surface = aligned.find_surface(views, part.texture_size)
        named = [(view.painted_view, view.drift.name) for view in views]
        adding = surface.finish_steps() if surface else add_steps(Layers(maps_geometry, settings), named)
        maps = yield from scale_progress(adding, _UNLIT_SHARE, 1.0)
        return maps, set(), notes
    baking = bake.bake_geometry_steps(maps_geometry, [view.painted_view for view in views], settings)
    result = yield from scale_progress(baking, _UNLIT_SHARE, 1.0)
    return result.maps, {views[number].drift.key for number in result.contradicting}, notes


def join_seen(views: Sequence[AlignedView]) -> list[AlignedView]:
    """The views with what they saw joined as the maps are; poses that are the same stay so."""
    poses = [view.painted_view.pose for view in views]
    joined = {id(pose): join_targets(pose) for pose in poses if pose is not None}
    return [
        view if pose is None else replace(view, painted_view=replace(view.painted_view, pose=joined[id(pose)]))
        for view, pose in zip(views, poses, strict=True)
    ]
