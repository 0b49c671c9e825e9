# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON from outside, checked against a schema: what does not fit ends in a sentence.

Knows the part of JSON Schema 2020-12 that the schemas of this package use: type, enum, properties, required,
additionalProperties (false), items, a type or null, minimum, maximum, minLength, maxLength, maxItems, uniqueItems.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

from ...core.errors import InputError

#: Characters of a request given as text.
MAX_TEXT = 1_000_000
_SHOWN = 60  # characters of a wrong value that are repeated
NEXT_STEP = "See the schemas in capabilities()."
Schema = Mapping[str, Any]


def parse(text: object, what: str) -> object:
    """JSON text as a value; another value is returned as it is. Raises `InputError`."""
    if not isinstance(text, str):
        return text
    if len(text) > MAX_TEXT:
        raise InputError(f"The {what} is longer than {MAX_TEXT:,} characters.", next_step=NEXT_STEP)
    try:
        return json.loads(text, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"The {what} is not JSON: {reason}.", next_step=NEXT_STEP) from error


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def check(value: object, schema: Schema, path: str) -> None:
    """Raise `InputError` with the first thing that does not fit; `path` names the value in the sentence."""
    kind = schema.get("type")
    if isinstance(kind, list):  # a type or null
        if value is None:
            return
        kind = kind[0]
    if kind is not None and not _TYPES[kind](value):
        raise _reject(path, f"must be {_ARTICLES[kind]}, not {_show(value)}")
    if "enum" in schema and value not in schema["enum"]:
        raise _reject(path, f"is {_show(value)}, not one of {', '.join(map(str, schema['enum']))}")
    if (checker := _CHECKERS.get(str(kind))) is not None:
        checker(value, schema, path)


def _check_object(value: Any, schema: Schema, path: str) -> None:
    if "properties" not in schema:
        return
    known: Mapping[str, Schema] = schema["properties"]
    for name in value:
        if not isinstance(name, str) or name not in known:
            raise _reject(path, f"has an unknown key {_show(name)}")
    for name in schema.get("required", ()):
        if name not in value:
            raise _reject(path, f"lacks {name}")
    for name, item in value.items():
        check(item, known[name], f"{path}.{name}")


def _check_array(value: Any, schema: Schema, path: str) -> None:
    if len(value) > schema.get("maxItems", len(value)):
        raise _reject(path, f"has more than {schema['maxItems']} items")
    for number, item in enumerate(value):
        check(item, schema["items"], f"{path}[{number}]")
    if schema.get("uniqueItems") and len(set(value)) < len(value):
        raise _reject(path, "has an item twice")


def _check_text(value: Any, schema: Schema, path: str) -> None:
    if len(value) < schema.get("minLength", 0):
        raise _reject(path, f"is shorter than {schema['minLength']} characters")
    if len(value) > schema.get("maxLength", MAX_TEXT):
        raise _reject(path, f"is longer than {schema['maxLength']:,} characters")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise _reject(path, "has characters that are no text")


def _check_number(value: Any, schema: Schema, path: str) -> None:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        low, high = schema.get("minimum", "any"), schema.get("maximum", "any")
        raise _reject(path, f"must lie between {low} and {high}")


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return isinstance(value, int) or math.isfinite(value)


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, (list, tuple)),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
}
_ARTICLES = {name: f"{'an' if name[0] in 'aoi' else 'a'} {name}" for name in _TYPES}
_CHECKERS: dict[str, Callable[[Any, Schema, str], None]] = {
    "object": _check_object,
    "array": _check_array,
    "string": _check_text,
    "integer": _check_number,
    "number": _check_number,
}


def _show(value: object) -> str:
    """A value in a sentence: short, and whatever it is made of."""
    if isinstance(value, str):
        short = value[:_SHOWN].encode("utf-8", "replace").decode()
        return repr(short) + (" …" if len(value) > _SHOWN else "")
    if isinstance(value, float) or value is None or isinstance(value, bool):
        return str(value)
    return f"a value of type {type(cast('object', value)).__name__}"


def _reject(path: str, problem: str) -> InputError:
    return InputError(f"{path} {problem}.", next_step=NEXT_STEP)
