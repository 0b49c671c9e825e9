# SPDX-License-Identifier: GPL-3.0-or-later
"""An existing texture, baked again from its images: free of charge, or with one view generated again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import bpy

from ...blender.host.progress_steps import ProgressListener
from ...core.constants import Kind
from ...core.errors import InputError
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...core.texture import PaintMode, TextureSettings, require_texture_context
from ...session import session
from ...storage.database.query import HistoryQuery
from ..generation import request_builder
from ..generation.destination import resolve_destination
from ..generation.request_builder import Order
from . import apply_maps, bake_queue
from .apply_maps import TextureReport
from .maps import bake_maps, texture_info
from .maps.aligned_views import ALL_VIEWS
from .plan import TexturePlan, list_tiles
from .views import grey_sheets

#: How many of a file's latest views are looked through for those of one texture, and at once.
_SEARCH_LIMIT, _PAGE = 2000, 100


def pictures_of(obj: bpy.types.Object | None) -> list[Generation]:
    """The images that an object's texture was made of. Raises `InputError` if there are none any more."""
    group = texture_info.group_of(obj)
    if group is None:
        raise InputError(
            "The active object has no texture from views.",
            next_step="Generate one first, or choose another object.",
        )
    generations = session.current().store.many(texture_info.generations_of(group))
    if not generations:
        raise InputError("The views of this texture are no longer in the history.", next_step="Generate it again.")
    return [_ask_as_now(generation, group) for generation in generations]


def _ask_as_now(generation: Generation, group: bpy.types.NodeTree) -> Generation:
    """An image as it would be asked for now: it may be older than the wish for further maps, or a tiled image."""
    texture = require_texture_context(generation.request)
    wants_maps = texture.pbr or bool(texture_info.list_missing_maps(group))
    texture = replace(texture, pbr=wants_maps, udim=texture_info.is_udim(group))
    return replace(generation, request=replace(generation.request, texture=texture))


def reproject(
    obj: bpy.types.Object | None,
    size: int = 0,
    remove_light: float | None = None,
    on_progress: ProgressListener | None = None,
) -> TextureReport:
    """Align, bake and apply the same images again: the mesh or its UV map changed, or the choices of the bake.

    `size` and `remove_light` as for `bake_maps_steps`.
    """
    maps = bake_maps.bake_maps(pictures_of(obj), size, on_progress, list_forced(obj), remove_light)
    return apply_maps.apply_maps(maps)


def begin_reprojecting(
    obj: bpy.types.Object | None, size: int = 0, remove_light: float | None = None, *, use: int = -1
) -> None:
    """The same in steps, with progress. The view of index `use` is used even if it is wrong, from now on.

    Raises `InputError` as `pictures_of` does.
    """
    bake_queue.start(pictures_of(obj), size, list_forced(obj, use), remove_light)


def list_forced(obj: bpy.types.Object | None, use: int = -1) -> frozenset[str]:
    """The keys of the views that the artist wants in spite of everything."""
    group = texture_info.group_of(obj)
    views = texture_info.views_of(group) if group is not None else []
    return frozenset(f"{v['generation']}:{v['index']}" for v in views if v.get("forced") or v["index"] == use)


def bake_result(
    generation: Generation, on_progress: ProgressListener | None = None, *, use_all: bool = False
) -> TextureReport:
    """Bake an image with the others of its texture: after a crash, for another file, or after a cancelled bake.

    `use_all`: also those that are wrong.
    """
    forced = (ALL_VIEWS,) if use_all else ()
    maps = bake_maps.bake_maps(find_texture_results(generation), on_progress=on_progress, forced=forced)
    return apply_maps.apply_maps(maps)


def begin_baking(generation: Generation, *, use_all: bool = False) -> None:
    """The same in steps, with progress."""
    bake_queue.start(find_texture_results(generation), forced=(ALL_VIEWS,) if use_all else ())


def find_texture_results(generation: Generation) -> list[Generation]:
    """All images of the texture that an image belongs to: the reused ones first, then the oldest.

    Raises `InputError` for an image that is not a view.
    """
    job = require_texture_context(generation.request).job
    store = session.current().store
    query = HistoryQuery(kind=Kind.VIEW, blend_path=generation.request.blend_path)
    results: list[Generation] = []
    for first in range(0, _SEARCH_LIMIT, _PAGE):
        page = store.page(query, first, _PAGE)
        results += [
            candidate for candidate in page if candidate.request.texture and candidate.request.texture.job == job
        ]
        if len(page) < _PAGE:
            break
    ids = {result.id for result in results}
    earlier = [image for image in read_earlier(generation.request) if image.id not in ids]
    return [*earlier, *(results[::-1] or [generation])]


def read_earlier(request: GenerationRequest) -> list[Generation]:
    """The reused images of a view's texture, with the views as they are in them."""
    context = require_texture_context(request)
    earlier = {image.generation: image for image in context.earlier}
    return [
        replace(
            generation,
            request=replace(
                generation.request,
                texture=replace(
                    context,
                    shown=earlier[generation.id].shown,
                    panels=earlier[generation.id].panels,
                    targets=earlier[generation.id].targets or context.targets,
                ),
                delivery=request.delivery,
                blend_path=request.blend_path,
            ),
        )
        for generation in session.current().store.many(earlier)
    ]


def plan_regeneration(
    obj: bpy.types.Object | None, index: int, remove_light: float = 0.0, *, dry_run: bool = False
) -> TexturePlan:
    """The plan that generates one view again (of a sheet: all of it), with the images that are kept."""
    existing = pictures_of(obj)
    matches = [
        generation
        for generation in existing
        if any(t.index == index and not t.detail for t in require_texture_context(generation.request).shown)
    ]
    if not matches:
        raise InputError(f"This texture has no view {index + 1}.", next_step="Choose another one.")
    request = matches[-1].request
    request = replace(request, texture=replace(require_texture_context(request), remove_light=remove_light))
    sheets = grey_sheets.build_requests(request, list_tiles([request])) if has_panels(existing, index) else ()
    return _plan([request, *sheets], existing, remove_light, dry_run=dry_run)


def plan_missing_maps(obj: bpy.types.Object | None, remove_light: float = 0.0, *, dry_run: bool = False) -> TexturePlan:
    """The plan that generates roughness and metallic of the views that lack them, with the texture's images.

    Raises `InputError` for a texture that lacks none.
    """
    existing, group = pictures_of(obj), texture_info.group_of(obj)
    missing = texture_info.list_missing_maps(group) if group is not None else []
    shown = [g.request for g in existing if list_tiles([g.request])]
    tiles = {index: tile for index, tile in list_tiles(shown).items() if index in missing}
    if not tiles:
        raise InputError("No view of this texture lacks a roughness or a metallic.", next_step="Choose another object.")
    request = replace(shown[-1], texture=replace(require_texture_context(shown[-1]), remove_light=remove_light))
    return _plan(grey_sheets.build_requests(request, tiles), existing, remove_light, dry_run=dry_run)


def has_panels(generations: Sequence[Generation], index: int) -> bool:
    """Whether some images of a texture have grey maps of a view."""
    return any(panel.index == index for g in generations for panel in require_texture_context(g.request).panels)


def _plan(
    requests: Sequence[GenerationRequest], existing: Sequence[Generation], remove_light: float, *, dry_run: bool
) -> TexturePlan:
    destination = resolve_destination(requests[0].provider, dry_run=dry_run)
    order = Order(tuple(requests), destination, sum(map(request_builder.price_of, requests)))
    texture = TextureSettings(count=1, mode=PaintMode.SINGLE, anchor=False, remove_light=remove_light)
    return TexturePlan(order, texture, tuple(existing))
