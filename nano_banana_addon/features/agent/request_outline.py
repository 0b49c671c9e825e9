# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script's request would send and cost, without drawing anything: quick enough for one call.

Prices depend on the model, the sizes, and how many images go along, not on what these show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy

from ...blender.capture import lens, view3d
from ...blender.capture.sources import find_source
from ...blender.deliver import registry
from ...blender.notes import scene_notes
from ...core import cost
from ...core.constants import ReferenceRole
from ...core.guides import GUIDE_LABELS, Guide
from ...core.request import GenerationRequest, Reference, structure_last
from ...core.scene.frames import Framing
from ...core.settings import Settings, Source
from ...core.text import prompts, validate
from ...core.text.view_prompts import compose_refine_prompt, compose_sheet_prompt, compose_view_prompt
from ...core.texture import PaintMode, TextureSettings, ViewSet
from ..generation import request_builder
from ..generation.destination import Destination, resolve_destination
from ..generation.request_builder import RequestDraft
from ..texture import plan as texture_plan
from ..texture.maps import texture_info
from ..texture.objects.choice import choose_objects
from ..texture.views import grey_sheets, view_cameras, views
from . import script_references
from .script_request import ScriptRequest

#: Added to each image's text for its price: names of guides and what is seen of notes is known after drawing only.
_FURTHER_CHARACTERS = 1000
_OF_FRAME = (ViewSet.CAMERA, ViewSet.CAMERAS, ViewSet.KEYFRAMES)


@dataclass(frozen=True, slots=True)
class RequestOutline:
    """Requests without their images, how many images are billed, and US dollars for all, or a little more."""

    requests: tuple[GenerationRequest, ...]
    count: int
    dollars: float
    destination: Destination
    notes: tuple[str, ...] = ()


def outline(asked: ScriptRequest, context: bpy.types.Context, *, dry_run: bool) -> RequestOutline:
    """Check what can be checked before drawing, and price it; nothing is read of images but that they are there.

    With `dry_run` it needs no key and no online access. Raises `NanoBananaError` with what to change.
    """
    settings = asked.settings
    destination = resolve_destination(settings.provider, model=settings.model_id, dry_run=dry_run)
    pictures = script_references.list_references(context.scene, asked.references)
    if asked.task == "texture":
        return _outline_texture(asked, context, destination, pictures)
    requests = _outline_images(context, settings, destination, pictures)
    further = _count_characters(context, settings)
    return RequestOutline(requests, len(requests), sum(_price(each, further) for each in requests), destination)


def _outline_images(
    context: bpy.types.Context, settings: Settings, destination: Destination, pictures: tuple[Reference, ...]
) -> tuple[GenerationRequest, ...]:
    request = request_builder.build_request(context, settings, destination.provider, pictures, None)
    validate.check(request)
    registry.check(request, context, find_source(settings.source))
    if settings.source != Source.NONE:
        framing = _fit_frame(context, settings)
        ratio = request.aspect_ratio or (framing.ratio if framing else "")
        drawn = _list_drawn(context, settings)
        request = replace(request, aspect_ratio=ratio, references=structure_last((*pictures, *drawn)))
    return request_builder.build_order(RequestDraft(request), settings.variants, destination).requests


def _fit_frame(context: bpy.types.Context, settings: Settings) -> Framing | None:
    """How the frame of a source lies on the canvas; None for an image, which is sent as it is."""
    scene, source = context.scene, find_source(settings.source)
    if source.shows_frame:
        lens.require_camera(scene.camera)
        region = lens.render_region(scene.render, settings.use_region)
        return lens.fit_region(lens.camera_frame(scene.render), settings, region)
    if settings.source != Source.VIEWPORT:
        return None
    view = view3d.require_view(context)
    return lens.fit_region(view.size, settings, lens.view_region(view.space, settings.use_region))


def _list_drawn(context: bpy.types.Context, settings: Settings) -> list[Reference]:
    """The images that will be drawn, as `request_builder.draft_request` draws them."""
    source = find_source(settings.source)
    labels = [GUIDE_LABELS[Guide(guide)] for guide in settings.capture_guides] if source.has_view else []
    labels += settings.layer_names
    if scene_notes.has_marks(context.scene, settings):
        labels.append(prompts.name_marked_copy(numbers=True, strokes=settings.annotations))
    guides = [Reference(ReferenceRole.GUIDE, "", label) for label in labels]
    return [*guides, Reference(ReferenceRole.STRUCTURE, "", source.item.label)]


def _count_characters(context: bpy.types.Context, settings: Settings) -> int:
    notes = [scene_notes.get_group(note) for note in scene_notes.list_notes(context.scene)] if settings.notes else []
    return _FURTHER_CHARACTERS + sum(len(str(note.text)) + 100 for note in notes if note.enabled)


def _price(request: GenerationRequest, further: int) -> float:
    return cost.estimate(request, len(prompts.compose(request)) + further)


def _outline_texture(
    asked: ScriptRequest, context: bpy.types.Context, destination: Destination, pictures: tuple[Reference, ...]
) -> RequestOutline:
    texture = asked.texture
    texture.check()
    chosen = choose_objects(context, asked.objects)
    shared = texture_plan.build_draft(context, asked.settings, texture, destination.provider, pictures, chosen)
    request = replace(shared.request, aspect_ratio=_find_ratio(context, asked.settings, texture))
    count = texture_info.count_views(context, texture)
    requests = _list_views(context, request, texture, count)
    for each in requests:
        validate.check(each)
    dollars, images, notes = sum(_price(each, _FURTHER_CHARACTERS) for each in requests), len(requests), chosen.notes
    if texture.pbr:
        sheets = grey_sheets.estimate_sheets(grey_sheets.Service.of(request), count)
        further = (_FURTHER_CHARACTERS + len(request.prompt)) * sheets.count
        dollars += (sheets.dollars or 0.0) + cost.estimate_text(request, further)
        images += sheets.count
        notes = (*notes, f"{sheets.count} of the images are sheets of grey maps, drawn from the views.")
    return RequestOutline(tuple(requests), images, dollars, destination, notes)


def _find_ratio(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> str:
    """The ratio of the views; "" where it is that of a sheet, which is laid out when it is drawn."""
    if texture.mode == PaintMode.SHEET:
        return ""
    if texture.views == ViewSet.VIEWPORT:
        return lens.fit_region(view3d.require_view(context).size, settings, None).ratio
    if texture.views in _OF_FRAME and not view_cameras.has_entries(context.scene):
        return lens.fit_region(lens.camera_frame(context.scene.render), settings, None).ratio
    return views.compute_canvas(settings)[1]


def _list_views(
    context: bpy.types.Context, request: GenerationRequest, texture: TextureSettings, count: int
) -> list[GenerationRequest]:
    entries = view_cameras.list_entries(context.scene) if view_cameras.has_entries(context.scene) else []
    words = [*(texture.view_prompts or [str(entry.prompt) for entry in entries]), *[""] * count][:count]
    sheet = [
        replace(request, prompt=compose_sheet_prompt(request.prompt, count, words), shot=f"Sheet of {count} Views")
    ]
    single = [
        replace(request, prompt=compose_view_prompt(request.prompt, text), shot=f"View {number}")
        for number, text in enumerate(words, start=1)
    ]
    if texture.mode == PaintMode.SHEET:
        refined = [replace(each, prompt=compose_refine_prompt(each.prompt)) for each in single if texture.refine]
        return [_add_images(each, texture, shows_more=number > 0) for number, each in enumerate((sheet, *refined))]
    return [_add_images(each, texture, shows_more=texture.anchor and n > 0) for n, each in enumerate(single)]


def _add_images(request: GenerationRequest, texture: TextureSettings, *, shows_more: bool) -> GenerationRequest:
    """The references, what an earlier view shows, and the guides, of which the first is the structure."""
    own: Sequence[Reference] = () if shows_more and texture.references_once else request.references
    earlier = [Reference(ReferenceRole.STYLE, "", "an earlier view")] if shows_more else []
    labels = [GUIDE_LABELS[Guide(guide)] for guide in texture.guides]
    roles = [ReferenceRole.STRUCTURE, *[ReferenceRole.GUIDE] * len(labels)]
    guides = [Reference(role, "", label) for role, label in zip(roles, labels, strict=False)]
    return replace(request, references=structure_last((*own, *earlier, *guides)))
