# SPDX-License-Identifier: GPL-3.0-or-later
"""From settings to the requests of a texture: views, guides, checks, price. Nothing is recorded or sent here."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import bpy

from ...blender.bake.bake import check_tiles
from ...blender.bake.mesh import Geometry
from ...blender.bake.uv_checks import refuse_wrapped
from ...blender.host import folders
from ...blender.host.file_session import reference_to
from ...blender.host.progress_steps import ProgressStep, run_all, scale_progress
from ...core.constants import Kind, ReferenceRole
from ...core.request import GenerationRequest, Reference, TextureContext, structure_last
from ...core.result import Generation
from ...core.scene.capture import Capture, ViewTile
from ...core.settings import Settings, Source
from ...core.text import validate
from ...core.text.view_prompts import compose_view_prompt
from ...core.texture import PaintMode, TextureSettings, ViewSet, require_texture_context
from ..generation import request_builder
from ..generation.destination import Destination, resolve_destination
from ..generation.request_builder import Order
from ..references import reference_files
from .objects.choice import ChosenObjects, choose_objects
from .views import grey_sheets, guide_references, sheet, targets, view_cameras
from .views.coverage import measure_coverage
from .views.object_views import read_views
from .views.planned_view import PlannedView
from .views.view_checks import check_views
from .views.views import place_around, size_of

_DRAWING = "Drawing the views"


@dataclass(frozen=True, slots=True)
class TexturePlan:
    """A texture's requests in their order, their price, the settings, and the images that it is made of besides.

    For a SHEET the first request is the sheet; those after it, if any, refine its views. Sheets of grey maps are last.
    """

    order: Order
    texture: TextureSettings
    existing: tuple[Generation, ...] = ()
    seen: float | None = None  # the part of the surface that the views see; looked at only when dry


@dataclass(frozen=True, slots=True)
class SharedRequest:
    """The values that all requests of a texture share."""

    request: GenerationRequest
    part: TextureContext
    texture: TextureSettings


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """What was read of the scene: values."""

    draft: SharedRequest
    geometry: Geometry
    views: tuple[PlannedView, ...]
    notes: tuple[str, ...]
    has_cameras: bool


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    *,
    names: Sequence[str] = (),
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> TexturePlan:
    """Check the objects, choose the views, draw their guides, and build the requests.

    `names` are the objects to texture (empty: the selected ones), `reference_override` references instead of the
    scene's. Raises `NanoBananaError` with what to change, before anything is billed.
    """
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    pictures = reference_files.choose_references(context.scene, reference_override)
    return run_all(prepare_steps(context, settings, texture, destination, pictures, names=names, dry_run=dry_run))


def prepare_steps(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    destination: Destination,
    pictures: tuple[Reference, ...],
    *,
    names: Sequence[str] = (),
    dry_run: bool = False,
) -> Generator[ProgressStep, None, TexturePlan]:
    """The same step by step. The scene is read in the first step; no data of Blender is kept for those after it."""
    shape = _read_scene(context, settings, texture, names, destination.provider, pictures)
    geometry, views = shape.geometry, shape.views
    yield 0.2, _DRAWING
    coverage = measure_coverage(geometry, views, both_sides=texture.both_sides, exact=dry_run)
    anew = partial(place_around, geometry, replace(texture, count=len(views)), views[0].canvas)
    place_anew = anew if shape.has_cameras else None
    check_views(geometry, views, coverage.seen, place_anew, both_sides=texture.both_sides)
    yield 0.4, _DRAWING
    requests = yield from scale_progress(_build_requests(shape, settings), 0.4, 0.9)
    if texture.pbr:
        requests = (*requests, *grey_sheets.build_requests(requests[0], list_tiles(requests)))
    for number, request in enumerate(requests):
        is_grey = bool(require_texture_context(request).panels)
        shows_first = number > 0 and texture.anchor and texture.mode != PaintMode.SHEET and not is_grey
        request_builder.check(request, (Reference(ReferenceRole.STYLE, ""),) if shows_first else ())
    price = sum(map(request_builder.price_of, requests))
    order = Order(requests, destination, price, (*shape.notes, *coverage.notes))
    return TexturePlan(order, replace(texture, count=len(views)), seen=coverage.part if dry_run else None)


def _read_scene(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    names: Sequence[str],
    provider: str,
    pictures: tuple[Reference, ...],
) -> _Shape:
    texture.check()
    chosen = choose_objects(context, names)
    geometry, views, notes = read_views(context, chosen, texture, settings)
    check_tiles(geometry, (texture.texture_size, texture.texture_size))
    if texture.udim:
        refuse_wrapped(geometry)
    draft = build_draft(context, settings, texture, provider, pictures, chosen)
    has_cameras = texture.views != ViewSet.KEYFRAMES and view_cameras.has_entries(context.scene)
    return _Shape(draft, geometry, views, notes, has_cameras)


def build_draft(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    provider: str,
    pictures: tuple[Reference, ...],
    chosen: ChosenObjects,
) -> SharedRequest:
    """What all requests of a texture of some objects share. Raises `InputError` for choices that cannot be sent."""
    # The source is the view: no choice of the panel's may make it a request from text alone.
    view_settings = replace(settings, source=Source.CAMERA.value, image_size=size_of(settings))
    request = request_builder.build_request(context, view_settings, provider, pictures, Kind.VIEW)
    validate.check(request)
    poses = targets.record_poses(chosen.objects, places=chosen.places)
    duplicates = tuple(reference_to(each, "OBJECT") for each in chosen.duplicates)
    delivery = replace(request.delivery, kinds=(), objects=(*(pose.object for pose in poses), *duplicates))
    part = TextureContext(
        job=uuid.uuid4().hex,
        shown=(),
        targets=poses,
        mode=texture.mode,
        texture_size=texture.texture_size,
        uv_map=texture.used_uv_map,
        atlas=texture.atlas,
        drift_limit=texture.drift_limit,
        both_sides=texture.both_sides,
        keyframes=texture.views == ViewSet.KEYFRAMES,
        remove_light=texture.remove_light,
        pbr=texture.pbr,
        udim=texture.udim,
    )
    return SharedRequest(replace(request, delivery=delivery), part, texture)


def list_tiles(requests: Sequence[GenerationRequest]) -> dict[int, ViewTile]:
    """The views in some requests, by their numbers; of several images of one view, the last."""
    return {
        tile.index: tile for request in requests for tile in require_texture_context(request).shown if not tile.detail
    }


def _build_requests(shape: _Shape, settings: Settings) -> Generator[ProgressStep, None, tuple[GenerationRequest, ...]]:
    draft, geometry, views = shape.draft, shape.geometry, shape.views
    single: list[GenerationRequest] = []
    for index in range(len(views)):
        single.append(_build_view_request(draft, geometry, views, index, settings))
        yield len(single) / len(views), _DRAWING
    if draft.texture.mode != PaintMode.SHEET:
        return tuple(single)
    sheet_request = _build_sheet_request(draft, geometry, views, settings)
    return (sheet_request, *single) if draft.texture.refine else (sheet_request,)


def _build_view_request(
    draft: SharedRequest,
    geometry: Geometry,
    views: Sequence[PlannedView],
    index: int,
    settings: Settings,
) -> GenerationRequest:
    view, texture = views[index], draft.texture
    pictures = guide_references.draw_guides(geometry, view, texture.guides, settings.mask_image)
    view_tile = ViewTile(index, view.view, view.canvas, prompt=view.prompt)
    base_references = draft.request.references if index == 0 or not texture.references_once else ()
    guide_images = guide_references.write_guides(pictures, texture.guides, folders.ensure_incoming_folder())
    return replace(
        draft.request,
        prompt=compose_view_prompt(draft.request.prompt, view.prompt),
        aspect_ratio=view.ratio,
        references=structure_last((*base_references, *guide_images)),
        capture=Capture("VIEW", view=view.view, objects=draft.request.delivery.objects),
        shot=view.name,
        texture=replace(
            draft.part, shown=(view_tile,), of_views=len(views), targets=view.targets or draft.part.targets
        ),
    )


def _build_sheet_request(
    draft: SharedRequest, geometry: Geometry, views: Sequence[PlannedView], settings: Settings
) -> GenerationRequest:
    view_sheet = sheet.draw_sheet(geometry, views, draft.texture, settings)
    return replace(
        draft.request,
        prompt=view_sheet.compose_prompt(draft.request.prompt, views),
        aspect_ratio=view_sheet.ratio,
        references=structure_last((*draft.request.references, *view_sheet.references)),
        capture=Capture("VIEW", objects=draft.request.delivery.objects),
        shot=f"Sheet of {len(views)} Views",
        texture=replace(draft.part, shown=view_sheet.tiles, of_views=len(views)),
    )
