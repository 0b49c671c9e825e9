# SPDX-License-Identifier: GPL-3.0-or-later
"""From the images of a texture to its maps."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ....blender.bake import bake
from ....blender.bake.bake import BakedMap, BakeSettings
from ....blender.bake.mesh import Geometry, Surface
from ....blender.host.gpu import initialise_gpu
from ....blender.host.progress_steps import ProgressListener, ProgressStep, run_all, scale_progress
from ....core.errors import InputError, NanoBananaError
from ....core.request import TextureContext
from ....core.result import Generation
from ....core.scene.capture import ObjectPose
from ....core.texture import PaintMode, require_texture_context
from ..views import captured_objects, targets
from ..views.captured_objects import CapturedObjects
from .align import CONTRADICTS, AlignedView, Drift, align_views
from .base_texture import split_slots
from .detail import check_details, enlarge_steps, find_detail, list_forced, split_details
from .layers import Layers
from .light import remove_light_steps
from .touch_up import change_steps
from .write_maps import discard, write_maps_steps

#: How much of the work is done when the objects are read, all views aligned.
_READ_SHARE, _ALIGNED_SHARE, _BAKED_SHARE = 0.05, 0.4, 0.95
#: Where tiles for more detail are added, until when, from `_ALIGNED_SHARE` on.
_ENLARGED_SHARE = 0.7
#: Of the maps' own share, when the light is removed.
_UNLIT_SHARE = 0.1
#: Of the maps' own share, when views that are generated in sequence are added.
_LAYERED_SHARE = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class ObjectMaps:
    """An object's map and its file, or those of its UDIM tiles, with the surface of each."""

    object: bpy.types.Object
    surfaces: tuple[Surface, ...]
    maps: tuple[BakedMap, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TextureMaps:
    """The maps of the objects, the drift of each view, and notes."""

    objects: tuple[ObjectMaps, ...]
    drifts: tuple[Drift, ...]
    generations: tuple[Generation, ...]
    notes: tuple[str, ...]


#: Stands for all views among those that the artist wants in spite of everything.
ALL_VIEWS = "ALL"


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

    Before each step it yields the progress and the next step, so that Blender can redraw in between and the work can be
    cancelled. Objects are looked up again at the end: between steps, the artist may rename or delete them. `size` is
    the edge of the maps in texels (0: as requested), `remove_light` how much of the light in the images is removed
    (None: as requested with the last of them). Views that do not show what they should are left out, except those
    whose drift's key is `forced`. Raises `InputError` when there is no image, none shows the objects, or none of the
    objects is left.
    """
    generated, details = _choose_images(generations)
    part = _choose_bake(generated[0], generations[-1], size, remove_light)
    used = _filter_needed(generated)
    if part.base is not None:
        used = used[-1:]
    objects_then = yield from scale_progress(captured_objects.read_steps(used), 0.0, _READ_SHARE)
    if part.base is not None:
        objects_then = replace(objects_then, geometry=split_slots(objects_then.geometry, part.base.slots))
    geometry, poses, read_notes = objects_then.geometry, objects_then.targets, objects_then.notes
    views, align_notes = yield from _align_steps(objects_then, used, {*forced, *list_forced(details)})
    views, detail_notes = yield from _add_detail_steps(views, details, part.texture_size)
    shown = [view for view in views if not view.drift.left_out]
    baking = _bake_steps(geometry, part, shown, generated[0].request.blend_path)
    baked_from = _ENLARGED_SHARE if details else _ALIGNED_SHARE
    maps, wrong, light_notes = yield from scale_progress(baking, baked_from, _BAKED_SHARE)
    groups = [[maps[number] for number in numbers] for numbers in geometry.group_targets()]
    paths = yield from _write_maps(groups, generated[0])
    drifts = tuple(replace(v.drift, reason=CONTRADICTS) if v.drift.key in wrong else v.drift for v in views)
    object_maps, missing_notes = _collect(geometry, maps, paths, poses, generated[0].request.blend_path)
    notes = (*read_notes, *missing_notes, *align_notes, *detail_notes, *light_notes, *_describe_drifts(drifts))
    return TextureMaps(object_maps, drifts, (*used, *_list_used(details, used)), notes)


def _choose_images(generations: Sequence[Generation]) -> tuple[list[Generation], list[Generation]]:
    """The images of views that were generated, and all of their parts. Raises `InputError` where there is none."""
    views, details = split_details(generations)
    check_details(details)
    generated = [generation for generation in views if generation.is_generated]
    if not generated:
        raise InputError(
            "None of the views was generated.",
            next_step="Change the prompt or the model, and try again.",
        )
    return generated, details


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
    paths: Sequence[tuple[Path, ...]],
    poses: Sequence[ObjectPose],
    blend_path: str,
) -> tuple[tuple[ObjectMaps, ...], list[str]]:
    """The maps of the existing objects, and a sentence for each missing one, whose files are removed."""
    found: list[ObjectMaps] = []
    notes: list[str] = []
    for numbers, files, pose in zip(geometry.group_targets(), paths, poses, strict=True):
        objects, _, missing = targets.find_objects([pose], blend_path)
        notes += missing
        surfaces, own_maps = (tuple(items[number] for number in numbers) for items in (geometry.targets, maps))
        found += [ObjectMaps(obj, surfaces, own_maps, files) for obj in objects]
        if not objects:
            discard(files)
    if not found:
        raise InputError(" ".join(notes), next_step="The images remain in the history.")
    return tuple(found), notes


def _write_maps(
    objects: Sequence[Sequence[BakedMap]], generation: Generation
) -> Generator[ProgressStep, None, tuple[tuple[Path, ...], ...]]:
    files = write_maps_steps(objects, generation)
    try:
        while True:
            yield _BAKED_SHARE, "Writing the texture"
            next(files)
    except StopIteration as end:
        return end.value
    finally:
        files.close()


def _align_steps(
    objects: CapturedObjects, generated: Sequence[Generation], forced: Collection[str]
) -> Generator[ProgressStep, None, tuple[list[AlignedView], list[str]]]:
    """One image for each view, in the views' order, and notes about unusable ones."""
    if ALL_VIEWS in forced:
        forced = {f"{g.id}:{tile.index}" for g in generated for tile in require_texture_context(g.request).shown}
    initialise_gpu()
    aligned: dict[int, AlignedView] = {}
    notes: list[str] = []
    for number, generation in enumerate(generated):
        done = (number + 1) / (len(generated) + 1)
        yield _READ_SHARE + (_ALIGNED_SHARE - _READ_SHARE) * done, f"Aligning {generation.request.shot}"
        try:
            pose = objects.poses.get(generation.id)
            views = align_views(pose or objects.geometry, generation, forced)
            aligned |= {v.drift.index: replace(v, painted_view=replace(v.painted_view, pose=pose)) for v in views}
        except NanoBananaError as error:
            notes.append(f"{generation.request.shot}: {error.to_sentence()}")
    if not aligned:
        raise InputError(" ".join(notes) or "There is no view.", next_step="Generate the views again.")
    if all(view.drift.left_out for view in aligned.values()):
        names = ", ".join(view.drift.name for view in aligned.values())
        raise InputError(
            f"None of the images shows the object as its guide does ({names}).",
            next_step="Generate them again, or hold Alt and choose Bake Texture on one of them.",
        )
    return [aligned[index] for index in sorted(aligned)], notes


def _filter_needed(generated: Sequence[Generation]) -> list[Generation]:
    """The images that are not completely replaced by later ones."""
    latest: dict[int, Generation] = {}
    for generation in generated:
        latest |= {tile.index: generation for tile in require_texture_context(generation.request).shown}
    needed_ids = {generation.id for generation in latest.values()}
    return [generation for generation in generated if generation.id in needed_ids]


def _bake_steps(
    geometry: Geometry, part: TextureContext, views: Sequence[AlignedView], blend_path: str
) -> Generator[ProgressStep, None, tuple[tuple[BakedMap, ...], set[str], list[str]]]:
    """The maps, the keys of the views that were left out because they contradict the others, and notes."""
    removing = remove_light_steps(geometry, views, part.remove_light)
    views, notes = yield from scale_progress(removing, 0.0, _UNLIT_SHARE)
    if part.base is not None:
        changing = change_steps(geometry, part, views[-1].painted_view, blend_path)
        return (yield from scale_progress(changing, _UNLIT_SHARE, 1.0)), set(), notes
    settings = BakeSettings(size=(part.texture_size, part.texture_size), both_sides=part.both_sides)
    if part.mode == PaintMode.SEQUENTIAL.value:
        maps = yield from scale_progress(_layer_steps(Layers(geometry, settings), views), _UNLIT_SHARE, 1.0)
        return maps, set(), notes
    baking = bake.bake_geometry_steps(geometry, [view.painted_view for view in views], settings)
    result = yield from scale_progress(baking, _UNLIT_SHARE, 1.0)
    return result.maps, {views[number].drift.key for number in result.contradicting}, notes


def _layer_steps(layers: Layers, views: Sequence[AlignedView]) -> Generator[ProgressStep, None, tuple[BakedMap, ...]]:
    for number, view in enumerate(views):
        yield _LAYERED_SHARE * number / len(views), f"Adding {view.drift.name}"
        layers.add(view.painted_view)
    return (yield from scale_progress(layers.finish_steps(), _LAYERED_SHARE, 1.0))


def _describe_drifts(drifts: Sequence[Drift]) -> list[str]:
    return [
        f"{drift.name} {drift.describe()}."
        + (
            " Choose Regenerate This View, or Use It All the Same."
            if drift.left_out
            else " Check it, and choose Regenerate This View if it is wrong."
        )
        for drift in drifts
        if drift.too_far
    ]
