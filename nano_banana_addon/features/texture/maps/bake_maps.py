# SPDX-License-Identifier: GPL-3.0-or-later
"""From the images of a texture to its maps."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ....blender.bake.bake import BakedMap
from ....blender.bake.mesh import Geometry, Surface
from ....blender.bake.uv_checks import refuse_wrapped
from ....blender.deliver.datablocks import lookup
from ....blender.host.progress_steps import ProgressListener, ProgressStep, run_all, scale_progress
from ....core.errors import InputError
from ....core.material.values import Map
from ....core.request import GenerationRequest, TextureContext
from ....core.result import Generation
from ....core.scene.capture import ObjectPose
from ....core.texture import require_texture_context
from ..objects.atlas import join_targets
from ..views import targets
from .align import CONTRADICTS, AlignedView, Drift
from .aligned_views import align_all_steps, read_objects_steps
from .bake_steps import Drawn, bake_all_steps
from .detail import check_details, enlarge_steps, find_detail, list_forced, split_details
from .write_maps import discard, is_udim, write_maps_steps

#: How much of the work is done when the objects are read, all views aligned.
_READ_SHARE, _ALIGNED_SHARE, _BAKED_SHARE = 0.05, 0.4, 0.95
#: Where tiles for more detail are added, until when, from `_ALIGNED_SHARE` on.
_ENLARGED_SHARE = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class ObjectMaps:
    """The map of some objects and its file, or those of UDIM tiles, with the surface of each; files of grey maps.

    The first object was generated, and so were the others, or they share a mesh with one that was. `is_udim`: the
    images of the maps are tiled.
    """

    objects: tuple[bpy.types.Object, ...]
    surfaces: tuple[Surface, ...]
    maps: tuple[BakedMap, ...]
    files: tuple[Path, ...]
    is_udim: bool
    grey_files: Mapping[Map, tuple[Path, ...]] = field(default_factory=dict[Map, tuple[Path, ...]])


@dataclass(frozen=True, slots=True, eq=False)
class TextureMaps:
    """The maps of the objects, the drift of each view, and notes; the images, those in colour first.

    `missing_maps` are the numbers of views whose roughness and metallic are wanted and have not come.
    """

    objects: tuple[ObjectMaps, ...]
    drifts: tuple[Drift, ...]
    generations: tuple[Generation, ...]
    notes: tuple[str, ...]
    missing_maps: tuple[int, ...] = ()


def bake_maps(
    generations: Sequence[Generation],
    size: int = 0,
    on_progress: ProgressListener | None = None,
    forced: Collection[str] = (),
    remove_light: float | None = None,
) -> TextureMaps:
    """All steps of `bake_maps_steps` at once. Raises as that does."""
    return run_all(bake_maps_steps(generations, size, forced, remove_light), on_progress)


def bake_maps_steps(
    generations: Sequence[Generation],
    size: int = 0,
    forced: Collection[str] = (),
    remove_light: float | None = None,
) -> Generator[ProgressStep, None, TextureMaps]:
    """Align and bake all available views of a texture; of several images of one view the last counts.

    Objects are looked up again at the end: between steps, the artist may rename or delete them. `size` is the edge of
    the maps in texels (0: as requested), `remove_light` how much of the light in the images is removed (None: as
    requested with the last of them). Views that do not show what they should are left out, except those whose drift's
    key is `forced`. Raises `InputError` when there is no image, none shows the objects, or none of them is left.
    """
    generated, details, sheets = _choose_images(generations)
    part = _choose_bake(generated[0], generations[-1], size, remove_light)
    used = _filter_needed(generated)[-1 if part.base is not None else 0 :]
    objects_then = yield from scale_progress(read_objects_steps(used), 0.0, _READ_SHARE)
    geometry, poses, read_notes = objects_then.geometry, objects_then.targets, objects_then.notes
    if part.udim and part.base is None:
        refuse_wrapped(geometry)
    aligning = align_all_steps(objects_then, used, {*forced, *list_forced(details)})
    aligned = yield from scale_progress(aligning, _READ_SHARE, _ALIGNED_SHARE)
    views, detail_notes = yield from _add_detail_steps(aligned.views, details, part.texture_size)
    shown = [view for view in views if not view.drift.left_out]
    maps_geometry = join_targets(geometry) if part.atlas else geometry
    drawn, blend_path = Drawn(aligned, sheets), generated[0].request.blend_path
    baking = bake_all_steps((geometry, maps_geometry), part, shown, drawn, blend_path)
    baked = yield from scale_progress(baking, _ENLARGED_SHARE if details else _ALIGNED_SHARE, _BAKED_SHARE)
    paths = yield from _write_maps(baked.group(maps_geometry), generated[0])
    drifts = tuple(replace(v.drift, reason=CONTRADICTS) if v.drift.key in baked.wrong else v.drift for v in views)
    object_maps, missing_notes = _collect(maps_geometry, baked.maps, paths, poses, generated[0].request)
    told = (*read_notes, *missing_notes, *aligned.notes, *detail_notes, *baked.notes)
    notes = (*told, *_describe_drifts(drifts), *_describe_missing(drifts, baked.grey.missing))
    made_of = (*used, *_list_used(details, used), *sheets)
    return TextureMaps(object_maps, drifts, made_of, notes, baked.grey.missing)


def _choose_images(
    generations: Sequence[Generation],
) -> tuple[list[Generation], list[Generation], list[Generation]]:
    """The images of views that were generated, all of their parts, and the sheets of grey maps that were.

    Raises `InputError` where there is no view.
    """
    others, details = split_details(generations)
    check_details(details)
    came = [generation for generation in others if generation.is_generated]
    sheets = [generation for generation in came if require_texture_context(generation.request).panels]
    generated = [generation for generation in came if generation not in sheets]
    if not generated:
        raise InputError(
            "None of the views was generated.",
            next_step="Change the prompt or the model, and try again.",
        )
    return generated, details, sheets


def _list_used(details: Sequence[Generation], views: Sequence[Generation]) -> list[Generation]:
    """The images of parts of these views."""
    drafts = {view.id for view in views}
    return [detail for detail in details if detail.is_generated and (t := find_detail(detail)) and t.draft in drafts]


def _add_detail_steps(
    views: Sequence[AlignedView], details: Sequence[Generation], edge: int
) -> Generator[ProgressStep, None, tuple[list[AlignedView], list[str]]]:
    """The views that are used with their detail, the others as they are."""
    used = [number for number, view in enumerate(views) if not view.drift.left_out]
    adding = enlarge_steps([views[number] for number in used], details, edge)
    enlarged, notes = yield from scale_progress(adding, _ALIGNED_SHARE, _ENLARGED_SHARE)
    return [*(dict(enumerate(views)) | dict(zip(used, enlarged, strict=True))).values()], notes


def _choose_bake(first: Generation, latest: Generation, size: int, remove_light: float | None) -> TextureContext:
    """What the first image says of its texture, with the choices of this bake, or of the latest request."""
    part, choices = require_texture_context(first.request), require_texture_context(latest.request)
    strength = choices.remove_light if remove_light is None else remove_light
    asked = choices if find_detail(latest) else part
    return replace(part, texture_size=size or asked.texture_size, remove_light=strength)


def _collect(
    geometry: Geometry,
    maps: Sequence[BakedMap],
    paths: Sequence[dict[Map, tuple[Path, ...]]],
    poses: Sequence[ObjectPose],
    request: GenerationRequest,
) -> tuple[tuple[ObjectMaps, ...], list[str]]:
    """The maps of the existing objects, and a sentence for each missing one, whose files are removed."""
    found: list[ObjectMaps] = []
    notes: list[str] = []
    is_joined = require_texture_context(request).atlas
    groups = [list(poses)] if is_joined else [[pose] for pose in poses]
    for numbers, files, group in zip(geometry.group_targets(), paths, groups, strict=True):
        objects, _, missing = targets.find_objects(group, request.blend_path)
        notes += missing
        surfaces, own_maps = (tuple(items[number] for number in numbers) for items in (geometry.targets, maps))
        shown = tuple(each for obj in objects for each in (obj, *find_duplicates(obj, request)))
        grey_files = {kind: own for kind, own in files.items() if kind is not Map.COLOUR}
        if shown:
            is_tiled = is_udim(own_maps, request)
            found.append(ObjectMaps(shown, surfaces, own_maps, files[Map.COLOUR], is_tiled, grey_files))
        else:
            discard([path for own in files.values() for path in own])
    if not found:
        raise InputError(" ".join(notes), next_step="The images remain in the history.")
    return tuple(found), notes


def find_duplicates(obj: bpy.types.Object, request: GenerationRequest) -> list[bpy.types.Object]:
    """The objects that were chosen with a texture's objects, and show the map of this one: they share its mesh."""
    generated = {pose.object for pose in require_texture_context(request).targets}
    others = [ref for ref in request.delivery.objects if ref not in generated]
    blocks = [lookup.find_datablock(ref, request.blend_path).block for ref in others]
    return [each for each in blocks if isinstance(each, bpy.types.Object) and each.data == obj.data]


def _write_maps(
    objects: Sequence[dict[Map, list[BakedMap]]], generation: Generation
) -> Generator[ProgressStep, None, tuple[dict[Map, tuple[Path, ...]], ...]]:
    files = write_maps_steps(objects, generation)
    try:
        while True:
            yield _BAKED_SHARE, "Writing the texture"
            next(files)
    except StopIteration as end:
        return end.value
    finally:
        files.close()


def _filter_needed(generated: Sequence[Generation]) -> list[Generation]:
    """The images that are not completely replaced by later ones."""
    latest: dict[int, Generation] = {}
    for generation in generated:
        latest |= {tile.index: generation for tile in require_texture_context(generation.request).shown}
    needed_ids = {generation.id for generation in latest.values()}
    return [generation for generation in generated if generation.id in needed_ids]


def _describe_missing(drifts: Sequence[Drift], missing: Sequence[int]) -> list[str]:
    names = ", ".join(drift.name for drift in drifts if drift.index in missing)
    return [f"{names}: no roughness and metallic came. Choose Generate Missing Maps."] if names else []


def _describe_drifts(drifts: Sequence[Drift]) -> list[str]:
    return [
        f"{drift.name} {drift.describe()}."
        + (
            " Choose Regenerate This View, or Use It All the Same."
            if drift.left_out
            else " Check it, and choose Regenerate This View if it is wrong."
        )
        for drift in drifts
        if drift.too_far or drift.followed is False
    ]
