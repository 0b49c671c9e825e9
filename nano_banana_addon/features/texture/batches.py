# SPDX-License-Identifier: GPL-3.0-or-later
"""The existing images of a texture, what the others need of each other, and what Blender draws for them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...blender.bake.mesh import Geometry
from ...blender.host import folders
from ...blender.host.progress_steps import ProgressStep, scale_progress
from ...core.constants import ReferenceRole
from ...core.request import GenerationRequest, Need, Reference
from ...core.result import Generation
from ...core.text.needs import fit_reference
from ...core.text.view_prompts import compose_refine_prompt, compose_sequential_prompt
from ...core.texture import PaintMode, require_texture_context
from ...imaging.arrays import Pixels
from .maps.align import align_views_steps, crop, read_picture
from .maps.aligned_views import SurfaceSoFar
from .plan import TexturePlan
from .views import grey_sheets, guide_references, targets

_ANCHOR = "the same object from another side, painted already: use the same surface and colours"
_DRAFT, _PAINTED = "the draft of this view", "what is painted already"
_ANCHOR_NEED = Need("@0", ReferenceRole.STYLE, _ANCHOR)
_TILE_NEED = Need("@0", ReferenceRole.STRUCTURE, _DRAFT, required=True, drawn=True)

#: How much of the work on an image is done when it is aligned to its guide.
_ALONE_SHARE = 0.7

#: Finds the result of an identical request, aimed at this one.
Find = Callable[[GenerationRequest], Generation | None]


@dataclass(frozen=True, slots=True)
class TextureBatch:
    """The images of a texture: the existing ones, and the requests for the others with their needs."""

    existing: tuple[Generation, ...]
    missing: tuple[GenerationRequest, ...]
    painted: PaintedSoFar | None = None  # what the existing ones of a sequence show, for those that follow


_Splitting = Generator[ProgressStep, None, TextureBatch]


def split_plan_steps(plan: TexturePlan, find: Find) -> _Splitting:
    """Look up the images of a plan with `find`; the missing ones are recorded together.

    Steps are only needed where the existing views of a sequence are aligned. Raises `NanoBananaError` when an existing
    one cannot be drawn.
    """
    sheets = [request for request in plan.order.requests if require_texture_context(request).panels]
    views = [request for request in plan.order.requests if request not in sheets]
    batch = (yield from _split_views_steps(plan, views, find)) if views else TextureBatch((), ())
    for sheet in sheets:
        batch = _add_sheet(batch, sheet, find, plan.existing)
    return batch


def _split_views_steps(plan: TexturePlan, requests: Sequence[GenerationRequest], find: Find) -> _Splitting:
    has_anchor = plan.texture.anchor
    if plan.texture.mode == PaintMode.SEQUENTIAL:
        return (yield from _split_sequence_steps(requests, find, has_anchor=has_anchor))
    if plan.texture.mode == PaintMode.SHEET:
        return _split_after_first(requests, find, _TILE_NEED, add_draft)
    if has_anchor:
        return _split_after_first(requests, find, _ANCHOR_NEED, add_anchor)
    return _split(requests, find)


def _add_sheet(
    batch: TextureBatch, sheet: GenerationRequest, find: Find, earlier: Sequence[Generation]
) -> TextureBatch:
    """The batch with a sheet of grey maps: it needs its views that are missing; else it is drawn and looked up."""
    needs = tuple(_find_source(need, batch, earlier) for need in sheet.needs)
    if any(need.generation.startswith("@") for need in needs):
        return replace(batch, missing=(*batch.missing, replace(sheet, needs=needs)))
    known = {generation.id: generation for generation in (*earlier, *batch.existing)}
    drawn = _draw_sheet(replace(sheet, needs=needs), known)
    found = find(drawn)
    if found is None:
        return replace(batch, missing=(*batch.missing, drawn))
    return replace(batch, existing=(*batch.existing, found))


def _find_source(need: Need, batch: TextureBatch, earlier: Sequence[Generation]) -> Need:
    """What a sheet needs for the view "@n": the last image of the batch that shows it, else the last that exists."""
    index = int(need.generation.removeprefix("@"))
    for number in reversed(range(len(batch.missing))):
        if _shows(batch.missing[number], index):
            return replace(need, generation=f"@{number}")
    found = [g.id for g in (*earlier, *batch.existing) if _shows(g.request, index)]
    return replace(need, generation=found[-1])


def _shows(request: GenerationRequest, index: int) -> bool:
    return any(tile.index == index and not tile.detail for tile in require_texture_context(request).shown)


def _draw_sheet(sheet: GenerationRequest, generations: Mapping[str, Generation]) -> GenerationRequest:
    """A sheet's request with its image, drawn from the views that it needs."""
    views: dict[int, Pixels] = {}
    needed = [generations[need.generation] for need in sheet.needs if need.generation in generations]
    for generation in needed:
        if generation.is_generated:
            picture = read_picture(generation)
            views |= {t.index: crop(picture, t.box) for t in require_texture_context(generation.request).shown}
    return grey_sheets.draw_sheet(sheet, views)


def _split(requests: Sequence[GenerationRequest], find: Find) -> TextureBatch:
    pairs = [(request, find(request)) for request in requests]
    existing = tuple(generation for _, generation in pairs if generation is not None)
    return TextureBatch(existing, tuple(request for request, generation in pairs if generation is None))


def _split_after_first(
    requests: Sequence[GenerationRequest],
    find: Find,
    need: Need,
    join: Callable[[GenerationRequest, Generation], GenerationRequest],
) -> TextureBatch:
    """The first image is sent with all others: by `join` if it exists, else they need it."""
    request, *others = requests
    first = find(request)
    if first is None:
        return TextureBatch((), (request, *(replace(other, needs=(need,)) for other in others)))
    batch = _split([join(other, first) for other in others], find)
    return TextureBatch((first, *batch.existing), batch.missing)


def _split_sequence_steps(requests: Sequence[GenerationRequest], find: Find, *, has_anchor: bool) -> _Splitting:
    """Each image is sent with the next one; from the first missing one on all are missing."""
    existing: list[Generation] = []
    painted = PaintedSoFar(requests[0])
    for number, request in enumerate(requests):
        ends = number / len(requests), (number + 1) / len(requests)
        current = yield from scale_progress(painted.show_steps(request, existing), *ends)
        if has_anchor and existing:
            current = add_anchor(current, existing[0])
        generation = find(current)
        if generation is None:
            others = _link_views(requests[number + 1 :], existing, has_anchor=has_anchor)
            return TextureBatch(tuple(existing), (current, *others), painted if others else None)
        existing.append(generation)
    return TextureBatch(tuple(existing), ())


def _link_views(
    requests: Sequence[GenerationRequest], existing: Sequence[Generation], *, has_anchor: bool
) -> Iterator[GenerationRequest]:
    for number, request in enumerate(requests):
        needs = (Need(f"@{number}", ReferenceRole.STRUCTURE, _PAINTED, drawn=True),)
        if has_anchor and existing:
            yield replace(add_anchor(request, existing[0]), needs=needs)
        else:
            yield replace(request, needs=(*needs, _ANCHOR_NEED) if has_anchor else needs)


def draw_needed_steps(
    request: GenerationRequest, generations: Mapping[str, Generation], painted: PaintedSoFar
) -> Generator[ProgressStep, None, GenerationRequest]:
    """In steps, a view's request with what Blender draws for it from the images of its texture, by their ids.

    Raises `NanoBananaError` when that cannot be drawn.
    """
    if require_texture_context(request).panels:
        return _draw_sheet(request, generations)
    needed = next(need.generation for need in request.needs if need.drawn)
    if require_texture_context(request).mode == PaintMode.SHEET:
        current = add_draft(request, generations[needed])
    else:
        current = yield from painted.show_steps(request, list(generations.values()))
    return replace(current, needs=tuple(need for need in request.needs if not need.drawn))


def add_anchor(request: GenerationRequest, first: Generation) -> GenerationRequest:
    """A view's request with the first view's image as a style reference, if the model takes one more."""
    if first.picture is None:
        return request
    return fit_reference(request, Reference(ReferenceRole.STYLE, first.picture.path, _ANCHOR))


def add_draft(request: GenerationRequest, sheet: Generation) -> GenerationRequest:
    """A view's request whose structure is its tile of a sheet; its structure guide becomes one more guide."""
    from PIL import Image

    index = require_texture_context(request).shown[0].index
    view_tile = next(
        (candidate for candidate in require_texture_context(sheet.request).shown if candidate.index == index), None
    )
    if view_tile is None:
        return request
    tile = Image.fromarray(crop(read_picture(sheet), view_tile.box))
    size = require_texture_context(request).shown[0].size
    pixels = np.asarray(tile.resize(size, Image.Resampling.LANCZOS))
    return _replace_structure(request, pixels, _DRAFT, compose_refine_prompt(request.prompt))


class PaintedSoFar:
    """The surface generated so far, of a texture whose views are generated in sequence: arrays made of the images."""

    def __init__(self, request: GenerationRequest) -> None:
        """Any request of the texture gives its objects and its size; they are read when they are needed."""
        self._request = request
        self._geometry: Geometry | None = None
        self._surface: SurfaceSoFar | None = None
        self._painted_ids: set[str] = set()

    def show_steps(
        self, request: GenerationRequest, generations: Sequence[Generation]
    ) -> Generator[ProgressStep, None, GenerationRequest]:
        """In steps, a view's request that shows the surface generated by these images; elsewhere the key colour.

        Given up between two steps, it is as if the view under way had not begun.
        """
        generated = [generation for generation in generations if generation.is_generated]
        if not generated:
            return request
        yield 0.0, f"Drawing {request.shot}"
        geometry = self._geometry = self._geometry or self._read()
        surface = self._surface = self._surface or SurfaceSoFar(geometry, require_texture_context(self._request))
        new = [generation for generation in generated if generation.id not in self._painted_ids]
        for number, generation in enumerate(new):
            first, middle, last = ((number + part) / len(new) for part in (0.0, _ALONE_SHARE, 1.0))
            views = yield from scale_progress(align_views_steps(geometry, generation), first, middle)
            yield from scale_progress(surface.add_steps(views), middle, last)
            self._painted_ids.add(generation.id)
        if surface.is_empty:
            return request  # all of them are wrong, and left out of the texture
        tile = require_texture_context(request).shown[0]
        pixels = yield from scale_progress(surface.draw_steps(tile.view, tile.size), 1.0, 1.0)
        return _replace_structure(request, pixels, _PAINTED, compose_sequential_prompt(request.prompt))

    def _read(self) -> Geometry:
        context = require_texture_context(self._request)
        objects, poses, _ = targets.find_objects(context.targets, self._request.blend_path)
        geometry, _ = targets.read(objects, context.uv_map)
        return targets.restore_poses(geometry, objects, poses)


def _replace_structure(request: GenerationRequest, pixels: Pixels, label: str, prompt: str) -> GenerationRequest:
    other_references = [
        replace(reference, role=ReferenceRole.GUIDE) if reference.role is ReferenceRole.STRUCTURE else reference
        for reference in request.references
    ]
    structure = guide_references.write_reference(
        pixels, ReferenceRole.STRUCTURE, label, folders.ensure_incoming_folder()
    )
    return replace(request, prompt=prompt, references=(*other_references, structure))
