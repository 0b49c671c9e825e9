# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam of a tile, closed by a masked edit of its edges: a new material, the old one stays in the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...blender.deliver.datablocks import ownership_tags
from ...blender.deliver.pbr import pbr_material
from ...blender.host import file_session, folders
from ...core import models
from ...core.constants import DeliveryKind, EditMode
from ...core.material.cross import LEAST_SCALE, PROMPT
from ...core.material.values import SEAM, Map
from ...core.settings import Settings, Source
from ...core.styles.styles import NO_STYLE
from ...storage.files import material_files
from ..edit import masked_edit
from . import made_material

#: What goes along: a copy of the tile that shows the area, and the tile.
IMAGES = 2


def choose_size(settings: Settings, pixels: int) -> str:
    """The chosen size of images, or the next one that is enough for a tile of so many pixels a side."""
    model = models.find(settings.model_id)
    chosen = model.sizes.index(settings.image_size) if settings.image_size in model.sizes else 0
    larger = model.sizes[chosen:]
    return next((n for n in larger if model.find_pixel_size("1:1", n)[0] >= LEAST_SCALE * pixels), larger[-1])


def read(
    context: bpy.types.Context,
    settings: Settings,
    material: bpy.types.Material | None,
    *,
    base_url: str = "",
    dry_run: bool = False,
) -> masked_edit.Draft:
    """Read all that is needed of Blender; `masked_edit.cut` makes the order of it.

    Raises `NanoBananaError` with what to change.
    """
    from ...imaging.edit.repeated import mark_edges  # NumPy: not for drawing the panel

    material, node = made_material.require(material)
    maps = material_files.find_base(folders.home(), made_material.find_maps(material, node))
    tile = Path(maps.files.get(SEAM) or maps.files[Map.COLOUR])
    wanted = _choose_settings(settings, maps.size[0])
    draft = masked_edit.read(
        context, wanted, tile, mark_edges, base_url=base_url, reference_override=(), dry_run=dry_run
    )
    delivery = replace(
        draft.request.delivery,
        kinds=(DeliveryKind.PBR_MATERIAL.value,),
        objects=tuple(file_session.reference_to(obj, "OBJECT") for obj in pbr_material.list_users(material)),
        material=replace(made_material.read_settings(context, node, material), seamless=True),
        name=f"{material.name} repaired",
        repairs=str(ownership_tags.get_fact(material, "sha256", "")),
    )
    region = replace(draft.request.region, wraps=True)
    return replace(draft, request=replace(draft.request, delivery=delivery, region=region))


def _choose_settings(settings: Settings, pixels: int) -> Settings:
    return settings.replace_choices(
        {
            "prompt": PROMPT,
            "style": NO_STYLE,
            "scene_facts": False,
            "source": Source.NONE.value,
            "edit_mode": EditMode.CHANGE.value,
            "image_size": choose_size(settings, pixels),
            "variants": 1,
        }
    )
