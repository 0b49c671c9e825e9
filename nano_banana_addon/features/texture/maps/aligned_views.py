# SPDX-License-Identifier: GPL-3.0-or-later
"""All views of a texture, aligned to their guides and to each other: for a bake, and for the tiles drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ....blender.bake.bake import BakedMap, BakeSettings
from ....blender.bake.mesh import Geometry
from ....blender.bake.view_pass import PaintedView
from ....blender.guides.draw import draw_maps
from ....blender.host.gpu import initialise_gpu
from ....blender.host.progress_steps import ProgressStep, scale_progress
from ....core.errors import InputError, NanoBananaError
from ....core.request import GenerationRequest, TextureContext
from ....core.result import Generation
from ....core.scene.capture import View
from ....core.texture import KEY_COLOUR, PaintMode, require_texture_context
from ....imaging.arrays import Pixels
from ..objects.atlas import join_targets
from ..views import captured_objects
from ..views.captured_objects import CapturedObjects
from .align import AlignedView, align_views_steps
from .align_image import AlignedImage
from .align_together import STEP, align_together_steps
from .base_texture import read_base_maps, split_slots
from .layers import Layers, add_steps

#: Stands for all views among those that the artist wants in spite of everything.
ALL_VIEWS = "ALL"
#: How much of the work is done when each view is aligned to its guide.
_ALONE_SHARE = 0.7
_AligningViews = Generator[ProgressStep, None, list[AlignedView]]
_Drawing = Generator[ProgressStep, None, Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class AlignedViews:
    """One image for each view, in the views' order, and notes about unusable ones; of a sequence also its surface."""

    views: list[AlignedView]
    notes: list[str]
    surface: SurfaceSoFar | None = None

    @property
    def used(self) -> list[AlignedView]:
        """Those that are not left out."""
        return [view for view in self.views if not view.drift.left_out]

    def find_surface(self, views: Sequence[AlignedView], size: int) -> SurfaceSoFar | None:
        """The surface with these views, where it shows them as they are, and its maps have this size."""
        surface, used = self.surface, self.used
        if surface is None or surface.size != size or surface.keys != [view.drift.key for view in views]:
            return None
        is_same = all(view.painted_view is own.painted_view for view, own in zip(views, used, strict=True))
        return surface if is_same else None


def read_objects_steps(used: Sequence[Generation]) -> Generator[ProgressStep, None, CapturedObjects]:
    """The objects as they were when the images were captured; of a texture that is changed, its material slots apart.

    Raises `InputError` as `captured_objects.read_steps` and `split_slots` do.
    """
    base = require_texture_context(used[0].request).base
    found = yield from captured_objects.read_steps(used)
    return found if base is None else replace(found, geometry=split_slots(found.geometry, base.slots))


def align_all_steps(
    objects: CapturedObjects, generated: Sequence[Generation], forced: Collection[str]
) -> Generator[ProgressStep, None, AlignedViews]:
    """All views of a texture, aligned; `forced` are keys of drifts.

    Views are aligned to each other where they show the same surface; those of a texture that is generated in sequence
    to the earlier ones, and one that is added to the texture as it is: what is there already stays. Raises `InputError`
    when no image shows the objects.
    """
    if ALL_VIEWS in forced:
        forced = {f"{g.id}:{tile.index}" for g in generated for tile in require_texture_context(g.request).shown}
    initialise_gpu()
    part = require_texture_context(generated[0].request)
    if part.mode == PaintMode.SEQUENTIAL.value and part.base is None:
        surface = SurfaceSoFar(objects.geometry, part)
        in_order = sorted(generated, key=lambda g: min(tile.index for tile in require_texture_context(g.request).shown))
        aligned = yield from _align_images_steps(objects, in_order, forced, surface.add_steps)
        return replace(aligned, surface=surface)
    if part.base is not None:
        texture = partial(_align_to_texture_steps, objects.geometry, generated[0].request)
        return (yield from _align_images_steps(objects, generated, forced, texture))
    alone = _align_images_steps(objects, generated, forced, None)
    aligned = yield from scale_progress(alone, 0.0, _ALONE_SHARE)
    views = yield from scale_progress(_align_together_steps(aligned.views), _ALONE_SHARE, 1.0)
    return replace(aligned, views=views)


def _align_images_steps(
    objects: CapturedObjects,
    generated: Sequence[Generation],
    forced: Collection[str],
    finish: Callable[[Sequence[AlignedView]], _AligningViews] | None,
) -> Generator[ProgressStep, None, AlignedViews]:
    """Each view aligned to its guide; those of an image also by `finish`, before the next one is begun."""
    aligned: dict[int, AlignedView] = {}
    notes: list[str] = []
    for number, generation in enumerate(generated):
        pose = objects.poses.get(generation.id)
        first, width = number / len(generated), 1 / len(generated)
        middle = first + width * (_ALONE_SHARE if finish else 1.0)
        try:
            aligning = align_views_steps(pose or objects.geometry, generation, forced)
            views = yield from scale_progress(aligning, first, middle)
        except NanoBananaError as error:
            notes.append(f"{generation.request.shot}: {error.to_sentence()}")
            continue
        views = [replace(view, painted_view=replace(view.painted_view, pose=pose)) for view in views]
        if finish is not None:
            views = yield from scale_progress(finish(views), middle, first + width)
        aligned |= {view.drift.index: view for view in views}
    result = [aligned[index] for index in sorted(aligned)]
    _require_any(result, notes)
    return AlignedViews(result, notes)


def _require_any(views: Sequence[AlignedView], notes: Sequence[str]) -> None:
    if not views:
        raise InputError(" ".join(notes) or "There is no view.", next_step="Generate the views again.")
    if all(view.drift.left_out for view in views):
        names = ", ".join(view.drift.name for view in views)
        raise InputError(
            f"None of the images shows the object as its guide does ({names}).",
            next_step="Generate them again, or hold Alt and choose Bake Texture on one of them.",
        )


def _align_together_steps(views: Sequence[AlignedView]) -> Generator[ProgressStep, None, list[AlignedView]]:
    """The views, those that are used aligned to each other as well, whatever poses they see."""
    used = [(number, image) for number, view in enumerate(views) if (image := _used_image(view))]
    result = [_let_go(view) for view in views]
    images = yield from align_together_steps([image for _, image in used])
    for (number, _), image in zip(used, images, strict=True):
        result[number] = _show(result[number], image)
    return result


class SurfaceSoFar:
    """The surface of a texture whose views are generated in sequence: each is laid on what is there, which stays."""

    def __init__(self, geometry: Geometry, part: TextureContext) -> None:
        self._geometry = join_targets(geometry) if part.atlas else geometry
        self.size = part.texture_size
        settings = BakeSettings(size=(self.size, self.size), both_sides=part.both_sides)
        self._layers = Layers(self._geometry, settings)
        self._waiting: list[PaintedView] = []
        self.keys: list[str] = []  # of the drifts of the views that were added

    @property
    def is_empty(self) -> bool:
        """Whether no view was added."""
        return not self.keys

    def add_steps(self, views: Sequence[AlignedView]) -> _AligningViews:
        """The next views, aligned to the surface and added to it. One that is left out is neither."""
        result: list[AlignedView] = []
        for view in views:
            aligning = _align_to_surface_steps(view, self.draw_steps)
            result.append(_let_go(view) if self.is_empty else (yield from aligning))
            if not view.drift.left_out:
                self._waiting.append(result[-1].painted_view)
                self.keys.append(view.drift.key)
        return result

    def draw_steps(self, view: View, size: tuple[int, int]) -> _Drawing:
        """In steps, what a view sees of it: (h, w, 3), `KEY_COLOUR` where nothing is generated."""
        while self._waiting:  # only now: where no view is to be moved, nothing of it is looked at
            yield 0.0, f"Adding {self._waiting[0].name}"
            self._layers.add(self._waiting.pop(0))
        return draw_maps(self._geometry, view, size, self._layers.current_maps(), KEY_COLOUR)

    def finish_steps(self) -> Generator[ProgressStep, None, tuple[BakedMap, ...]]:
        """In steps, its maps, finished."""
        return (yield from add_steps(self._layers, [(view, view.name) for view in self._waiting]))


def _align_to_texture_steps(
    geometry: Geometry, request: GenerationRequest, views: Sequence[AlignedView]
) -> _AligningViews:
    """Views that are added to a texture, aligned to it. Raises `InputError` as `read_base_maps` does."""
    maps: dict[int, Pixels] = {}

    def draw_steps(view: View, size: tuple[int, int]) -> _Drawing:
        base = require_texture_context(request).base
        yield 0.0, "Reading the texture"
        if base is not None and not maps:  # only where a view is to be moved: it may be large
            found = read_base_maps(base, geometry, request.blend_path)
            maps.update({number: each.colours for number, each in enumerate(found)})
            yield STEP  # it is drawn at the next turn
        return draw_maps(geometry, view, size, maps, KEY_COLOUR, KEY_COLOUR)

    result: list[AlignedView] = []
    for view in views:
        result.append((yield from _align_to_surface_steps(view, draw_steps)))
    return result


def _align_to_surface_steps(
    view: AlignedView, draw_steps: Callable[[View, tuple[int, int]], _Drawing]
) -> Generator[ProgressStep, None, AlignedView]:
    """A view aligned to what is on the surface, as `draw_steps` shows it to a view in a size (width, height)."""
    image = _used_image(view)
    if image is None or image.kept is None or image.kept.displacement is None:
        return _let_go(view)
    look = yield from draw_steps(view.painted_view.view, (image.kept.laid.shape[1], image.kept.laid.shape[0]))
    shown = (look != np.round(np.array(KEY_COLOUR) * 255)).any(axis=2)
    (image,) = yield from align_together_steps([image], held=[image.kept.hold(look, shown)])
    return _show(view, image)


def _used_image(view: AlignedView) -> AlignedImage | None:
    return None if view.drift.left_out else view.image


def _let_go(view: AlignedView) -> AlignedView:
    return replace(view, image=view.image and replace(view.image, kept=None))


def _show(view: AlignedView, image: AlignedImage) -> AlignedView:
    """The view with its image as it is aligned at last."""
    painted = replace(view.painted_view, picture=image.picture)
    return AlignedView(painted, replace(view.drift, after=image.after), image)
