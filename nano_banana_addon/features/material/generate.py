# SPDX-License-Identifier: GPL-3.0-or-later
"""A material from words, references, or a part of an image: the request for its base colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import bpy

from ...blender.capture import image_file
from ...blender.capture.pixels import make_path
from ...blender.capture.sources import find_source
from ...blender.deliver import registry
from ...blender.host import folders
from ...core.constants import DeliveryKind, ReferenceRole
from ...core.errors import InputError
from ...core.material_settings import MaterialSettings
from ...core.request import Reference
from ...core.settings import Settings, Source
from ...core.styles.styles import NO_STYLE
from ...core.text import prompts, validate
from ...core.text.details import find_first_paragraph
from ..generation import request_builder
from ..generation.destination import resolve_destination
from ..generation.request_builder import Order, RequestDraft
from ..references import reference_files
from . import region

_SURFACE = "the surface to continue"
_LEAST = 16  # pixels of a side


def choose_settings(settings: Settings, words: str, has_image: bool) -> Settings:
    """Settings for the image of a surface. Raises `InputError` where nothing says which."""
    if not words.strip() and not has_image:
        raise InputError("There is no description of the material.", next_step="Write one, or use an image.")
    return settings.replace_choices(
        {
            "prompt": prompts.describe_surface(words),
            "style": NO_STYLE,
            "scene_facts": False,
            "source": Source.NONE.value,
            "aspect_ratio": "1:1",
            "deliveries": (DeliveryKind.PBR_MATERIAL.value,),
        }
    )


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    material: MaterialSettings,
    title: str,
    *,
    shown: Reference | None = None,
    base_url: str = "",
    reference_override: Sequence[Reference] | None = None,
    dry_run: bool = False,
) -> Order:
    """The order for a material. Nothing is recorded or sent yet. Raises `NanoBananaError` with what to change."""
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    pictures = reference_files.choose_references(context.scene, reference_override)
    pictures = (*pictures, shown) if shown else pictures
    draft = request_builder.build_request(context, settings, destination.provider, pictures, None)
    delivery = draft.delivery if material.on_objects else replace(draft.delivery, objects=())
    name = find_first_paragraph(title)  # a script's words come with those of `choose_settings`
    request = replace(draft, delivery=replace(delivery, material=material, name=name))
    validate.check(request)
    registry.check(request, context, find_source(settings.source))
    return request_builder.build_order(RequestDraft(request), settings.variants, destination)


def cut_reference(image: bpy.types.Image, box: region.Box | None) -> Reference:
    """An image, or a box of it, as the reference for a surface. Raises `InputError` for what cannot be cut."""
    folder = folders.ensure_incoming_folder()
    path = image_file(image, folder)
    if box is not None:
        source, path = path, make_path(folder, ".npy")
        region.cut(source, box, path, _LEAST)
    return Reference(ReferenceRole.MATERIAL, str(path), _SURFACE)
