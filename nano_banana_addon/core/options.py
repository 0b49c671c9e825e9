# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as rows: what a choice is called, what it may be, and what it becomes in a request.

A settings class declares each choice once, as a dataclass field with a row. Blender's properties, the command line, the
checks, the details of a generation, saving and restoring are all made from these rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from ..light_dataclass import light_dataclass
from ..light_tuple import LightTuple

#: Instead of a value: as the service does by itself. Properties cannot be empty, requests can.
DEFAULT = "DEFAULT"
_ROW = "option"


class Item(LightTuple):
    """One value of a menu. .blend files store the number: it is never given to another value."""

    id: str
    label: str
    help: str
    number: int
    icon: str = "NONE"


@light_dataclass(frozen=True)
class Codec:
    """How an option is encoded in a request, and decoded from it."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


#: A number of which each below zero means "not sent".
OPTIONAL_INT = Codec(lambda value: value if value >= 0 else None, lambda value: -1 if value is None else value)
OPTIONAL_FLOAT = Codec(lambda value: value if value >= 0 else None, lambda value: -1.0 if value is None else value)
LOWER_CASE = Codec(str.lower, str.upper)
SAME = Codec(lambda value: value, lambda value: value)


def prefix_codec(prefix: str) -> Codec:
    """A codec for names that the service spells with a prefix; "" stays empty."""
    return Codec(lambda value: value and prefix + value, lambda value: value.removeprefix(prefix))


class Option(LightTuple):
    """One choice.

    `items` are the values of a menu; of several at once if the default is a tuple. `optional`: the menu begins with
    DEFAULT, which is "" in the settings. `field` is the request's (`key`: the entry, where that is a dict),
    `capability` the property of an `ImageModel` that must hold for it to be offered, `model_maximum` the one that
    bounds a number. `kept`: remembered beside a request, which does not tell it. `panel` is the name of the panel that
    draws it, `subtype` Blender's.
    """

    name: str = ""
    default: Any = None
    label: str = ""
    help: str = ""
    items: tuple[Item, ...] = ()
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    soft_maximum: float | None = None
    model_maximum: str = ""
    subtype: str = "NONE"
    flag: str = ""
    metavar: str = ""
    panel: str = ""
    field: str = ""
    key: str = ""
    codec: Codec = SAME
    capability: str = ""
    kept: bool = False

    @property
    def is_multiple(self) -> bool:
        """Whether several of the items may be set at once."""
        return bool(self.items) and isinstance(self.default, tuple)

    def is_offered(self, model: object) -> bool:
        """Whether a model has this."""
        return not self.capability or bool(getattr(model, self.capability))


def option(default: Any, label: str = "", help: str = "", **row: Any) -> Any:
    """A dataclass field with its row; the other arguments are those of `Option`."""
    metadata = {_ROW: Option(default=default, label=label, help=help, **row)}
    return dataclasses.field(default=default, metadata=metadata)


def optional_number(default: float, label: str, help: str, maximum: float, capability: str = "", **row: Any) -> Any:
    """A number of the request that is not sent below 0; field and flag are named like it.

    `capability` is the property of a model that has it, and its bound if that is called `max_...`.
    """
    codec = OPTIONAL_INT if isinstance(default, int) else OPTIONAL_FLOAT
    row["model_maximum"] = capability if capability.startswith("max_") else ""
    words = label.lower().split()
    names = {"field": "_".join(words), "flag": f"--{'-'.join(words)}", "capability": capability}
    return option(default, label, help, minimum=-1, maximum=maximum, panel="service", codec=codec, **names, **row)


def list_options(settings: type) -> dict[str, Option]:
    """The rows of a settings class by their names, in the order of its fields."""
    rows = {field.name: field.metadata.get(_ROW) for field in dataclasses.fields(settings)}
    return {name: row._replace(name=name) for name, row in rows.items() if row is not None}


def encode_request_fields(options: Iterable[Option], settings: object) -> dict[str, Any]:
    """The request's fields for some settings."""
    fields: dict[str, Any] = {}
    for row in options:
        if row.field:
            value = row.codec.encode(getattr(settings, row.name))
            if not row.key:
                fields[row.field] = value
            elif value:
                fields.setdefault(row.field, {})[row.key] = value
    return fields


def decode_request_fields(options: Iterable[Option], request: object) -> dict[str, Any]:
    """The settings that lead to a request, by their names."""
    choices: dict[str, Any] = {}
    for row in options:
        if row.field:
            value = getattr(request, row.field)
            choices[row.name] = row.codec.decode(value.get(row.key, "") if row.key else value)
    return choices


def encode_state(options: Iterable[Option], settings: object) -> dict[str, str]:
    """The kept settings as text, to be stored beside a request."""
    values = {row.name: getattr(settings, row.name) for row in options if row.kept}
    return {name: _encode_word(value) for name, value in values.items()}


def _encode_word(value: object) -> str:
    return " ".join(map(str, cast("tuple[object, ...]", value))) if isinstance(value, tuple) else str(value)


def decode_state(options: Iterable[Option], words: Mapping[str, str]) -> dict[str, Any]:
    """The inverse of `encode_state`; entries of newer versions are ignored."""
    return {row.name: _decode_word(row, words[row.name]) for row in options if row.kept and row.name in words}


def _decode_word(row: Option, word: str) -> bool | str | tuple[str, ...]:
    if isinstance(row.default, tuple):
        known = {item.id for item in row.items}
        return tuple(name for name in word.split() if not known or name in known)
    return word == "True" if isinstance(row.default, bool) else word
