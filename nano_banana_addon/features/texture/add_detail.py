# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a texture generated again in tiles, for finer detail: from a texture to the requests and their price."""

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ...blender.bake.mesh import Geometry
from ...blender.guides.draw import draw_silhouette
from ...blender.host import folders
from ...blender.host.progress_steps import ProgressStep, run_all, scale_progress
from ...core import models
from ...core.constants import ReferenceRole
from ...core.errors import InputError, NanoBananaError
from ...core.guides import GUIDE_LABELS, Guide
from ...core.request import GenerationRequest, structure_last
from ...core.result import Generation
from ...core.scene.capture import Capture, DetailTile, View, ViewTile
from ...core.scene.frames import Rectangle, multiply_matrices
from ...core.settings import Settings
from ...core.text.prompts import describe_detail
from ...core.texture import PaintMode, TextureSettings, require_texture_context
from ...imaging.arrays import Doubles
from ..generation import request_builder
from ..generation.destination import Destination, resolve_destination
from ..generation.request_builder import Order
from . import rebake
from .maps import texture_info
from .maps.align import AlignedView
from .maps.aligned_views import align_all_steps, read_objects_steps
from .maps.detail import split_details
from .objects.choice import ChosenObjects, choose_objects
from .plan import SharedRequest, TexturePlan, build_draft
from .views import guide_references
from .views.planned_view import PlannedView

if TYPE_CHECKING:
    from ...imaging.edit.crop import Crop

#: What is asked for where the artist has written nothing.
_PROMPT = "The surface of a 3D object."
#: Of a tile that is sent: less of the object would not be worth its price.
_LEAST_SHOWN = 0.005
_SILHOUETTE_EDGE = 128
#: A guide says where things are; larger ones take seconds each where no graphics card draws them.
_GUIDE_EDGE = 2048
#: How much of the work on an image is done when it is aligned.
_ALIGNED_SHARE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A tile of a view that shows the object: its crop of the view's image, and its place in that."""

    crop: Crop
    number: int
    box: Rectangle
    planned: PlannedView


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What the tiles are generated with, the images they are tiles of, which of their views the object's texture
    shows, and which of those are used in spite of everything (keys of drifts)."""

    draft: SharedRequest
    destination: Destination
    images: tuple[Generation, ...]
    used: Collection[str]
    forced: Collection[str]


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    *,
    name: str = "",
    base_url: str = "",
    dry_run: bool = False,
) -> TexturePlan:
    """All steps of `prepare_steps` at once. Raises as they do."""
    return run_all(prepare_steps(context, settings, texture, name=name, base_url=base_url, dry_run=dry_run))


def prepare_steps(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    *,
    name: str = "",
    base_url: str = "",
    dry_run: bool = False,
) -> Generator[ProgressStep, None, TexturePlan]:
    """The plan that generates the tiles of all views of the named object's texture, else the active one's.

    In steps of one tile each: without a graphics card it takes a second or two to draw. Each view is aligned first: its
    guides are drawn where its image shows the object. Raises `NanoBananaError` with what to change, before anything is
    billed: at once for choices and data that are wrong, during the steps when no tile is left.
    """
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    obj = choose_objects(context, [name]).objects[0] if name else context.active_object
    images, _ = split_details(rebake.pictures_of(obj))
    used = texture_info.list_shown_views(texture_info.group_of(obj))
    used_keys = {f"{view['generation']}:{view['index']}" for view in used}
    settings = replace(settings, prompt=settings.prompt.strip() or _PROMPT)
    texture = replace(texture, count=1, mode=PaintMode.SINGLE.value, anchor=False)
    texture.check()
    draft = build_draft(context, settings, texture, destination.provider, (), ChosenObjects([obj]))
    return _build_steps(_Asked(draft, destination, tuple(images), used_keys, rebake.list_forced(obj)))


def _build_steps(asked: _Asked) -> Generator[ProgressStep, None, TexturePlan]:
    """Between the steps nothing of Blender's data is kept. The views are aligned as those of the bake will be."""
    images = {image.id: image for image in asked.images if require_texture_context(image.request).shown}
    objects = yield from scale_progress(read_objects_steps([*images.values()]), 0.0, 0.0)
    aligning = align_all_steps(objects, [*images.values()], asked.forced)
    aligned = yield from scale_progress(aligning, 0.0, _ALIGNED_SHARE)
    views = [view for view in aligned.views if view.drift.key in asked.used]
    notes = [*objects.notes, *aligned.notes]
    requests: list[GenerationRequest] = []
    for number, view in enumerate(views):
        ends = (_ALIGNED_SHARE + (1 - _ALIGNED_SHARE) * done / len(views) for done in (number, number + 1))
        drawing = _draw_steps(asked, objects.geometry, images[view.drift.generation], view)
        try:
            requests += yield from scale_progress(drawing, *ends)
        except NanoBananaError as error:
            notes.append(f"{view.drift.name} has no tiles: {error.message}")
    if not requests:
        told = " ".join(notes) or "No view of this texture shows the object."
        raise InputError(told, next_step="Generate the texture again.")
    for request in requests:
        request_builder.check(request)
    price = sum(map(request_builder.price_of, requests))
    order = Order(tuple(requests), asked.destination, price, tuple(notes))
    return TexturePlan(order, asked.draft.texture, asked.images)


def _draw_steps(
    asked: _Asked, geometry: Geometry, image: Generation, view: AlignedView
) -> Generator[ProgressStep, None, list[GenerationRequest]]:
    """One request for each tile of a view that shows the object."""
    geometry = view.painted_view.pose or geometry
    requests: list[GenerationRequest] = []
    parts = _find_parts(asked.draft, geometry, view)
    for drawn, part in enumerate(parts):
        yield drawn / len(parts), f"Drawing {part.planned.name}"
        requests.append(_build_request(asked.draft, geometry, image, view, part, len(parts)))
    return requests


def _find_parts(draft: SharedRequest, geometry: Geometry, view: AlignedView) -> list[_Part]:
    """The tiles of a view that show the object."""
    from ...imaging.detail.tiles import lay_tiles  # Pillow: not while the add-on is being enabled

    model = models.find(draft.request.model)
    canvases = model.list_canvases(draft.request.image_size)
    height, width = view.painted_view.picture.shape[:2]
    parts: list[_Part] = []
    for number, crop in enumerate(lay_tiles((width, height), draft.texture.detail_tiles, canvases)):
        left, top, right, bottom = crop.box
        box = (left / width, top / height, right / width, bottom / height)
        cropped = _crop_view(view, box)
        scale = _SILHOUETTE_EDGE / max(crop.canvas)
        small = (max(8, round(crop.canvas[0] * scale)), max(8, round(crop.canvas[1] * scale)))
        if (draw_silhouette(geometry, cropped, small) > 0).mean() >= _LEAST_SHOWN:
            planned = PlannedView(f"{view.drift.name}, tile {number + 1}", cropped, crop.canvas, crop.ratio)
            parts.append(_Part(crop, number, box, planned))
    return parts


def _crop_view(view: AlignedView, box: Rectangle) -> View:
    """The view that sees what a part of the view's image shows: `box` as parts of the image."""
    painted = view.painted_view
    placement = np.eye(2, 3) if painted.placement is None else np.asarray(painted.placement, np.float64)
    matrix = _flip(_crop(placement, box))
    rows = ((*matrix[0, :2], 0, matrix[0, 2]), (*matrix[1, :2], 0, matrix[1, 2]), (0, 0, 1, 0), (0, 0, 0, 1))
    projection = multiply_matrices(rows, painted.view.projection)
    return replace(painted.view, projection=tuple(tuple(float(value) for value in row) for row in projection))


def _crop(placement: Doubles, box: Rectangle) -> Doubles:
    """The map (2, 3) from places in the view to places in a part of its image, 0 ... 1 from the top left."""
    left, top, right, bottom = box
    moved = placement - np.array([[0, 0, left], [0, 0, top]])
    return moved / np.array([[right - left], [bottom - top]])


def _flip(matrix: Doubles) -> Doubles:
    """The same map between normalised device coordinates, -1 ... 1 and upwards."""
    (a, b, c), (d, e, f) = matrix
    return np.array([[a, -b, a + b + 2 * c - 1], [-d, e, 1 - d - e - 2 * f]])


def _build_request(
    draft: SharedRequest, geometry: Geometry, image: Generation, view: AlignedView, part: _Part, count: int
) -> GenerationRequest:
    from ...imaging.edit.composite import cut_crop  # as above

    guides = [Guide(guide) for guide in draft.texture.guides if guide != Guide.MASK]
    folder = folders.ensure_incoming_folder()
    scale = min(1.0, _GUIDE_EDGE / max(part.crop.canvas))
    canvas = (round(part.crop.canvas[0] * scale), round(part.crop.canvas[1] * scale))
    pictures = guide_references.draw_guides(geometry, replace(part.planned, canvas=canvas), guides)
    guide_images = [
        guide_references.write_reference(pixels, ReferenceRole.GUIDE, GUIDE_LABELS[guide], folder)
        for pixels, guide in zip(pictures, guides, strict=True)
    ]
    cut = cut_crop(view.painted_view.picture, part.crop)
    structure = guide_references.write_reference(cut, ReferenceRole.STRUCTURE, "", folder)
    own = require_texture_context(image.request)
    shown = next(tile for tile in own.shown if tile.index == view.drift.index)
    forced = view.drift.forced
    detail = DetailTile(image.id, part.number, draft.texture.detail_tiles, count, part.box, forced)
    tile = ViewTile(shown.index, shown.view, shown.size, detail=detail)
    return replace(
        draft.request,
        prompt=describe_detail(draft.request.prompt),
        aspect_ratio=part.planned.ratio,
        references=structure_last((*guide_images, structure)),
        capture=Capture("VIEW", view=part.planned.view, objects=draft.request.delivery.objects),
        shot=part.planned.name,
        texture=replace(
            own,
            job=draft.part.job,
            shown=(tile,),
            texture_size=draft.texture.texture_size,
            remove_light=draft.texture.remove_light,
            earlier=(),
        ),
    )
