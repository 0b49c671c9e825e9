# SPDX-License-Identifier: GPL-3.0-or-later
"""Proto3 JSON: checks a body against the schema and gives it back in camelCase.

Everything wrong is gathered, so that one 400 names every problem, as the service does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from . import base64text, schema
from .body import Lump
from .errors import bad_request
from .schema import Enum, FieldType, Many, Message
from .trees import Tree

_BOUNDARY = re.compile(r"(?<=[a-z0-9])([A-Z])")
_DATA_FIELDS = ("text", "inlineData", "fileData", "functionCall", "functionResponse")


def snake(name: str) -> str:
    """``imageConfig`` -> ``image_config``."""
    return _BOUNDARY.sub(lambda found: "_" + found.group(1).lower(), name)


def parse(body: Any, message: str, version: str, messages: Mapping[str, Message] = schema.MESSAGES) -> dict[str, Any]:
    """Check *body* as *message*; bytes come back decoded. Raises a 400 naming every fault."""
    parser = _Parser(version, messages)
    if not isinstance(body, dict):
        text = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        raise bad_request([("", text)])
    tree = parser.message(cast("Tree", body), message, "")
    if parser.violations:
        raise bad_request(parser.violations)
    return tree


class _Parser:
    def __init__(self, version: str, messages: Mapping[str, Message]) -> None:
        self._messages = messages
        self.violations: list[tuple[str, str]] = []
        self._package = f"type.googleapis.com/google.ai.generativelanguage.{version}."

    def message(self, value: dict[str, Any], name: str, path: str) -> dict[str, Any]:
        fields = self._messages[name]
        spelling = {snake(field): field for field in fields}
        found: dict[str, Any] = {}
        for key, item in value.items():
            field = key if key in fields else spelling.get(key)
            if field is None:
                self._unknown(key, path)
            elif field in found:
                self._twice(field, path)
            elif item is not None:
                place = f"{path}.{snake(field)}" if path else snake(field)
                found[field] = self.field(item, fields[field], place)
        if name == "Part":
            self._one_kind(found, path)
        return found

    def field(self, value: Any, kind: FieldType, path: str) -> Any:
        if isinstance(kind, Many):
            return self._many(value, kind, path)
        if isinstance(kind, Enum):
            return self._enum(value, kind, path)
        if kind in schema.SCALARS:
            return self._scalar(value, kind, path)
        if isinstance(value, dict):
            return self.message(cast("Tree", value), kind, path)
        self._invalid(path, self._package + kind, value)
        return {}

    def _many(self, value: Any, kind: Many, path: str) -> list[Any]:
        # The service takes a lone message where a list of messages is meant; Google's own
        # examples rely on it.
        if isinstance(value, dict) and isinstance(kind.of, str):
            return [self.field(value, kind.of, f"{path}[0]")]
        if not isinstance(value, list):
            name = kind.of.name if isinstance(kind.of, Enum) else kind.of
            self._invalid(path, self._package + name, value)
            return []
        listed = cast("list[Any]", value)
        return [self.field(item, kind.of, f"{path}[{n}]") for n, item in enumerate(listed)]

    def _enum(self, value: Any, kind: Enum, path: str) -> str:
        # Google's examples write "Text", "high", "standard": case does not matter.
        if isinstance(value, str):
            for name in kind.values:
                if name.lower() == value.lower():
                    return name
        self._invalid(path, self._package + kind.name, value)
        return ""

    def _scalar(self, value: Any, kind: str, path: str) -> Any:
        try:
            return _CONVERTERS[kind](value)
        except base64text.NotBase64 as error:
            text = error.value
            problem = f"Invalid value at '{path}' ({kind}), Base64 decoding failed for \"{text}\""
            self.violations.append((path, problem))
        except (TypeError, ValueError, OverflowError):
            self._invalid(path, kind, value)
        return None

    def _unknown(self, key: str, path: str) -> None:
        place = f" at '{path}'" if path else ""
        text = f'Invalid JSON payload received. Unknown name "{key}"{place}: Cannot find field.'
        self.violations.append((path, text))

    def _twice(self, field: str, path: str) -> None:
        place = f"{path}.{snake(field)}" if path else snake(field)
        text = f"Invalid JSON payload received. Field '{place}' is given more than once."
        self.violations.append((path, text))

    def _invalid(self, path: str, kind: str, value: Any) -> None:
        shown = value.raw.decode("utf-8", "replace") if isinstance(value, Lump) else value
        quoted = f'"{shown}"' if isinstance(shown, str) else str(shown)
        self.violations.append((path, f"Invalid value at '{path}' ({kind}), {quoted}"))

    def _one_kind(self, part: dict[str, Any], path: str) -> None:
        kinds = [name for name in _DATA_FIELDS if name in part]
        if len(kinds) > 1:
            text = f"Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{kinds[1]}'"
            self.violations.append((path, text))


def _text(value: Any) -> str:
    if isinstance(value, Lump):
        return value.text()
    if not isinstance(value, str):
        raise TypeError
    value.encode("utf-8")  # a lone surrogate is no text
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    return int(value)


def _int32(value: Any) -> int:
    number = _integer(value)
    if not -(2**31) <= number < 2**31:
        raise ValueError
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _accept_anything(value: Any) -> Any:
    return value


_CONVERTERS = {
    schema.STRING: _text,
    schema.BYTES: base64text.decode,
    schema.INT32: _int32,
    schema.INT64: _integer,
    schema.FLOAT: _number,
    schema.BOOL: _boolean,
    schema.ANY: _accept_anything,
}
