# SPDX-License-Identifier: GPL-3.0-or-later
"""From choices to the requests of a texture: views, guides, checks, price. Nothing is recorded or sent here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy

from ...blender.bake.mesh import Geometry
from ...blender.host import folders
from ...core import validate
from ...core.request import (
    Capture,
    GenerationRequest,
    Kind,
    Reference,
    TextureContext,
    ViewTile,
    structure_last,
)
from ...core.settings import Settings, Source
from ...core.texture import PaintMode, TextureSettings, compose_view_prompt
from ..generation import request_builder
from ..generation.request_builder import Order
from ..references import reference_files
from .views import guide_references, sheet, targets
from .views.coverage import measure_seen_part
from .views.views import PlannedView, plan_views, size_of


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a texture's pictures need: the requests in their order, what they cost, and the choices.

    For a SHEET the first request is the sheet; those after it, if any, refine its views.
    """

    order: Order
    texture: TextureSettings
    seen: float | None = None  # the part of the surface that the views see; looked at only when dry


@dataclass(frozen=True, slots=True)
class _Draft:
    """What all requests of a texture have in common."""

    request: GenerationRequest
    part: TextureContext
    texture: TextureSettings


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    *,
    names: Sequence[str] = (),
    base_url: str = "",
    given: Sequence[Reference] | None = None,
    dry: bool = False,
) -> Plan:
    """Check the objects, choose the views, draw their guides, and build the requests.

    `names` are the objects to paint (empty: the selected ones), `given` references instead of the scene's. Raises
    `NanoBananaError` with what to change, before anything is paid.
    """
    texture.check()
    provider = request_builder.provider_of(settings)
    target = request_builder.endpoint_of(provider, base_url)
    key = "" if dry else request_builder.require_key(provider, target)
    objects = targets.choose_objects(context, names)
    geometry, notes = targets.read(objects, texture.uv_map)
    pictures = (
        reference_files.from_scene(context.scene, folders.ensure_incoming_folder()) if given is None else tuple(given)
    )
    draft = _draft(context, settings, texture, provider, pictures, objects)
    views = plan_views(context, geometry, texture, settings)
    requests = _requests(draft, geometry, views, settings)
    for request in requests:
        validate.check(request)
    price = sum(map(request_builder.price_of, requests))
    seen = measure_seen_part(geometry, [each.view for each in views]) if dry else None
    order = Order(requests, target, price, key, notes)
    return Plan(order, replace(texture, count=len(views)), seen)


def _draft(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    provider: str,
    pictures: tuple[Reference, ...],
    objects: Sequence[bpy.types.Object],
) -> _Draft:
    # The source is the view: no choice of the panel's may make it a request from text alone.
    own = replace(settings, source=Source.CAMERA.value, image_size=size_of(settings))
    request = request_builder.build_request(context, own, provider, pictures, Kind.VIEW)
    validate.check(request)
    posed = targets.record_poses(objects)
    delivery = replace(request.delivery, kinds=(), objects=tuple(each.object for each in posed))
    part = TextureContext(
        job=uuid.uuid4().hex,
        shown=(),
        targets=posed,
        mode=texture.mode,
        texture_size=texture.texture_size,
        uv_map=texture.uv_map,
        drift_limit=texture.drift_limit,
    )
    return _Draft(replace(request, delivery=delivery), part, texture)


def _requests(
    draft: _Draft, geometry: Geometry, views: Sequence[PlannedView], settings: Settings
) -> tuple[GenerationRequest, ...]:
    single = [_single(draft, geometry, views, index, settings) for index in range(len(views))]
    if draft.texture.mode != PaintMode.SHEET:
        return tuple(single)
    whole = _sheet(draft, geometry, views, settings)
    return (whole, *single) if draft.texture.refine else (whole,)


def _single(
    draft: _Draft,
    geometry: Geometry,
    views: Sequence[PlannedView],
    index: int,
    settings: Settings,
) -> GenerationRequest:
    view, texture = views[index], draft.texture
    pictures = guide_references.draw_guides(geometry, view, texture.guides, settings.mask_image)
    shown = ViewTile(index, view.view, view.canvas, prompt=view.prompt)
    kept = draft.request.references if index == 0 or not texture.references_once else ()
    own = guide_references.write_guides(pictures, texture.guides, folders.ensure_incoming_folder())
    return replace(
        draft.request,
        prompt=compose_view_prompt(draft.request.prompt, view.prompt),
        aspect_ratio=view.ratio,
        references=structure_last((*kept, *own)),
        capture=Capture("VIEW", view=view.view, objects=draft.request.delivery.objects),
        shot=view.name,
        texture=replace(draft.part, shown=(shown,), of_views=len(views)),
    )


def _sheet(draft: _Draft, geometry: Geometry, views: Sequence[PlannedView], settings: Settings) -> GenerationRequest:
    made = sheet.draw_sheet(geometry, views, draft.texture, settings)
    return replace(
        draft.request,
        prompt=made.prompt(draft.request.prompt, views),
        aspect_ratio=made.ratio,
        references=structure_last((*draft.request.references, *made.references)),
        capture=Capture("VIEW", objects=draft.request.delivery.objects),
        shot=f"Sheet of {len(views)} Views",
        texture=replace(draft.part, shown=made.shown, of_views=len(views)),
    )
