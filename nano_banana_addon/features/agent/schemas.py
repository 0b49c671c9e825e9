# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON schemas of what scripts may say, made from the tables of options."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from ...blender.capture.sources import SOURCES
from ...blender.deliver.registry import OFFERED_TARGETS
from ...core.constants import ReferenceRole
from ...core.menus import CUSTOM_MODEL
from ...core.options import DEFAULT, Option
from ...core.settings import OPTIONS, Source
from ...core.texture import TEXTURE_OPTIONS
from ...wire.providers import PROVIDERS

MAX_PROMPT, MAX_NAME, MAX_KEY, MAX_ITEMS = 20_000, 250, 200, 32
MAX_USD, MAX_SECONDS = 1000.0, 3600.0
#: Settings that scripts do not have: the prompt is the request's own, an edit's belong to another task, a workflow is
#: a file that would be read anywhere, and a render takes longer than a call may.
_LEFT_OUT = {"prompt", "custom_model", "workflow", "edit_mode", "edit_area", "edit_part"}
_SLOW_SOURCES = {Source.RENDER}
_OWN_ROLES = (ReferenceRole.STRUCTURE, ReferenceRole.GUIDE, ReferenceRole.PREVIOUS)
_ROLES = [role.value for role in ReferenceRole if role not in _OWN_ROLES]

JSON = dict[str, Any]


def _text(description: str, longest: int, shortest: int = 0) -> JSON:
    return {"type": "string", "description": description, "minLength": shortest, "maxLength": longest}


def _list(description: str, items: JSON, most: int = MAX_ITEMS) -> JSON:
    return {"type": "array", "description": description, "items": items, "maxItems": most, "uniqueItems": True}


def _object(description: str, properties: JSON, required: Iterable[str] = ()) -> JSON:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def describe_option(row: Option) -> JSON:
    """The schema of one option's value."""
    if row.items and row.is_multiple:
        return _list(row.help, {"type": "string", "enum": [item.id for item in row.items]})
    if row.items:
        values = [item.id for item in row.items if item.id != CUSTOM_MODEL]
        return {"type": "string", "description": row.help, "enum": [DEFAULT, *values] if row.optional else values}
    if isinstance(row.default, bool):
        return {"type": "boolean", "description": row.help}
    if isinstance(row.default, (int, float)):
        kind = "integer" if isinstance(row.default, int) else "number"
        bounds = {"minimum": row.minimum, "maximum": row.maximum if row.maximum is not None else row.soft_maximum}
        return {"type": kind, "description": row.help, **{k: v for k, v in bounds.items() if v is not None}}
    if isinstance(row.default, tuple):
        return {**_list(row.help, _text("", MAX_NAME)), "uniqueItems": False}
    return _text(row.help, MAX_PROMPT if row.subtype == "NONE" else MAX_NAME)


def _list_settings() -> dict[str, Option]:
    sources = tuple(source.item for id, source in SOURCES.items() if id not in _SLOW_SOURCES)
    rows = {name: row for name, row in OPTIONS.items() if name not in _LEFT_OUT}
    return rows | {
        "source": rows["source"]._replace(items=sources),
        "source_image": rows["source_image"]._replace(help="The name of an image in the open file, for source IMAGE"),
    }


@cache
def build_request_schema() -> JSON:
    """The schema of a request, for `quote` and `submit`."""
    reference = _object(
        "An image that goes with the prompt. Exactly one of image and path.",
        {
            "role": {"type": "string", "enum": _ROLES},
            "image": _text("The name of an image in the open file", MAX_NAME, 1),
            "path": _text("A file in the folder of the saved .blend, or below it", 4096, 1),
            "label": _text("How the prompt calls it", MAX_NAME),
        },
        ["role"],
    )
    settings = {name: describe_option(row) for name, row in _list_settings().items()}
    texture = {name: describe_option(row) for name, row in TEXTURE_OPTIONS.items()}
    targets = {"type": "string", "enum": [target.id for target in OFFERED_TARGETS]}
    return _object(
        "What is generated. What is left out is as the artist has set it in the scene.",
        {
            "task": {"type": "string", "enum": ["restyle", "texture"], "description": "One image, or a whole texture"},
            "prompt": _text("What the image shows", MAX_PROMPT, 1),
            "caller": _text("Who asks, for the ledger: the name of the assistant or pipeline", 64, 1),
            "provider": {"type": "string", "enum": list(PROVIDERS), "description": "Default: the preferences'"},
            "settings": _object("Settings of the request and its capture", settings),
            "texture": _object("For the task texture", texture),
            "objects": _list("Objects to texture; default: the selected ones", _text("", MAX_NAME, 1)),
            "references": {**_list("Instead of the scene's references", reference, 14), "uniqueItems": False},
            "deliveries": _list("Where the image goes in the file", targets),
            "again": {"type": "boolean", "description": "Pay again for what an identical request has made already"},
        },
        ["task", "prompt"],
    )


def _build_submit_schema() -> JSON:
    dollars = {"type": "number", "description": "More than this is refused", "minimum": 0, "maximum": MAX_USD}
    key = _text("Chosen by the caller, one for each job: the same key never pays twice", MAX_KEY, 8)
    properties = {"request": build_request_schema(), "max_usd": dollars, "idempotency_key": key}
    return _object("Arguments of submit", properties, properties)


@cache
def build_schemas() -> dict[str, JSON]:
    """The schema of each call's arguments, by its name."""
    id_only = _object("The id that submit returned", {"id": _text("The job", 64, 1)}, ["id"])
    seconds = {"type": "number", "description": "At most so long", "minimum": 0, "maximum": MAX_SECONDS}
    id_and_seconds = _object("The id, and how long", {**id_only["properties"], "seconds": seconds}, ["id"])
    request_only = _object("Arguments of quote", {"request": build_request_schema()}, ["request"])
    return {
        "capabilities": _object("No arguments", {}),
        "quote": request_only,
        "submit": _build_submit_schema(),
        "status": id_only,
        "wait": id_and_seconds,
        "result": id_only,
        "cancel": id_only,
    }
