# SPDX-License-Identifier: GPL-3.0-or-later
"""A material as an asset: description, tags, catalog, preview."""

from __future__ import annotations

import bpy

from ....core.material.values import MaterialSet
from ....core.material_settings import MaterialSettings, describe, describe_size
from ....identity import DISPLAY_NAME
from ....storage.files.material_files import PREVIEW
from ..datablocks import ownership_tags
from . import catalog


def mark(material: bpy.types.Material, maps: MaterialSet, settings: MaterialSettings, *, is_generated: bool) -> None:
    """Make a material an asset of this file, or update it."""
    material.asset_mark()
    data = material.asset_data
    words = " ".join((f"{describe_size(maps, settings.size_m)}.", *describe(maps.report)))
    data.description, data.catalog_id = ownership_tags.clean_text(words), catalog.CATALOG
    tags = {DISPLAY_NAME: True, "PBR": True, "AI-generated": is_generated, "Seamless": settings.seamless}
    for tag, applies in tags.items():
        if applies:
            data.tags.new(tag, skip_if_exists=True)
        elif tag in data.tags:
            data.tags.remove(data.tags[tag])
    if preview := maps.files.get(PREVIEW):
        with bpy.context.temp_override(id=material):
            bpy.ops.ed.lib_id_load_custom_preview(filepath=preview)
