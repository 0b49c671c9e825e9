# SPDX-License-Identifier: GPL-3.0-or-later
"""A view added to an existing texture, made here or elsewhere: from what is seen now to one request and its price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy

from ...blender.bake.mesh import Geometry
from ...blender.capture import lens, view3d
from ...blender.deliver.material.base_image import find_base_image, has_base_image
from ...blender.guides.draw import draw_maps
from ...blender.host import folders
from ...blender.host.file_session import reference_to
from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.guides import GUIDE_LABELS, Guide
from ...core.request import BaseTexture, GenerationRequest, Reference, structure_last
from ...core.scene.capture import Capture, ViewTile
from ...core.settings import Settings
from ...core.text.view_prompts import compose_touch_up_prompt
from ...core.texture import KEY_COLOUR, PaintMode, TextureSettings
from ..generation import request_builder
from ..generation.destination import resolve_destination
from ..generation.request_builder import Order
from ..references import reference_files
from .maps.base_texture import BaseMap, read_maps, split_slots
from .objects.choice import ChosenObjects, choose_objects
from .plan import SharedRequest, TexturePlan, build_draft
from .views import guide_references, targets
from .views.coverage import measure_coverage
from .views.planned_view import PlannedView
from .views.view_checks import check_views
from .views.views import find_cameras, plan_camera, plan_viewport

_LOOK = "the object with its present colours"


@dataclass(frozen=True, slots=True, eq=False)
class TexturedObject:
    """An object and those that share its mesh and texture, the texture now, and the geometry on which that lies."""

    chosen: ChosenObjects
    base: BaseTexture
    uv_map: str
    geometry: Geometry
    maps: tuple[BaseMap, ...]
    is_tiled: bool
    notes: tuple[str, ...]


def read_textured(context: bpy.types.Context, name: str = "") -> TexturedObject:
    """The named object, else the active one, with its texture.

    Raises `InputError` for one that has no texture to which a view can be added.
    """
    active = context.active_object
    if not name and active is None:
        raise InputError("No object is active.", next_step="Select the object whose texture is to change.")
    obj, *others = choose_objects(context, [name or active.name]).objects
    if others:
        raise InputError(
            "A view is added to one object at a time.", next_step=f"Select {obj.name}, or another of them."
        )
    found = find_base_image(obj)
    geometry, notes = targets.read([obj], found.uv_map)
    geometry = split_slots(geometry, found.slots)
    base = BaseTexture(reference_to(found.image, "IMAGE"), found.slots)
    chosen = ChosenObjects([obj], _find_duplicates(context, obj, found.image))
    maps, is_tiled = tuple(read_maps(found.image, geometry)), found.image.source == "TILED"
    return TexturedObject(chosen, base, found.uv_map, geometry, maps, is_tiled, notes)


def _find_duplicates(
    context: bpy.types.Context, obj: bpy.types.Object, image: bpy.types.Image
) -> list[bpy.types.Object]:
    """The other objects of the scene that share the mesh, and show the same image: they get the new one, too."""
    others = [each for each in context.scene.objects if each.data == obj.data and each != obj]
    return [each for each in others if has_base_image(each) and find_base_image(each).image == image]


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    texture: TextureSettings,
    *,
    name: str = "",
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> TexturePlan:
    """Check the object and its texture, draw its present look, and build the request.

    The view is the first of the settings' `cameras`, else the 3D view, else (without one) the scene's camera. Raises
    `NanoBananaError` with what to change, before anything is billed.
    """
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    textured = read_textured(context, name)
    height, width = textured.maps[0].texels.shape[:2]
    texture = replace(
        texture,
        count=1,
        mode=PaintMode.SINGLE.value,
        anchor=False,
        atlas=False,
        uv_map=textured.uv_map,
        texture_size=max(width, height),
        udim=textured.is_tiled,
    )
    texture.check()
    planned = _plan_view(context, settings, texture)
    seen = measure_coverage(textured.geometry, [planned], both_sides=texture.both_sides, exact=dry_run)
    check_views(textured.geometry, [planned], seen.seen, None, both_sides=texture.both_sides)
    pictures = reference_files.choose_references(context.scene, reference_override)
    draft = build_draft(context, settings, texture, destination.provider, pictures, textured.chosen)
    request = _build_request(draft, textured, planned, settings)
    request_builder.check(request)
    order = Order((request,), destination, request_builder.price_of(request), (*textured.notes, *seen.notes))
    return TexturePlan(order, texture, seen=seen.part if dry_run else None)


def _plan_view(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> PlannedView:
    if texture.cameras:
        camera = find_cameras(context, texture.cameras[:1])[0]
    elif view3d.find_view(context, visible_only=True) is not None:
        return plan_viewport(context, settings)
    else:
        camera = lens.require_camera(context.scene.camera)
    return plan_camera(context.scene, context.evaluated_depsgraph_get(), camera, settings)


def _build_request(
    draft: SharedRequest, textured: TexturedObject, planned: PlannedView, settings: Settings
) -> GenerationRequest:
    guides = [Guide(guide) for guide in draft.texture.guides]
    pictures = guide_references.draw_guides(textured.geometry, planned, guides, settings.mask_image)
    folder = folders.ensure_incoming_folder()
    guide_images = [
        guide_references.write_reference(pixels, ReferenceRole.GUIDE, GUIDE_LABELS[guide], folder)
        for pixels, guide in zip(pictures, guides, strict=True)
    ]
    maps = {number: base.colours for number, base in enumerate(textured.maps)}
    look = draw_maps(textured.geometry, planned.view, planned.canvas, maps, KEY_COLOUR)
    structure = guide_references.write_reference(look, ReferenceRole.STRUCTURE, _LOOK, folder)
    tile = ViewTile(0, planned.view, planned.canvas)
    return replace(
        draft.request,
        prompt=compose_touch_up_prompt(draft.request.prompt),
        aspect_ratio=planned.ratio,
        references=structure_last((*draft.request.references, *guide_images, structure)),
        capture=Capture("VIEW", view=planned.view, objects=draft.request.delivery.objects),
        shot=planned.name,
        texture=replace(draft.part, shown=(tile,), base=textured.base, keyframes=False),
    )
