# SPDX-License-Identifier: GPL-3.0-or-later
"""The request as text, for the preview in the interface and for --dry-run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...blender.deliver.datablocks import check_image
from ...blender.host import folders
from ...core import cost
from ...core.request import GenerationRequest, structure_last
from ...core.result import Generation
from ...core.settings import Settings
from ...core.text import details
from ...core.text.series import join_series
from ...storage.files.layout import Home
from ...storage.files.pictures import turn_of
from ...wire.client.preview import build_preview, format_preview
from . import request_builder
from .destination import resolve_destination
from .request_builder import Order

TEXT_NAME = "Nano Banana Request"


def prepare_references(order: Order) -> Order:
    """The order with its images as they would be sent: converted and scaled, with their bytes."""
    from ...imaging.formats.masks import prepare_request

    folder = folders.home() / "references"
    folder.mkdir(parents=True, exist_ok=True)
    limit = order.destination.endpoint.provider.body_limit
    requests = (prepare_request(r, folder, body_limit=limit) for r in join_series(order.requests))
    return replace(order, requests=tuple(requests))


def format_order(order: Order) -> str:
    """The parts of an order's request in sequence, and the price."""
    endpoint = order.destination.endpoint
    parts = [format_preview(build_preview(request, endpoint, _find_turn)) for request in order.requests[:1]]
    count = len(order.requests)
    parts += [f"Note: {note}" for note in order.notes]
    parts.append(f"Price: {cost.format_dollars(order.estimate)} for {count} image{'s' * (count > 1)}")
    return "\n\n".join(parts)


def _find_turn(generation_id: str) -> Path | None:
    return turn_of(Home(folders.home()), generation_id)


def format_sent_request(generation: Generation) -> str:
    """The text and settings that were sent for a generation of the history."""
    request = generation.request
    endpoint = resolve_destination(request.provider, dry_run=True).endpoint
    parts = [format_preview(build_preview(request, endpoint, _find_turn)), ""]
    parts += [f"{name}: {value}" for name, value in details.list_facts(generation)]
    return "\n".join(parts)


def write_preview(context: bpy.types.Context, settings: Settings) -> tuple[bpy.types.Text, bpy.types.Image | None]:
    """Capture, prepare, and write the preview into a text data-block; also all images that would be sent, as one."""
    order = prepare_references(request_builder.prepare(context, settings, dry_run=True))
    return write_text_block(format_order(order)), draw_references(order.requests[0])


def draw_references(request: GenerationRequest) -> bpy.types.Image | None:
    """The images of a request in their order, as one image to look at; None for none."""
    from ...imaging.sheets.contact_sheet import Tile, contact_sheet

    tiles = [
        Tile(Path(reference.path), f"{number}. {reference.role.title()}", reference.label)
        for number, reference in enumerate(structure_last(request.references), start=1)
        if Path(reference.path).is_file()
    ]
    return check_image.write_sheet(TEXT_NAME, contact_sheet(tiles, title="Sent in this order")) if tiles else None


def write_text_block(content: str) -> bpy.types.Text:
    """Write into the text data-block of requests."""
    text = bpy.data.texts.get(TEXT_NAME) or bpy.data.texts.new(TEXT_NAME)
    text.clear()
    text.write(content)
    return text
