# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic of a material that is there, generated as two grey panels of one image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...blender.capture.pixels import write_structure
from ...blender.host import folders
from ...core import models
from ...core.constants import DeliveryKind, Kind
from ...core.material.values import Map
from ...core.request import Reference
from ...core.settings import Settings, Source
from ...core.styles.styles import NO_STYLE
from ...core.text import validate
from ...core.text.grey_prompts import compose_surface_prompt
from ...storage.files import material_files
from ..generation import request_builder
from ..generation.destination import resolve_destination
from ..generation.request_builder import Order, RequestDraft
from . import made_material


def prepare(
    context: bpy.types.Context,
    settings: Settings,
    material: bpy.types.Material | None,
    *,
    base_url: str = "",
    dry_run: bool = False,
) -> Order:
    """The order for the maps of a material. Nothing is recorded or sent yet.

    Raises `NanoBananaError` with what to change.
    """
    material, node = made_material.require(material)
    base = made_material.find_maps(material, node)
    maps = material_files.find_base(folders.home(), base)
    destination = resolve_destination(settings.provider, base_url, model=settings.model_id, dry_run=dry_run)
    sheet, ratio = _draw_sheet(Path(maps.files[Map.COLOUR]), settings)
    settings = settings.replace_choices(
        {
            "prompt": compose_surface_prompt(),
            "style": NO_STYLE,
            "scene_facts": False,
            "source": Source.NONE.value,
            "aspect_ratio": ratio,
            "deliveries": (DeliveryKind.PBR_MATERIAL.value,),
        }
    )
    draft = request_builder.build_request(context, settings, destination.provider, (sheet,), Kind.EDIT)
    choices = replace(made_material.read_settings(context, node, material), directx=Map.NORMAL_DIRECTX in maps.files)
    delivery = replace(draft.delivery, objects=(), material=choices, name=material.name, maps_of=base)
    request = replace(draft, delivery=delivery)
    validate.check(request)
    return request_builder.build_order(RequestDraft(request), 1, destination)


def _draw_sheet(colour: Path, settings: Settings) -> tuple[Reference, str]:
    """The image that is sent, and its ratio."""
    from ...imaging.material.generated_maps import draw_sheet  # NumPy and Pillow: not for drawing the panel

    model = models.find(settings.model_id)
    size = settings.image_size if model.sends_image_size else model.sizes[0]
    pixels, layout = draw_sheet(colour, model.list_canvases(size))
    return write_structure(pixels, folders.ensure_incoming_folder(), ""), layout.ratio
