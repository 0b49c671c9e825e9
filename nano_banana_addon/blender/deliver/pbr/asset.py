# SPDX-License-Identifier: GPL-3.0-or-later
"""A material as an asset: description, tags, catalog, preview."""

from __future__ import annotations

from pathlib import Path

import bpy

from ....core.files import convert_write_errors, write_whole
from ....core.material.values import MaterialSet
from ....core.material_settings import MaterialSettings, describe, describe_size
from ....identity import DISPLAY_NAME
from ....storage.files.material_files import PREVIEW
from ..datablocks import ownership_tags

_CATALOG = "5f0d6a5e-39c5-4f0e-9c9e-6b1d7a0b8c41"
_CATALOG_FILE = "blender_assets.cats.txt"
_HEADER = "VERSION 1\n\n"
_TAGS = (DISPLAY_NAME, "PBR", "AI-generated")


def mark(material: bpy.types.Material, maps: MaterialSet, settings: MaterialSettings, *, is_generated: bool) -> None:
    """Make a material an asset of this file, or update it."""
    material.asset_mark()
    data = material.asset_data
    words = " ".join((describe_size(maps, settings.size_m), *describe(maps.report)))
    data.description, data.catalog_id = ownership_tags.clean_text(words), _CATALOG
    for tag in (*_TAGS[: 3 if is_generated else 2], *(["Seamless"] if settings.seamless else [])):
        data.tags.new(tag, skip_if_exists=True)
    if preview := maps.files.get(PREVIEW):
        with bpy.context.temp_override(id=material):
            bpy.ops.ed.lib_id_load_custom_preview(filepath=preview)
    for library in bpy.context.preferences.filepaths.asset_libraries:
        folder = Path(library.path)
        if bpy.data.filepath and library.path and folder in Path(bpy.data.filepath).parents:
            write_catalog(folder)


def write_catalog(folder: Path) -> None:
    """Name the catalog of materials in an asset library's folder, which keeps those it has.

    Raises `NanoBananaError` DISK.
    """
    path = folder / _CATALOG_FILE
    with convert_write_errors(path):
        text = path.read_text(encoding="utf-8") if path.is_file() else _HEADER
        if _CATALOG not in text:
            line = f"{_CATALOG}:{DISPLAY_NAME}/Materials:{DISPLAY_NAME}-Materials\n"
            text = f"{text.rstrip()}\n\n{line}" if text != _HEADER else text + line
            write_whole(path, lambda file: file.write(text.encode()), private=False)
