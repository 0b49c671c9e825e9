# SPDX-License-Identifier: GPL-3.0-or-later
"""Proto3 JSON: checks a body against the schema and gives it back in camelCase.

Everything wrong is gathered, so that one 400 names every problem, as the service does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from nano_banana_addon.simulator.contract.body import LongString
from nano_banana_addon.simulator.contract.errors import build_bad_request
from nano_banana_addon.simulator.contract.json_access import Tree

from . import base64text, schema
from .schema import EnumType, FieldType, Message, RepeatedField

_BOUNDARY = re.compile(r"(?<=[a-z0-9])([A-Z])")
_DATA_FIELDS = ("text", "inlineData", "fileData", "functionCall", "functionResponse")


def to_snake_case(name: str) -> str:
    """``imageConfig`` -> ``image_config``."""
    return _BOUNDARY.sub(lambda found: "_" + found.group(1).lower(), name)


def parse(body: Any, message: str, version: str, messages: Mapping[str, Message] = schema.MESSAGES) -> dict[str, Any]:
    """Check *body* as *message*; bytes come back decoded. Raises a 400 naming every fault."""
    parser = _Parser(version, messages)
    if not isinstance(body, dict):
        text = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        raise build_bad_request([("", text)])
    tree = parser.parse_message(cast("Tree", body), message, "")
    if parser.violations:
        raise build_bad_request(parser.violations)
    return tree


class _Parser:
    def __init__(self, version: str, messages: Mapping[str, Message]) -> None:
        self._messages = messages
        self.violations: list[tuple[str, str]] = []
        self._package = f"type.googleapis.com/google.ai.generativelanguage.{version}."

    def parse_message(self, value: dict[str, Any], name: str, path: str) -> dict[str, Any]:
        fields = self._messages[name]
        spelling = {to_snake_case(field): field for field in fields}
        result: dict[str, Any] = {}
        for key, item in value.items():
            field = key if key in fields else spelling.get(key)
            if field is None:
                self._report_unknown(key, path)
            elif field in result:
                self._report_duplicate(field, path)
            elif item is not None:
                place = f"{path}.{to_snake_case(field)}" if path else to_snake_case(field)
                result[field] = self.parse_field(item, fields[field], place)
        if name == "Part":
            self._check_one_kind(result, path)
        return result

    def parse_field(self, value: Any, kind: FieldType, path: str) -> Any:
        if isinstance(kind, RepeatedField):
            return self._parse_repeated(value, kind, path)
        if isinstance(kind, EnumType):
            return self._parse_enum(value, kind, path)
        if kind in schema.SCALARS:
            return self._parse_scalar(value, kind, path)
        if isinstance(value, dict):
            return self.parse_message(cast("Tree", value), kind, path)
        self._report_invalid(path, self._package + kind, value)
        return {}

    def _parse_repeated(self, value: Any, kind: RepeatedField, path: str) -> list[Any]:
        # The service takes a lone message where a list of messages is meant; Google's own
        # examples rely on it.
        if isinstance(value, dict) and isinstance(kind.item_type, str):
            return [self.parse_field(value, kind.item_type, f"{path}[0]")]
        if not isinstance(value, list):
            name = kind.item_type.name if isinstance(kind.item_type, EnumType) else kind.item_type
            self._report_invalid(path, self._package + name, value)
            return []
        items = cast("list[Any]", value)
        return [self.parse_field(item, kind.item_type, f"{path}[{n}]") for n, item in enumerate(items)]

    def _parse_enum(self, value: Any, kind: EnumType, path: str) -> str:
        # Google's examples write "Text", "high", "standard": case does not matter.
        if isinstance(value, str):
            for name in kind.values:
                if name.lower() == value.lower():
                    return name
        self._report_invalid(path, self._package + kind.name, value)
        return ""

    def _parse_scalar(self, value: Any, kind: str, path: str) -> Any:
        try:
            return _CONVERTERS[kind](value)
        except base64text.InvalidBase64Error as error:
            text = error.value
            problem = f"Invalid value at '{path}' ({kind}), Base64 decoding failed for \"{text}\""
            self.violations.append((path, problem))
        except (TypeError, ValueError, OverflowError):
            self._report_invalid(path, kind, value)
        return None

    def _report_unknown(self, key: str, path: str) -> None:
        place = f" at '{path}'" if path else ""
        text = f'Invalid JSON payload received. Unknown name "{key}"{place}: Cannot find field.'
        self.violations.append((path, text))

    def _report_duplicate(self, field: str, path: str) -> None:
        place = f"{path}.{to_snake_case(field)}" if path else to_snake_case(field)
        text = f"Invalid JSON payload received. Field '{place}' is given more than once."
        self.violations.append((path, text))

    def _report_invalid(self, path: str, kind: str, value: Any) -> None:
        text = value.raw.decode("utf-8", "replace") if isinstance(value, LongString) else value
        quoted = f'"{text}"' if isinstance(text, str) else str(text)
        self.violations.append((path, f"Invalid value at '{path}' ({kind}), {quoted}"))

    def _check_one_kind(self, part: dict[str, Any], path: str) -> None:
        kinds = [name for name in _DATA_FIELDS if name in part]
        if len(kinds) > 1:
            text = f"Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{kinds[1]}'"
            self.violations.append((path, text))


def _to_text(value: Any) -> str:
    if isinstance(value, LongString):
        return value.to_text()
    if not isinstance(value, str):
        raise TypeError
    value.encode("utf-8")  # a lone surrogate is no text
    return value


def _to_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    return int(value)


def _to_int32(value: Any) -> int:
    number = _to_integer(value)
    if not -(2**31) <= number < 2**31:
        raise ValueError
    return number


def _to_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    return float(value)


def _to_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _accept_anything(value: Any) -> Any:
    return value


_CONVERTERS = {
    schema.STRING: _to_text,
    schema.BYTES: base64text.decode,
    schema.INT32: _to_int32,
    schema.INT64: _to_integer,
    schema.FLOAT: _to_number,
    schema.BOOL: _to_boolean,
    schema.ANY: _accept_anything,
}
