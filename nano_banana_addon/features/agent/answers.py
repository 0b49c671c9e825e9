# SPDX-License-Identifier: GPL-3.0-or-later
"""What the calls answer, as types, and the JSON schemas that are made of them.

Each answer also has `ok`; an error has the shape of `FailureAnswer`. Keys are added, never renamed or removed.
"""

# Without `from __future__ import annotations`, under which TypedDict does not see NotRequired.
import types
from functools import cache
from typing import Any, NotRequired, TypedDict, Union, get_args, get_origin, get_type_hints, is_typeddict

JSON = dict[str, Any]


class ErrorObject(TypedDict):
    """What was wrong: its kind, and a sentence with what to do."""

    kind: str
    message: str
    reason: NotRequired[str]


class FailureAnswer(TypedDict):
    """The answer of a call that could not be carried out."""

    error: ErrorObject


class SpendingObject(TypedDict):
    """What scripts may spend."""

    per_day_usd: float
    spent_today_usd: float
    left_today_usd: float
    preference: str


class ModelObject(TypedDict):
    """A model, with the price of an image by its size."""

    id: str
    label: str
    usd: JSON


class ProviderObject(TypedDict):
    """An image service."""

    id: str
    label: str
    free: bool


class CapabilitiesAnswer(TypedDict):
    """What there is: schemas of the arguments, and of the answers."""

    version: int
    calls: JSON
    schemas: JSON
    answers: JSON
    states: list[str]
    models: list[ModelObject]
    providers: list[ProviderObject]
    spending: SpendingObject


class SentReferenceObject(TypedDict):
    """An image that goes along."""

    role: str
    label: str
    width: int
    height: int


class SentObject(TypedDict):
    """What is sent for one image, and the size that comes back."""

    name: str
    text: str
    references: list[SentReferenceObject]
    width: int | None
    height: int | None
    usd: float


class QuoteAnswer(TypedDict):
    """The price of a request, and what would be sent."""

    usd: float
    images: int
    reused: int
    provider: str
    address: str
    model: str
    sent: list[SentObject]
    notes: list[str]
    spending: SpendingObject


class StartedAnswer(TypedDict):
    """A job that was started, or that the key stood for already."""

    id: str
    state: str
    usd: float
    images: int
    repeated: bool
    notes: list[str]
    message: str


class ImageObject(TypedDict):
    """How one image of a job stands."""

    id: str
    name: str
    state: str
    phase: str
    fraction: float
    cost_usd: float | None
    reused: bool
    error: ErrorObject | None


class JobAnswer(TypedDict):
    """What is told of a job, whatever was asked."""

    id: str
    task: str
    caller: str
    state: str
    estimate_usd: float
    spent_usd: float
    notes: list[str]
    message: str
    error: ErrorObject | None


class StatusAnswer(JobAnswer):
    """How a job stands."""

    images: list[ImageObject]


class ResultImageObject(TypedDict):
    """One image of a job, with its files."""

    id: str
    name: str
    state: str
    files: list[str]
    width: int | None
    height: int | None
    model: str
    provider: str
    offline_preview: bool
    usage: JSON | None
    cost_usd: float | None
    warnings: list[str]
    sources: list[JSON]
    search_entry_point: str
    continues: str | None
    picture_instead: str | None
    error: ErrorObject | None
    shot: NotRequired[str]
    reused: bool
    applied: bool


class TextureObject(TypedDict):
    """A texture that a job has put onto an object of the open file."""

    object: str
    image: str
    files: list[str]
    materials: list[str]
    coverage: float
    objects: list[str]
    maps: JSON


class ResultAnswer(JobAnswer):
    """What a job has brought."""

    images: list[ResultImageObject]
    textures: list[TextureObject]


_ANSWERS: dict[str, type] = {
    "capabilities": CapabilitiesAnswer,
    "quote": QuoteAnswer,
    "submit": StartedAnswer,
    "status": StatusAnswer,
    "wait": StatusAnswer,
    "result": ResultAnswer,
    "cancel": StatusAnswer,
}
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}


@cache
def build_answers() -> dict[str, JSON]:
    """The schema (JSON Schema 2020-12) of each call's answer by its name, and of an error under "error"."""
    schemas: dict[str, JSON] = {}
    for name, shape in (_ANSWERS | {"error": FailureAnswer}).items():
        schema = _describe_object(shape)
        schema["properties"] = {"ok": {"type": "boolean", "enum": [name != "error"]}} | schema["properties"]
        schema["required"] = ["ok", *schema["required"]]
        schemas[name] = schema
    return schemas


def _describe_object(shape: type) -> JSON:
    return {
        "type": "object",
        "description": " ".join((shape.__doc__ or "").split()),
        "properties": {name: _describe(kind) for name, kind in get_type_hints(shape).items()},
        "required": sorted(shape.__required_keys__),
        "additionalProperties": False,
    }


def _describe(kind: Any) -> JSON:
    if is_typeddict(kind):
        return _describe_object(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list:
        return {"type": "array", "items": _describe(arguments[0])}
    if origin in (Union, types.UnionType):
        described = _describe(arguments[0])
        return described | {"type": [described["type"], "null"]}
    return {"type": _TYPES[origin or kind]}
