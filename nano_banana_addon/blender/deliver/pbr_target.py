# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as a material with maps, which were computed before (`session/material_maps.py`)."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core import material_settings
from ...core.errors import InputError
from ...core.material_settings import MaterialSettings
from ...core.request import GenerationRequest
from ...storage.files import material_files
from ..capture.sources import CaptureSource
from ..host import folders
from . import recipients
from .datablocks import names
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .material.unwrap import unwrap_missing
from .pbr import pbr_material
from .pbr.pbr_material import MaterialSource


def check(request: GenerationRequest, context: bpy.types.Context, _source: CaptureSource) -> None:
    """Raise `InputError` when none of the objects that it is for can show it."""
    if request.delivery.objects:
        recipients.resolve_objects(request, context, DeliveryLog(), needs_uvs=True)


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Make the material; objects that cannot have it become notes. Raises `InputError` without its maps."""
    settings = material_settings.check(delivery.request.delivery.material or MaterialSettings())
    wanted, sha256 = delivery.request.delivery, delivery.picture.sha256
    folder = material_files.find_maps(folders.home(), sha256, wanted)
    if (maps := material_files.read_record(folder)) is None:
        raise InputError("The maps of this image are not there.", next_step="Press Material from Image.")
    sha256 = wanted.maps_of.sha256 if wanted.maps_of else sha256
    title = names.title_of(delivery.generation)
    source = MaterialSource(maps, settings, title, sha256, replaces=wanted.repairs)
    objects = choose_objects(delivery.request, delivery.context, log, unwrap=delivery.unwrap)
    pbr_material.make(source, objects, delivery.storage_choice, log, undo)


def choose_objects(
    request: GenerationRequest, context: bpy.types.Context, log: DeliveryLog, *, unwrap: bool
) -> list[bpy.types.Object]:
    """The named objects that can show a material by their UV maps; a note on each of the others."""
    if not request.delivery.objects:
        return []
    try:
        if unwrap:
            unwrap_missing(recipients.resolve_objects(request, context, DeliveryLog(), needs_uvs=False))
        return recipients.resolve_objects(request, context, log, needs_uvs=True)
    except InputError as error:
        log.add_note(error.to_sentence())
        return []


def remove_all() -> int:
    """Remove the materials and their maps from the open file."""
    return pbr_material.remove_all()
